import type { z } from 'zod';
import { CLIENT_FORM, type ClientMatcher, parseClientMatcher } from '../../policies/access/client-matcher.ts';
import { PATH_FORM, type PathMatcher, parsePathMatcher } from '../../policies/access/path-matcher.ts';
import {
  type AccessRule,
  MAX_NOTE_LENGTH,
  RULE_ID,
  type RuleProblem,
  ruleProblems,
} from '../../policies/access/rule.ts';
import type { Rate } from '../../shared/units.ts';
import { findingsOf } from '../issues.ts';
import { formatPath } from '../problem.ts';
import { choice, duration, flag, rateForm, refuse, scalar } from './scalars.ts';
import { listOf, section } from './section.ts';
import { TOKEN } from './server.ts';

const id = scalar<string>(
  {
    kind: 'rule id',
    expected: 'a rule id: A-Z, a-z, 0-9, `.`, `_` and `-`, at most 64',
    json: { type: 'string', pattern: RULE_ID.source },
    read: (written) => (RULE_ID.test(written) ? written : undefined),
  },
  'Its name, unique among all rules.',
);

const client = scalar<ClientMatcher>(
  {
    kind: 'client',
    expected: CLIENT_FORM,
    json: { type: 'string', pattern: '^(\\*|client:.+|[0-9A-Fa-f:.\\[\\]]+(/\\d{1,3})?)$' },
    read: parseClientMatcher,
  },
  'Whom it is about: `*`, an address, a block such as `10.0.0.0/8`, or `client:<id>`. Host bits of a block are cleared.',
);

const path = scalar<PathMatcher>(
  {
    kind: 'path',
    expected: PATH_FORM,
    json: { type: 'string', pattern: '^(\\*|/[^?#*\\s]*\\*?)$' },
    read(written) {
      const parsed = parsePathMatcher(written);
      return parsed !== undefined && 'why' in parsed ? refuse(parsed.why) : parsed;
    },
  },
  'Which paths, as the client sends them: `*`, one path, or `/items/*` for `/items` and everything below it.',
);

const method = scalar<string>(
  {
    kind: 'method',
    expected: 'an HTTP method such as GET, or "*"',
    json: { type: 'string', pattern: '^([A-Za-z]+|\\*)$' },
    read: (written) => (TOKEN.test(written) ? written.toUpperCase() : undefined),
  },
  'One HTTP method, or `*` for any.',
);

/** In YAML and JSON, `limit: none` says aloud what leaving it out says as well. */
const NO_LIMIT = 'none';

const limit = scalar<Rate | typeof NO_LIMIT>(
  {
    kind: 'rate or `none`',
    expected: 'a rate such as "100 per 1m", or none',
    json: { anyOf: [rateForm.json, { const: NO_LIMIT }] },
    read(written) {
      if (written.toLowerCase() === NO_LIMIT) return NO_LIMIT;
      const rate = rateForm.read(written);
      if (rate !== undefined && 'windowMs' in rate && rate.windowMs < 1) {
        return refuse('the window must be at least 1ms');
      }
      return rate;
    },
  },
  'How much each client may do, such as `100 per 1m`. Absent or `none`: it is not counted.',
);

const note = scalar<string>(
  {
    kind: 'text',
    expected: `text on one line, at most ${MAX_NOTE_LENGTH.toLocaleString('en')} characters`,
    json: { type: ['string', 'number'] },
    read(written) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a note is shown in logs and on terminals
      return written.length <= MAX_NOTE_LENGTH && !/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(written)
        ? written
        : undefined;
    },
  },
  'What it is for.',
);

/**
 * An access rule as the file and the API write it; gives an `AccessRule`. Durations, rates and methods may be
 * written as everywhere in the configuration; unknown keys are errors.
 */
export const ruleFileSchema = section({
  id,
  enabled: flag('Whether it is in force.').prefault(true),
  shadow: flag('Whether it only counts and reports what it would refuse.').prefault(false),
  client: client.prefault('*'),
  path: path.prefault('*'),
  methods: listOf(method, 32, 1)
    .prefault(['*'])
    .describe('Methods that it is about. `*` or absent: any. HEAD is a method of its own.'),
  limit: limit.optional(),
  action: choice(
    '`throttle`: 429 over the limit. `deny`: 403, with a limit only over it. `allow`: passes, whatever less specific rules say.',
    ['throttle', 'deny', 'allow'],
  ),
  algorithm: choice('How requests are counted.', ['sliding_window', 'token_bucket', 'fixed_window']).prefault(
    'sliding_window',
  ),
  enforce: choice(
    '`exact`: counted atomically in a fleet. `eventual`: counted by every node and merged. In one process both are exact.',
    ['exact', 'eventual'],
  ).prefault('exact'),
  block_for: duration('A client over the limit is denied everything for so long.', { min: 1 }).optional(),
  note: note.prefault(''),
}).transform((file, context): AccessRule => {
  const rule: AccessRule = {
    id: file.id,
    enabled: file.enabled,
    shadow: file.shadow,
    client: file.client,
    path: file.path,
    methods: file.methods.includes('*') ? ['*'] : [...new Set(file.methods)],
    limit: file.limit === NO_LIMIT ? undefined : file.limit,
    action: file.action,
    algorithm: file.algorithm,
    enforce: file.enforce,
    blockForMs: file.block_for,
    note: file.note,
  };
  for (const { field, message } of ruleProblems(rule)) {
    context.addIssue({ code: 'custom', message, path: [field] });
  }
  return rule;
});

const MOST_FILE_RULES = 10_000;

/** The `rules:` of a configuration file. */
export const ruleSection = listOf(ruleFileSchema, MOST_FILE_RULES).describe(
  'Access rules. Those of the file can be changed only here; the admin API shows them as read-only.',
);

export type RuleFileInput = z.input<typeof ruleFileSchema>;

/** Reads one rule, or tells everything that is wrong with it: the field, and the form that is accepted. */
export function parseRule(input: unknown): AccessRule | readonly RuleProblem[] {
  const parsed = ruleFileSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  return findingsOf(parsed.error.issues, input).map(({ path: place, message, hint }) => ({
    field: formatPath(place),
    message: hint === undefined ? message : `${message}; ${hint}`,
  }));
}
