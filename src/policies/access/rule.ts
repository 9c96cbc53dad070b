import type { Rate } from '../../shared/units.ts';
import type { ClientLimitAlgorithm } from '../limiter/client-limit.ts';
import { type ClientMatcher, formatClientMatcher } from './client-matcher.ts';
import { formatPathMatcher, type PathMatcher } from './path-matcher.ts';

/**
 * - `throttle`: 429 when the client is over the limit.
 * - `deny`: 403; with a limit, only when the client is over it.
 * - `allow`: passes, and keeps less specific rules from being asked. It never refuses, so it has no limit.
 */
export type RuleAction = 'throttle' | 'deny' | 'allow';

/** `exact`: counted atomically in a fleet. `eventual`: counted per node and merged. In one process both are exact. */
export type RuleEnforcement = 'exact' | 'eventual';

/** Who may call what, and how much. Which of several rules applies to a request: `precedence.ts`. */
export interface AccessRule {
  /** Of `RULE_ID`. */
  readonly id: string;
  /** A rule that is not enabled is as if it were not there. */
  readonly enabled: boolean;
  /** Counts and reports, and never refuses. */
  readonly shadow: boolean;
  readonly client: ClientMatcher;
  readonly path: PathMatcher;
  /** Upper case, each once; `['*']` is any. `HEAD` is a method of its own. */
  readonly methods: readonly string[];
  /** How much each client may do. Undefined: not counted. */
  readonly limit: Rate | undefined;
  readonly action: RuleAction;
  readonly algorithm: ClientLimitAlgorithm;
  readonly enforce: RuleEnforcement;
  /** A client that exceeds the limit is denied everything for so long. Undefined: it is not. */
  readonly blockForMs: number | undefined;
  /** One line of at most `MAX_NOTE_LENGTH` characters; may be empty. */
  readonly note: string;
}

export const RULE_ID = /^[A-Za-z0-9._-]{1,64}$/;
export const MAX_NOTE_LENGTH = 1_000;

/** What is wrong with one field of a rule, and what would be right. */
export interface RuleProblem {
  /** The field as the file names it, such as `block_for`; empty for the rule as a whole. */
  readonly field: string;
  readonly message: string;
}

/** What fields that are each right say together. Empty: the rule can be enforced. */
export function ruleProblems(rule: Pick<AccessRule, 'action' | 'limit' | 'blockForMs'>): RuleProblem[] {
  const problems: RuleProblem[] = [];
  if (rule.action === 'throttle' && rule.limit === undefined) {
    problems.push({
      field: 'limit',
      message: 'is required with `action: throttle`: expected a rate such as "100 per 1m"',
    });
  }
  if (rule.action === 'allow' && rule.limit !== undefined) {
    problems.push({
      field: 'limit',
      message: '`action: allow` never refuses, so it takes no limit; remove it, or use `action: throttle`',
    });
  }
  if (rule.blockForMs !== undefined && (rule.limit === undefined || rule.action === 'allow')) {
    problems.push({
      field: 'block_for',
      message: 'needs a limit that a client can exceed; add `limit`, or remove it',
    });
  }
  return problems;
}

/** Whether a client's count for the one can go on for the other. */
export function countsAlike(one: AccessRule, other: AccessRule): boolean {
  return (
    one.id === other.id &&
    one.algorithm === other.algorithm &&
    one.limit?.count === other.limit?.count &&
    one.limit?.windowMs === other.limit?.windowMs &&
    formatClientMatcher(one.client) === formatClientMatcher(other.client)
  );
}

/** Whether they decide alike: all but their notes is the same. */
export function decidesAlike(one: AccessRule, other: AccessRule): boolean {
  return (
    countsAlike(one, other) &&
    one.enabled === other.enabled &&
    one.shadow === other.shadow &&
    one.action === other.action &&
    one.enforce === other.enforce &&
    one.blockForMs === other.blockForMs &&
    one.methods.length === other.methods.length &&
    one.methods.every((method) => other.methods.includes(method)) &&
    formatPathMatcher(one.path) === formatPathMatcher(other.path)
  );
}

/** A rule as files and the API write it. Every field is there except those that are not set. */
export interface RuleFile {
  readonly id: string;
  readonly enabled: boolean;
  readonly shadow: boolean;
  readonly client: string;
  readonly path: string;
  readonly methods: readonly string[];
  readonly limit?: string;
  readonly action: RuleAction;
  readonly algorithm: ClientLimitAlgorithm;
  readonly enforce: RuleEnforcement;
  readonly block_for?: string;
  readonly note?: string;
}

/** Reading it gives the same rule again. */
export function formatRule(rule: AccessRule): RuleFile {
  return {
    id: rule.id,
    enabled: rule.enabled,
    shadow: rule.shadow,
    client: formatClientMatcher(rule.client),
    path: formatPathMatcher(rule.path),
    methods: rule.methods,
    ...(rule.limit === undefined
      ? {}
      : { limit: `${rule.limit.count} per ${exactDuration(rule.limit.windowMs)}` }),
    action: rule.action,
    algorithm: rule.algorithm,
    enforce: rule.enforce,
    ...(rule.blockForMs === undefined ? {} : { block_for: exactDuration(rule.blockForMs) }),
    ...(rule.note === '' ? {} : { note: rule.note }),
  };
}

/** In the largest unit of which it is a whole number: fractions such as `1.1h` would not read back to the same ms. */
function exactDuration(ms: number): string {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const) {
    if (ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}
