import { z } from '@hono/zod-openapi';
import { section } from '../../../config/schema/section.ts';
import type { RuleDocument, StoredRule } from '../../../ledger/contracts.ts';
import {
  CLIENT_FORM,
  type ClientMatcher,
  parseClientMatcher,
} from '../../../policies/access/client-matcher.ts';
import { PATH_FORM, type PathMatcher, parsePathMatcher } from '../../../policies/access/path-matcher.ts';
import {
  type AccessRule,
  formatRule,
  MAX_NOTE_LENGTH,
  RULE_ID,
  ruleProblems,
} from '../../../policies/access/rule.ts';
import { parseDuration, type Rate } from '../../../shared/units.ts';
import type { RuleCounters } from '../../../state/access-contract.ts';
import { choice, field, flag, line, RATE_FORM, readRate, refuse, textField } from '../input/fields.ts';
import { orNull } from '../or-null.ts';
import { isoTime, moment } from '../wall-time.ts';

/** Words that stand after `/rules/` themselves. */
const RESERVED_IDS: readonly string[] = ['export', 'import', 'test'];
const LONGEST_BLOCK_MS = 366 * 86_400_000;
const MOST_METHODS = 20;

const idField = textField<string>({
  expected: 'an id of 1 to 64 letters, digits, `.`, `_` and `-`',
  document: {
    type: 'string',
    pattern: RULE_ID.source,
    description: 'Its name, unique.',
    example: 'slow-items',
  },
  read: (text) => {
    if (RESERVED_IDS.includes(text)) return refuse(`\`${text}\` is a word of the API; choose another id`);
    return RULE_ID.test(text) ? text : undefined;
  },
});

const clientField = textField<ClientMatcher>({
  expected: CLIENT_FORM,
  document: {
    type: 'string',
    description: `Whom it is about: ${CLIENT_FORM}.`,
    example: '10.0.0.0/8',
    default: '*',
  },
  read: parseClientMatcher,
});

const pathField = textField<PathMatcher>({
  expected: PATH_FORM,
  document: {
    type: 'string',
    description: `What it is about: ${PATH_FORM}.`,
    example: '/ml/items/*',
    default: '*',
  },
  read: (text) => {
    const path = parsePathMatcher(text);
    return path !== undefined && 'why' in path ? refuse(path.why) : path;
  },
});

const methodsField = field<readonly string[]>({
  expected: 'a list of methods such as ["GET", "POST"], or ["*"]',
  document: {
    type: 'array',
    items: { type: 'string' },
    description: 'Methods, or `*` for any. HEAD is a method of its own.',
    default: ['*'],
    example: ['GET'],
  },
  read(value) {
    if (!Array.isArray(value) || value.length === 0 || value.length > MOST_METHODS) return undefined;
    const methods: string[] = [];
    for (const one of value as unknown[]) {
      const method = typeof one === 'string' ? one.toUpperCase() : '';
      if (method !== '*' && !/^[A-Z][A-Z-]{0,31}$/.test(method)) return undefined;
      if (!methods.includes(method)) methods.push(method);
    }
    return methods.includes('*') ? ['*'] : methods;
  },
});

const limitField = field<Rate | 'none'>({
  expected: `${RATE_FORM}, or "none"`,
  document: {
    type: ['string', 'null'],
    description: 'How much each client may do, such as `100 per 1m`; `none` or absent: not counted.',
    example: '5 per 1m',
  },
  read(value) {
    if (value === null || value === 'none') return 'none';
    return typeof value === 'string' ? readRate(value) : undefined;
  },
});

const blockForField = field<number | 'none'>({
  expected: 'a duration such as 30s, 10m or 1d, or null',
  document: {
    type: ['string', 'null'],
    description: 'A client that exceeds the limit is denied everything for so long. Absent: it is not.',
    example: '10m',
  },
  read(value) {
    if (value === null) return 'none';
    const ms = typeof value === 'string' ? parseDuration(value) : undefined;
    if (ms === undefined) return undefined;
    if (ms < 1) return refuse('must be at least 1ms');
    return ms > LONGEST_BLOCK_MS ? refuse('must be at most 366d') : ms;
  },
});

