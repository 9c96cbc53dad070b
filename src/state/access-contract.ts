import type { RuleExplanation } from '../policies/access/explain.ts';
import type { AccessRequest } from '../policies/access/precedence.ts';
import type { AccessRule } from '../policies/access/rule.ts';
import type { ClientLimitDecision } from '../policies/limiter/client-limit.ts';

export type { AccessRequest, AccessRule, ClientLimitDecision, RuleExplanation };

/** A shadow rule that would have refused the request. */
export interface ShadowRefusal {
  readonly rule: AccessRule;
  readonly limit: ClientLimitDecision | undefined;
}

/** What is to be done with one request. */
export type AccessDecision =
  | {
      readonly kind: 'pass';
      /** The rule that won; undefined when none matches. */
      readonly rule: AccessRule | undefined;
      /** What is left of the rule's limit; undefined when it has none. */
      readonly limit: ClientLimitDecision | undefined;
      /** The limit's name in `RateLimit`; a rule's id is safe in a header. */
      readonly policyName: string | undefined;
      readonly shadow: ShadowRefusal | undefined;
    }
  | {
      /** 429 `client_rate_limited`. */
      readonly kind: 'throttled';
      readonly rule: AccessRule;
      readonly limit: ClientLimitDecision;
      readonly policyName: string;
      /** When the next request of this client would pass, in ms from now. */
      readonly retryAfterMs: number;
      readonly shadow: ShadowRefusal | undefined;
    }
  | {
      /** 403 `access_denied`. */
      readonly kind: 'denied';
      readonly ruleId: string;
      /** Undefined when the deny list names a rule that is not here. */
      readonly rule: AccessRule | undefined;
      /** Undefined where the rule always denies, and on the deny list. */
      readonly limit: ClientLimitDecision | undefined;
      /** When the client would pass again, in ms from now; undefined where the rule always denies. */
      readonly retryAfterMs: number | undefined;
      readonly shadow: ShadowRefusal | undefined;
    };

/** A client on the deny list. */
export interface DeniedClient {
  /** An address, or `client:` and a client id. */
  readonly client: string;
  readonly ruleId: string;
  /** Monotonic ms. */
  readonly untilMs: number;
  /** The same in ms since the Unix epoch, for people. */
  readonly untilWallMs: number;
  /** Requests that were refused because of it. */
  readonly refused: number;
}

/** Totals of one rule since it came into force as it is. */
export interface RuleCounters {
  /** Requests that it decided; of a shadow rule, that it would have decided. */
  readonly matched: number;
  readonly refused: number;
  /** Requests that it would have refused if it were no shadow. */
  readonly shadowRefused: number;
}

/** What a request would meet as things stand. Asking consumes nothing. */
export interface AccessTest {
  /** What the request would be told. */
  readonly decision: AccessDecision;
  /** Set when the deny list decides, before any rule. */
  readonly denied: DeniedClient | undefined;
  /** Which rules match, in order of precedence, and why one wins. */
  readonly explanation: RuleExplanation;
  /** Of the winner. */
  readonly counters: RuleCounters | undefined;
  readonly shadowCounters: RuleCounters | undefined;
}

export interface AccessSnapshot {
  /** Rules in force. */
  readonly rules: number;
  /** Counts that are kept for rules which hold for several clients. */
  readonly clients: number;
  /** Counts that were forgotten to make room; each of them began anew. */
  readonly clientsForgotten: number;
  /** Clients on the deny list. */
  readonly denied: number;
  /** Denials that were ended early to make room. */
  readonly deniedForgotten: number;
  /** Requests that the deny list refused. */
  readonly deniedRefused: number;
}

/** Access rules and the deny list, enforced. */
export interface AccessControl {
  /** No rule is in force and nobody is denied: every request passes, and need not be looked at. */
  readonly idle: boolean;
  /** Decides about one request and counts it. */
  check(request: AccessRequest): AccessDecision | Promise<AccessDecision>;
  /**
   * Puts other rules in force, at once. Counters of a rule go on while all of it but its note stays the same,
   * counts of its clients while its id, client, limit and algorithm do. A client that a rule denied is free when the rule
   * is gone or denies nobody any more. Throws RangeError on duplicate ids.
   */
  replaceRules(rules: readonly AccessRule[]): void;
  test(request: AccessRequest): AccessTest | Promise<AccessTest>;
  /** Who is denied now, those that are free first coming first. */
  denied(): readonly DeniedClient[];
  /** Denies a client for `forMs` from now. A shorter denial never shortens a longer one. */
  deny(client: string, forMs: number, ruleId: string): void;
  /** Frees a client, and forgets what it counted for the rule that denied it. False when it was not denied. */
  lift(client: string): boolean | Promise<boolean>;
  /** Undefined when there is no such rule in force. */
  counters(ruleId: string): RuleCounters | undefined;
  snapshot(): AccessSnapshot;
}
