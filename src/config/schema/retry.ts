import type { FailureClass } from '../../policies/breaker/failure-class.ts';
import { DEFAULT_RETRY_FAILURES, DEFAULT_RETRY_METHODS } from '../../policies/retry/retry.ts';
import { duration, integer, number, scalar, share } from './scalars.ts';
import { listOf, section } from './section.ts';
import { TOKEN } from './server.ts';

export interface RetryConfig {
  /** Calls per request, the first one counted: 1 is no retry. */
  readonly attempts: number;
  readonly initialDelayMs: number;
  readonly multiplier: number;
  readonly maxDelayMs: number;
  /** Methods that may be sent twice, upper case. */
  readonly methods: readonly string[];
  readonly on: readonly FailureClass[];
  readonly budget: { readonly ratio: number; readonly minPerMinute: number };
}

export const method = scalar<string>(
  {
    kind: 'method',
    expected: 'an HTTP method such as GET',
    json: { type: 'string', pattern: '^[A-Za-z]+$' },
    read: (written) => (TOKEN.test(written) && written !== '*' ? written.toUpperCase() : undefined),
  },
  'One HTTP method.',
);

export const failureClass = scalar<FailureClass>(
  {
    kind: 'failure class',
    expected: 'a failure class: a status such as 429, or 4xx, 5xx, timeout, connection',
    json: {
      anyOf: [
        { enum: ['4xx', '5xx', 'timeout', 'connection'] },
        { type: 'integer', minimum: 400, maximum: 599 },
      ],
    },
    read(written) {
      const word = written.toLowerCase();
      if (word === '4xx' || word === '5xx' || word === 'timeout' || word === 'connection') return word;
      return /^[45]\d\d$/.test(word) ? Number(word) : undefined;
    },
  },
  'A status (400 to 599), `4xx`, `5xx`, `timeout` (no answer in time) or `connection` (none could be made, or it broke).',
);

const fields = {
  attempts: integer('Calls per request, the first one counted; 1 is no retry.', { min: 1, max: 20 }),
  initial_delay: duration(
    'The longest wait before the first retry. Every wait is drawn between 0 and its longest (full jitter).',
    { max: 3_600_000 },
  ),
  multiplier: number('What the longest wait is multiplied by from one retry to the next.', {
    min: 1,
    max: 100,
  }),
  max_delay: duration(
    'The longest wait grows up to this. A `Retry-After` of the upstream is never shortened.',
    {
      max: 3_600_000,
    },
  ),
  methods: listOf(method, 32).describe(
    'Methods that may be sent twice. POST only where the upstream makes a repeated call harmless.',
  ),
  on: listOf(failureClass, 64).describe(
    'What is retried: statuses, `4xx`, `5xx`, `timeout`, `connection`. Other outcomes go to the client as they are.',
  ),
};

const budgetFields = {
  ratio: share('Retries may be at most this share of the upstream’s calls.'),
  min_per_minute: integer('So many retries a minute are allowed in any case.', { min: 0, max: 1_000_000 }),
};

/** An upstream's retry settings, with every default. */
export const upstreamRetry = section({
  attempts: fields.attempts.prefault(1),
  initial_delay: fields.initial_delay.prefault('100ms'),
  multiplier: fields.multiplier.prefault(2),
  max_delay: fields.max_delay.prefault('10s'),
  methods: fields.methods.prefault([...DEFAULT_RETRY_METHODS]),
  on: fields.on.prefault([...DEFAULT_RETRY_FAILURES]),
  budget: section({
    ratio: budgetFields.ratio.prefault('20%'),
    min_per_minute: budgetFields.min_per_minute.prefault(10),
  })
    .transform((file) => ({ ratio: file.ratio, minPerMinute: file.min_per_minute }))
    .prefault({})
    .describe('What keeps retries from becoming a flood of their own.'),
}).transform(
  (file): RetryConfig => ({
    attempts: file.attempts,
    initialDelayMs: file.initial_delay,
    multiplier: file.multiplier,
    maxDelayMs: file.max_delay,
    methods: [...new Set(file.methods)],
    on: file.on,
    budget: file.budget,
  }),
);

/** A route's retry settings: a function that lays the keys which are given over the upstream's. */
export const routeRetry = section({
  attempts: fields.attempts.optional(),
  initial_delay: fields.initial_delay.optional(),
  multiplier: fields.multiplier.optional(),
  max_delay: fields.max_delay.optional(),
  methods: fields.methods.optional(),
  on: fields.on.optional(),
}).transform(
  (file) =>
    (under: RetryConfig): RetryConfig => ({
      attempts: file.attempts ?? under.attempts,
      initialDelayMs: file.initial_delay ?? under.initialDelayMs,
      multiplier: file.multiplier ?? under.multiplier,
      maxDelayMs: file.max_delay ?? under.maxDelayMs,
      methods: file.methods === undefined ? under.methods : [...new Set(file.methods)],
      on: file.on ?? under.on,
      // Retries are a load on the upstream, whichever route makes them: it has one budget.
      budget: under.budget,
    }),
);