const ruleShape = {
  id: idField,
  enabled: flag('A rule that is not enabled is as if it were not there.', true).prefault(true),
  shadow: flag('Counts and reports, and never refuses.', false).prefault(false),
  client: clientField.prefault('*'),
  path: pathField.prefault('*'),
  methods: methodsField.prefault(['*']),
  limit: limitField.optional(),
  action: choice(
    '`throttle` answers 429 above the limit, `deny` 403; `allow` passes and keeps less specific rules from being asked.',
    ['throttle', 'deny', 'allow'],
    'throttle',
  ).prefault('throttle'),
  algorithm: choice(
    'How requests are counted.',
    ['sliding_window', 'token_bucket', 'fixed_window'],
    'sliding_window',
  ).prefault('sliding_window'),
  enforce: choice(
    '`exact` is counted atomically in a fleet, `eventual` per node and merged. In one process both are exact.',
    ['exact', 'eventual'],
    'exact',
  ).prefault('exact'),
  block_for: blockForField.optional(),
  note: line('For people.', { max: MAX_NOTE_LENGTH }).prefault(''),
};

type RuleFields = z.output<ReturnType<typeof section<typeof ruleShape>>>;

function toRule(
  fields: Omit<RuleFields, 'id'> & { readonly id: string },
  context: z.RefinementCtx,
): AccessRule {
  const { limit, block_for: blockFor, ...rest } = fields;
  const rule: AccessRule = {
    ...rest,
    limit: limit === 'none' ? undefined : limit,
    blockForMs: blockFor === 'none' ? undefined : blockFor,
  };
  for (const { field, message } of ruleProblems(rule)) {
    context.addIssue({ code: 'custom', path: field === '' ? [] : [field], message });
  }
  return rule;
}

/** A rule as requests write it; gives an AccessRule. */
export const ruleInput = section(ruleShape).openapi('RuleInput').transform(toRule);

/** The same where the path names the rule: the id may be left out. */
export const ruleReplacement = section({ ...ruleShape, id: idField.optional() })
  .openapi('RuleReplacement')
  .transform((fields, context) => {
    const rule = toRule({ ...fields, id: fields.id ?? '' }, context);
    return { id: fields.id, rule };
  });

const ruleFields = {
  id: z.string(),
  enabled: z.boolean(),
  shadow: z.boolean(),
  client: z.string(),
  path: z.string(),
  methods: z.array(z.string()),
  limit: z.string().optional(),
  action: z.enum(['throttle', 'deny', 'allow']),
  algorithm: z.enum(['sliding_window', 'token_bucket', 'fixed_window']),
  enforce: z.enum(['exact', 'eventual']),
  block_for: z.string().optional(),
  note: z.string().optional(),
};

/** A rule as exports write it. */
export const ruleFile = z.object(ruleFields).openapi('RuleFile');

export const ruleCounters = z
  .object({
    matched: z.number().int().describe('Requests that it decided.'),
    refused: z.number().int(),
    shadow_refused: z.number().int().describe('Requests that it would have refused if it were no shadow.'),
  })
  .openapi('RuleCounters', { description: 'Since it came into force as it is.' });

export const ruleView = z
  .object({
    ...ruleFields,
    source: z.enum(['file', 'api']).describe('Rules of the configuration file are read-only.'),
    version: z.number().int().nullable().describe('Null for rules of the file.'),
    created_at: moment.nullable(),
    updated_at: moment.nullable(),
    counters: orNull(ruleCounters, 'Null: it is not in force.'),
  })
  .openapi('Rule');

/** As it is stored: every field as `formatRule` writes it. */
export function documentOf(rule: AccessRule): RuleDocument {
  return { ...Object.fromEntries(Object.entries(formatRule(rule))), id: rule.id };
}

/** A stored document as a rule again; the issues when it is not one that this version understands. */
export function readRuleDocument(document: RuleDocument): z.ZodSafeParseResult<AccessRule> {
  return ruleInput.safeParse(document);
}

export function viewOfStored(
  { document, version, createdAtMs, updatedAtMs }: StoredRule,
  counters: RuleCounters | undefined,
) {
  return {
    ...document,
    source: 'api',
    version,
    created_at: isoTime(createdAtMs),
    updated_at: isoTime(updatedAtMs),
    counters: counters === undefined ? null : countersOf(counters),
  };
}

export function viewOfFile(rule: AccessRule, counters: RuleCounters | undefined) {
  return {
    ...formatRule(rule),
    source: 'file',
    version: null,
    created_at: null,
    updated_at: null,
    counters: counters === undefined ? null : countersOf(counters),
  };
}

export function countersOf(counters: RuleCounters): z.output<typeof ruleCounters> {
  const { matched, refused, shadowRefused } = counters;
  return { matched, refused, shadow_refused: shadowRefused };
}

/** A version is never given twice, not even to a rule that is made again under the same id. */
export function etagOf({ version }: StoredRule): string {
  return `"${version}"`;
}

/** Whether `If-Match` names the tag, by the strong comparison of RFC 9110 section 8.8.3.2. */
export function isMatch(ifMatch: string, etag: string): boolean {
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  return tags.includes('*') || tags.includes(etag);
}
