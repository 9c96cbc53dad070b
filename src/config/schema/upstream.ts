import { z } from 'zod';
import type { LimitSettings } from '../../policies/limiter/limit-set.ts';
import type { QueuePolicy } from '../../policies/queue/rank.ts';
import { parseDuration, type Rate } from '../../shared/units.ts';
import { type BreakerConfig, breaker } from './breaker.ts';
import { type RetryConfig, upstreamRetry } from './retry.ts';
import { choice, duration, flag, integer, number, rate, rateForm, refuse, scalar, text } from './scalars.ts';
import { listOf, namesTo, section } from './section.ts';

/** Where an upstream is: the sandbox that Comporta brings along, or a URL without a trailing slash. */
export type UpstreamUrl = { readonly kind: 'sandbox' } | { readonly kind: 'url'; readonly url: string };

export interface UpstreamConfig {
  /** Its key under `upstreams`. */
  readonly name: string;
  readonly url: UpstreamUrl;
  /** For one attempt, from its write to the last byte of the answer's head. */
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** A paced connection that was idle for longer is not used again. */
  readonly keepaliveMs: number;
  readonly maxConnections: number;
  /** What every limit's window is lengthened by; it is in `limits` already. */
  readonly guard: Guard;
  /** All hold together; empty: unpaced. */
  readonly limits: readonly LimitSettings[];
  /** Calls in flight at once; undefined: unbounded. */
  readonly concurrency: number | undefined;
  /** Pause after a 429 that does not say how long; undefined: none. */
  readonly penaltyMs: number | undefined;
  readonly queue: QueueConfig;
  /** Undefined: no breaker. */
  readonly breaker: BreakerConfig | undefined;
  readonly retry: RetryConfig;
  readonly tls: { readonly caFile: string | undefined; readonly verify: boolean };
}

export interface QueueConfig {
  readonly policy: QueuePolicy;
  /** One level of urgency is worth this many ms of waiting. */
  readonly agingMs: number;
  readonly maxSize: number;
  readonly maxWaitMs: number;
  /** Share of a client under `fair`; 1 when absent. */
  readonly weights: Readonly<Record<string, number>>;
}

function readUrl(written: string): UpstreamUrl | ReturnType<typeof refuse> | undefined {
  if (written === 'sandbox:') return { kind: 'sandbox' };
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || !/^https?:\/\//i.test(written)) return undefined;
  if (url.username !== '' || url.password !== '') {
    return refuse('must not carry a user name or password; send credentials in a header');
  }
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(written)) {
    return refuse(
      'must not have a query or fragment; a route’s `rewrite` and the client’s query are added to it',
    );
  }
  return { kind: 'url', url: url.href.replace(/\/+$/, '') };
}

const url = scalar<UpstreamUrl>(
  {
    kind: 'URL or `sandbox:`',
    expected: 'an http:// or https:// URL, or sandbox:',
    json: { type: 'string', pattern: '^(sandbox:|https?://[^?#]+)$' },
    read: readUrl,
  },
  'Where the API is; a route’s path is appended. `sandbox:` is the simulated upstream that Comporta brings along.',
);

/** A share of a limit's window, or a time. */
export type Guard = { readonly share: number } | { readonly ms: number };

/** A share of a short window would vanish in the timers' own error. */
const LEAST_SHARED_GUARD_MS = 2;

const guard = scalar<Guard>(
  {
    kind: 'share or duration',
    expected: 'a share such as 2%, or a duration such as 20ms',
    json: { type: 'string', pattern: '^\\d+(\\.\\d+)?\\s*(%|[mM]?[sS]|[mM])$' },
    read(written) {
      const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(written);
      if (percent !== null) {
        return Number(percent[1]) <= 100
          ? { share: Number(percent[1]) / 100 }
          : refuse('must be at most 100%');
      }
      const ms = parseDuration(written);
      if (ms !== undefined && ms > 60_000) return refuse('must be at most 60s');
      return ms === undefined ? undefined : { ms };
    },
  },
  'Added to every spacing for the network between here and the upstream: a share of the limit’s window (at least 2ms), or a duration that is taken as it is.',
);

/** The guard of a limit with a window of so many ms. */
export function guardMs(setting: Guard, windowMs: number): number {
  return 'ms' in setting ? setting.ms : Math.max(LEAST_SHARED_GUARD_MS, windowMs * setting.share);
}

interface Limit {
  readonly rate: Rate;
  readonly even: boolean;
}

