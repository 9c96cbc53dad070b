import type { AccessRule } from '../../policies/access/rule.ts';
import { RuleSet } from '../../policies/access/rule-set.ts';
import type { Clock } from '../../shared/clock.ts';
import { canonicalIp } from '../../shared/ip.ts';
import type {
  AccessControl,
  AccessDecision,
  AccessRequest,
  AccessSnapshot,
  AccessTest,
  DeniedClient,
  RuleCounters,
  ShadowRefusal,
} from '../access-contract.ts';
import {
  blocks,
  decisionOf,
  deniedBy,
  identityOf,
  PASS,
  refusesWith,
  shownCounters,
  shownDenial,
} from '../access-decision.ts';
import { type Denial, DenyList } from './access-deny-list.ts';
import { type RuleState, RuleStates } from './access-rule-states.ts';

export interface MemoryAccessControlOptions {
  readonly clock: Clock;
  /** Counts kept at once, over all rules and clients. Default 100,000. */
  readonly maxClients?: number | undefined;
  /** Clients on the deny list at once. Default 100,000. */
  readonly maxDenied?: number | undefined;
}

/** Whether to count (`take`) or only to ask (`peek`). */
type Counting = 'take' | 'peek';

/** Access rules and the deny list in this process's memory. Answers without a promise. */
export class MemoryAccessControl implements AccessControl {
  private readonly clock: Clock;
  private readonly states: RuleStates;
  private readonly denyList: DenyList;
  private rules = new RuleSet([]);

  /** Throws RangeError on a bound that is not a whole number from 1. */
  constructor({ clock, maxClients = 100_000, maxDenied = 100_000 }: MemoryAccessControlOptions) {
    for (const [name, bound] of Object.entries({ maxClients, maxDenied })) {
      if (!Number.isSafeInteger(bound) || bound < 1) {
        throw new RangeError(`${name} must be a whole number from 1, not ${bound}`);
      }
    }
    this.clock = clock;
    this.states = new RuleStates(clock, maxClients);
    this.denyList = new DenyList(clock, maxDenied);
  }

  get idle(): boolean {
    return this.rules.size === 0 && this.denyList.isEmpty;
  }

  check(request: AccessRequest): AccessDecision {
    const denial = this.denyList.find(request.clientId, request.ip);
    if (denial !== undefined) {
      this.denyList.countRefusal(denial);
      return this.refusedBy(denial);
    }
    return this.decide(request, 'take');
  }

  replaceRules(rules: readonly AccessRule[]): void {
    const compiled = new RuleSet(rules);
    const blockers = new Set(rules.filter(blocks).map(({ id }) => id));
    // A denial of a rule that was never here came from elsewhere, and is not ours to end.
    this.denyList.removeRules((id) => this.states.get(id) !== undefined && !blockers.has(id));
    this.states.replace(rules);
    this.rules = compiled;
  }

  test(request: AccessRequest): AccessTest {
    const asked = { ...request, ip: canonicalIp(request.ip) ?? request.ip };
    const denial = this.denyList.find(asked.clientId, asked.ip);
    const { winner, shadow } = this.rules.match(asked);
    return {
      decision: denial === undefined ? this.decide(asked, 'peek') : this.refusedBy(denial),
      denied: denial === undefined ? undefined : shownDenial(denial, this.clock),
      explanation: this.rules.explain(asked),
      counters: winner && this.counters(winner.id),
      shadowCounters: shadow && this.counters(shadow.id),
    };
  }

  denied(): readonly DeniedClient[] {
    return this.denyList.list();
  }

  deny(client: string, forMs: number, ruleId: string): void {
    this.denyList.add(client, this.clock.now() + forMs, ruleId);
  }

  lift(client: string): boolean {
    const denial = this.denyList.remove(client);
    if (denial === undefined) return false;
    this.states.forget(denial.ruleId, denial.client);
    return true;
  }

  counters(ruleId: string): RuleCounters | undefined {
    return shownCounters(this.states.get(ruleId));
  }

  snapshot(): AccessSnapshot {
    return {
      rules: this.rules.size,
      clients: this.states.size,
      clientsForgotten: this.states.forgotten,
      denied: this.denyList.count(),
      deniedForgotten: this.denyList.forgotten,
      deniedRefused: this.denyList.refused,
    };
  }

  private decide(request: AccessRequest, counting: Counting): AccessDecision {
    const { winner, shadow } = this.rules.match(request);
    const shadowRefusal = shadow === undefined ? undefined : this.judgeShadow(shadow, request, counting);
    if (winner === undefined) return shadowRefusal === undefined ? PASS : { ...PASS, shadow: shadowRefusal };
    const state = this.stateOf(winner);
    const client = identityOf(winner, request);
    const limit = this.states[counting](state, client);
    const refuses = refusesWith(winner, limit);
    if (counting === 'take') {
      state.matched++;
      if (refuses) state.refused++;
    }
    if (counting === 'take' && refuses && winner.blockForMs !== undefined) {
      this.denyList.add(client, this.clock.now() + winner.blockForMs, winner.id);
    }
    return decisionOf(winner, limit, shadowRefusal);
  }

  private judgeShadow(
    rule: AccessRule,
    request: AccessRequest,
    counting: Counting,
  ): ShadowRefusal | undefined {
    const state = this.stateOf(rule);
    const limit = this.states[counting](state, identityOf(rule, request));
    const refuses = refusesWith(rule, limit);
    if (counting === 'take') {
      state.matched++;
      if (refuses) state.shadowRefused++;
    }
    return refuses ? { rule, limit } : undefined;
  }

  private refusedBy(denial: Denial): AccessDecision {
    const state = this.states.get(denial.ruleId);
    const limit = state && this.states.peek(state, denial.client);
    return deniedBy(denial, state?.rule, limit, this.clock.now());
  }

  private stateOf(rule: AccessRule): RuleState {
    const state = this.states.get(rule.id);
    if (state === undefined) throw new Error(`rule ${rule.id} matches and is not in force`);
    return state;
  }
}
