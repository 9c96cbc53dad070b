import type { z } from 'zod';
import type { ruleFile, ruleView } from '../../../../src/server/admin/resources/rule-document.ts';

/** What the admin API says of access rules. Types only: nothing of the server is bundled. */

export type Rule = z.output<typeof ruleView>;

/** A rule as `POST` and `PUT` take it. */
export type RuleBody = z.output<typeof ruleFile>;

export type RuleAction = Rule['action'];

/** What a limit has left for a client now (`LimitNow`). */
export interface LimitNow {
  readonly count: number;
  readonly window_ms: number;
  readonly remaining: number;
  readonly reset_in_ms: number;
}

/** The answer of `POST /rules/test` (`RuleVerdict`). */
export interface RuleVerdict {
  readonly decision: 'pass' | 'throttled' | 'denied';
  readonly winner: string | null;
  readonly retry_in_ms: number | null;
  readonly limit: LimitNow | null;
  readonly deny_list: { readonly client: string; readonly rule: string } | null;
  readonly shadow: { readonly rule: string; readonly limit: LimitNow | null } | null;
  /** As the rules see it. */
  readonly path: string;
  readonly other_readings: readonly string[];
  /** In order of precedence. */
  readonly rules: readonly MatchingRule[];
  readonly rules_omitted: number;
}

export interface MatchingRule {
  readonly id: string;
  readonly outcome: 'wins' | 'shadow' | 'loses';
  readonly lost_by: string | null;
  readonly reason: string;
}

/** A client on the deny list (`DeniedClient`). */
export interface DeniedClient {
  /** An address, or `client:` and a client id. */
  readonly client: string;
  readonly rule: string;
  /** ISO 8601. */
  readonly until: string;
  readonly refused: number;
}

/** The answer of `POST /rules/import` (`RuleImport`). */
export interface RuleImport {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly deleted: number;
}
