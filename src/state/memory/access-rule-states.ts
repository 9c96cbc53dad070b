import { LRUCache } from 'lru-cache';
import { type AccessRule, countsAlike, decidesAlike } from '../../policies/access/rule.ts';
import {
  type ClientLimitDecision,
  type ClientLimitState,
  takeFromClientLimit,
} from '../../policies/limiter/client-limit.ts';
import type { Clock } from '../../shared/clock.ts';

/** What is counted of a rule in force. */
export interface RuleState {
  readonly rule: AccessRule;
  matched: number;
  refused: number;
  shadowRefused: number;
  /** The count of the one client that a rule for an id or an address has; undefined for other rules. */
  own: Count | undefined;
  /** Begins the keys of other rules' counts. */
  readonly keyPrefix: string;
}

/** Held in an object of its own, so that counting changes it and not the table. */
interface Count {
  state: ClientLimitState | undefined;
}

/**
 * The counters of every rule, and each client's count for it. Rules for one client have its count with them; all
 * others share one bound: the count that was used least recently is forgotten first, and its client begins anew.
 */
export class RuleStates {
  private states = new Map<string, RuleState>();
  private readonly counts: LRUCache<string, Count>;
  private forgottenCount = 0;
  private serial = 0;

  constructor(
    private readonly clock: Clock,
    maxClients: number,
  ) {
    this.counts = new LRUCache({
      max: maxClients,
      dispose: (_count, _key, reason) => {
        if (reason === 'evict') this.forgottenCount++;
      },
    });
  }

  /** Counts kept under the bound. */
  get size(): number {
    return this.counts.size;
  }

  get forgotten(): number {
    return this.forgottenCount;
  }

  get(ruleId: string): RuleState | undefined {
    return this.states.get(ruleId);
  }

  /** Goes on counting rules that stay the same; those of disabled rules end. */
  replace(rules: readonly AccessRule[]): void {
    const next = new Map<string, RuleState>();
    for (const rule of rules) {
      if (rule.enabled) next.set(rule.id, this.carriedOn(rule, this.states.get(rule.id)));
    }
    this.states = next;
  }

  /** Counts one request of `client`. */
  take(state: RuleState, client: string): ClientLimitDecision | undefined {
    const { limit, algorithm } = state.rule;
    if (limit === undefined) return undefined;
    const count = state.own ?? this.shared(state.keyPrefix + client);
    const taken = takeFromClientLimit(algorithm, limit, count.state, this.clock.now());
    count.state = taken.state;
    return taken.decision;
  }

  /** What `take` would say. */
  peek(state: RuleState, client: string): ClientLimitDecision | undefined {
    const { limit, algorithm } = state.rule;
    if (limit === undefined) return undefined;
    const count = state.own ?? this.counts.peek(state.keyPrefix + client);
    return takeFromClientLimit(algorithm, limit, count?.state, this.clock.now()).decision;
  }

  forget(ruleId: string, client: string): void {
    const state = this.states.get(ruleId);
    if (state?.own !== undefined) state.own.state = undefined;
    else if (state !== undefined) this.counts.delete(state.keyPrefix + client);
  }

  private shared(key: string): Count {
    let count = this.counts.get(key);
    if (count === undefined) {
      count = { state: undefined };
      this.counts.set(key, count);
    }
    return count;
  }

  private carriedOn(rule: AccessRule, before: RuleState | undefined): RuleState {
    if (before?.rule === rule) return before;
    const counts = before !== undefined && countsAlike(before.rule, rule) ? before : undefined;
    const counters = before !== undefined && decidesAlike(before.rule, rule) ? before : undefined;
    const isForOne = rule.client.kind === 'id' || rule.client.kind === 'address';
    return {
      rule,
      matched: counters?.matched ?? 0,
      refused: counters?.refused ?? 0,
      shadowRefused: counters?.shadowRefused ?? 0,
      own: counts?.own ?? (isForOne ? { state: undefined } : undefined),
      keyPrefix: counts?.keyPrefix ?? this.newPrefix(),
    };
  }

  /** Never used twice, so that a rule which comes back does not meet its former counts. */
  private newPrefix(): string {
    this.serial++;
    return `${this.serial} `;
  }
}