const limit = z.union([
  scalar(rateForm, 'At most so many calls in any window of that length.').transform(
    (of): Limit => ({ rate: of, even: false }),
  ),
  section({
    rate: rate('At most so many calls in any window of that length.'),
    even: flag('Spread the calls evenly over the window instead of letting them go at once.').prefault(false),
  }).transform((file): Limit => file),
]);

const weight = number('The client’s share, beside 1 for everybody else.', { min: 0.001, max: 1_000 });

const queue = section({
  policy: choice(
    'Who goes first: `fifo` by arrival, `priority` by urgency and waiting time, `fair` by turns between clients.',
    ['fifo', 'priority', 'fair'],
  ).prefault('priority'),
  aging: duration(
    'One level of urgency is worth this much waiting, so that nothing waits for ever (`priority`).',
    { max: 86_400_000 },
  ).prefault('30s'),
  max_size: integer('Requests that may wait at once; 503 `queue_full` above it.', {
    min: 0,
    max: 1_000_000,
  }).prefault(1000),
  max_wait: duration(
    'How long a request may wait. One that would wait longer is refused at once, with an estimate.',
    {
      min: 1,
      max: 86_400_000,
    },
  ).prefault('60s'),
  weights: namesTo({ pattern: /^\S.{0,255}$/, expected: 'a client’s name' }, weight, 10_000)
    .prefault({})
    .describe('Shares of clients under `fair`, by client name; 1 for the others.'),
}).transform(
  (file): QueueConfig => ({
    policy: file.policy,
    agingMs: file.aging,
    maxSize: file.max_size,
    maxWaitMs: file.max_wait,
    weights: Object.assign(Object.create(null) as Record<string, number>, file.weights),
  }),
);

const tls = section({
  ca_file: text(
    'PEM file of the certificate authorities to trust, instead of the system’s. Relative to this file’s folder.',
  ).optional(),
  verify: flag('Whether the upstream’s certificate is checked. Switch off in a laboratory only.').prefault(
    true,
  ),
}).transform((file) => ({ caFile: file.ca_file || undefined, verify: file.verify }));

/** One upstream; its name is added where `upstreams` is put together. */
export const upstream = section({
  url,
  timeout: duration(
    'How long one attempt may stay silent, until its answer begins and between the pieces of it; 504 above it.',
    {
      min: 1,
      max: 3_600_000,
    },
  ).prefault('10s'),
  connect_timeout: duration('How long a connection, TLS included, may take to be made.', {
    min: 1,
    max: 600_000,
  }).prefault('5s'),
  keepalive: duration('A connection of a paced upstream that was idle for longer is not used again.', {
    max: 3_600_000,
  }).prefault('4s'),
  max_connections: integer('Connections to a paced upstream.', { min: 1, max: 10_000 }).prefault(64),
  limits: listOf(limit, 16)
    .prefault([])
    .describe(
      'What the upstream allows, such as `"1 per 1s"`. All hold together, strictly: no window of that length, wherever it starts, sees more calls. Empty: calls are not paced.',
    ),
  guard: guard.prefault('2%'),
  concurrency: integer('Calls in flight at once. Absent: not limited.', { min: 1, max: 100_000 }).optional(),
  penalty: duration(
    'How long the upstream is left alone after a 429 that does not say how long. Absent: not at all.',
    { min: 1, max: 86_400_000 },
  ).optional(),
  queue: queue.prefault({}).describe('Requests that wait for their turn.'),
  breaker: breaker
    .optional()
    .describe('Circuit breaker. Absent: none. `breaker: {}` is one with every default.'),
  retry: upstreamRetry
    .prefault({})
    .describe('Further attempts; every one waits for its turn like a new call.'),
  tls: tls.prefault({}).describe('For `https` upstreams.'),
}).transform(
  (file): Omit<UpstreamConfig, 'name'> => ({
    url: file.url,
    timeoutMs: file.timeout,
    connectTimeoutMs: file.connect_timeout,
    keepaliveMs: file.keepalive,
    maxConnections: file.max_connections,
    guard: file.guard,
    limits: file.limits.map((one) => ({ ...one, guardMs: guardMs(file.guard, one.rate.windowMs) })),
    concurrency: file.concurrency,
    penaltyMs: file.penalty,
    queue: file.queue,
    breaker: file.breaker?.(file.timeout),
    retry: file.retry,
    tls: file.tls,
  }),
);
