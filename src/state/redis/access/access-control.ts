import type { AccessRule } from '../../../policies/access/rule.ts';
import { RuleSet } from '../../../policies/access/rule-set.ts';
import type { ClientLimitDecision } from '../../../policies/limiter/client-limit.ts';
import type { Clock } from '../../../shared/clock.ts';
import { canonicalIp } from '../../../shared/ip.ts';
import type {
  AccessControl,
  AccessDecision,
  AccessRequest,
  AccessSnapshot,
  AccessTest,
  DeniedClient,
  RuleCounters,
  ShadowRefusal,
} from '../../access-contract.ts';
import {
  blocks,
  decisionOf,
  deniedBy,
  identityOf,
  PASS,
  refusesWith,
  shownCounters,
  shownDenial,
} from '../../access-decision.ts';
import type { Denial } from '../../memory/access-deny-list.ts';
import { DEFAULT_PREFIX } from '../keys.ts';
import { clientName } from '../limits/client-name.ts';
import { ExactCounts } from '../limits/exact-counts.ts';
import { LocalShares } from '../limits/local-shares.ts';
import type { RedisLink } from '../link.ts';
import { Reach } from '../reach.ts';
import type { SharedRevisions } from '../revisions/shared-revisions.ts';
import type { Topics } from '../topics.ts';
import { nextTallies, type RuleTally } from './counted-rule.ts';
import { EventualCounts } from './eventual-counts.ts';
import { FleetDenials } from './fleet-denials.ts';

export interface RedisAccessControlOptions {
  readonly clock: Clock;
  readonly link: RedisLink;
  readonly topics: Topics;
  readonly revisions: SharedRevisions;
  /** This process among the nodes. */
  readonly node: string;
  /** Nodes of the fleet as known last: while Redis is away each allows its share. */
  readonly nodes: () => number;
  readonly prefix?: string | undefined;
  /** How often counts of `eventual` rules are merged. Default 100. */
  readonly intervalMs?: number | undefined;
  /** Counts kept at once of `eventual` rules, and as many of others for when Redis is away. Default 100,000. */
  readonly maxClients?: number | undefined;
  /** Clients on the deny list at once. Default 100,000. */
  readonly maxDenied?: number | undefined;
  readonly reach?: Reach | undefined;
}

type Limit = ClientLimitDecision | undefined;

/** How the fleet's part of it goes: beside what every adapter shows. */
export interface FleetAccessSnapshot extends AccessSnapshot {
  /** Requests of `eventual` rules that other nodes were not told of. */
  readonly unmerged: number;
  /** Counts that Redis had no room for. */
  readonly turnedAway: number;
  /** Requests that were decided by this node's share of the limit, without Redis. */
  readonly decidedAlone: number;
  /** Denials and their ends that other nodes were not told of. */
  readonly untoldDenials: number;
}

/**
 * Access rules and the deny list of a fleet. `eventual` rules and the deny list are decided here, without a promise;
 * a rule that says `exact` costs its requests one script.
 */
export class RedisAccessControl implements AccessControl {
  private readonly clock: Clock;
  private readonly denials: FleetDenials;
  private readonly exact: ExactCounts;
  private readonly eventual: EventualCounts;
  private readonly shares: LocalShares;
  private tallies = new Map<string, RuleTally>();
  private rules = new RuleSet([]);

  /** Throws RangeError on a bound or an interval that is not a whole number from 1. */
  constructor(options: RedisAccessControlOptions) {
    const { clock, link, topics, revisions, node, nodes, prefix = DEFAULT_PREFIX } = options;
    const { intervalMs = 100, maxClients = 100_000, maxDenied = 100_000 } = options;
    for (const [name, bound] of Object.entries({ intervalMs, maxClients, maxDenied })) {
      if (!Number.isSafeInteger(bound) || bound < 1) {
        throw new RangeError(`${name} must be a whole number from 1, not ${bound}`);
      }
    }
    const reach = options.reach ?? new Reach({ clock, link });
    this.clock = clock;
    this.shares = new LocalShares(clock, nodes, maxClients);
    const shared = { clock, link, topics, reach, prefix, node, nodes, shares: this.shares };
    this.exact = new ExactCounts(shared);
    this.eventual = new EventualCounts({ ...shared, intervalMs, maxClients });
    this.denials = new FleetDenials({
      ...shared,
      revisions,
      maxDenied,
      onLifted: (client, ruleId) => this.forgetHere(client, ruleId),
    });
  }

  get idle(): boolean {
    return this.rules.size === 0 && this.denials.list.isEmpty;
  }

  check(request: AccessRequest): AccessDecision | Promise<AccessDecision> {
    const { list } = this.denials;
    const denial = list.find(request.clientId, request.ip);
    if (denial !== undefined) {
      list.countRefusal(denial);
      return this.refusedBy(denial);
    }
    const { winner, shadow } = this.rules.match(request);
    if (winner === undefined && shadow === undefined) return PASS;
    const limit = winner && this.take(winner, request);
    const shadowLimit = shadow && this.take(shadow, request);
    if (!(limit instanceof Promise) && !(shadowLimit instanceof Promise)) {
      return this.settle(request, winner, limit, shadow, shadowLimit);
    }
    return Promise.all([limit, shadowLimit]).then(([told, shadowTold]) =>
      this.settle(request, winner, told, shadow, shadowTold),
    );
  }

  replaceRules(rules: readonly AccessRule[]): void {
    const compiled = new RuleSet(rules);
    const blockers = new Set(rules.filter(blocks).map(({ id }) => id));
    // A denial of a rule that did not block here came from elsewhere, and is not ours to end.
    const ended = new Set<string>();
    for (const { rule } of this.tallies.values()) {
      if (blocks(rule) && !blockers.has(rule.id)) ended.add(rule.id);
    }
    // The list is long, and rules change often without one of them.
    if (ended.size > 0) this.denials.removeRules((id) => ended.has(id));
    this.tallies = nextTallies(this.tallies, rules);
    this.rules = compiled;
  }

  async test(request: AccessRequest): Promise<AccessTest> {
    const asked = { ...request, ip: canonicalIp(request.ip) ?? request.ip };
    const denial = this.denials.list.find(asked.clientId, asked.ip);
    const { winner, shadow } = this.rules.match(asked);
    const [limit, shadowLimit] = await Promise.all([
      winner && this.ask(winner, asked),
      shadow && this.ask(shadow, asked),
    ]);
    return {
      decision: denial === undefined ? decided(winner, limit, shadow, shadowLimit) : this.refusedBy(denial),
      denied: denial && shownDenial(denial, this.clock),
      explanation: this.rules.explain(asked),
      counters: winner && this.counters(winner.id),
      shadowCounters: shadow && this.counters(shadow.id),
    };
  }

  denied(): readonly DeniedClient[] {
    return this.denials.list.list();
  }

  deny(client: string, forMs: number, ruleId: string): void {
    this.denials.deny(client, this.clock.now() + forMs, ruleId);
  }

  async lift(client: string): Promise<boolean> {
    const lifted = await this.denials.lift(client);
    if (lifted === undefined) return false;
    const limit = this.tallies.get(lifted.ruleId)?.limit;
    if (limit !== undefined) {
      await Promise.all([
        this.exact.forget(limit.name, clientName(lifted.client)),
        this.eventual.forget(limit, lifted.client),
      ]);
    }
    return true;
  }

  /** As this node has counted. */
  counters(ruleId: string): RuleCounters | undefined {
    return shownCounters(this.tallies.get(ruleId));
  }

  snapshot(): FleetAccessSnapshot {
    const { list } = this.denials;
    return {
      rules: this.rules.size,
      clients: this.eventual.size,
      clientsForgotten: this.eventual.forgotten + this.shares.forgotten,
      denied: list.count(),
      deniedForgotten: list.forgotten,
      deniedRefused: list.refused,
      unmerged: this.eventual.unmerged,
      turnedAway: this.eventual.turnedAway,
      decidedAlone: this.shares.taken,
      untoldDenials: this.denials.droppedOperations,
    };
  }

  close(): void {
    this.eventual.close();
    this.denials.close();
  }

  private take(rule: AccessRule, request: AccessRequest): Limit | Promise<Limit> {
    const limit = this.tallies.get(rule.id)?.limit;
    if (limit === undefined) return undefined;
    const client = identityOf(rule, request);
    return rule.enforce === 'exact'
      ? this.exact.take(limit.name, clientName(client), limit.algorithm, limit.rate)
      : this.eventual.take(limit, client);
  }

  /** What `take` would say; of an `eventual` rule, after asking what all nodes have counted. */
  private async ask(rule: AccessRule, request: AccessRequest): Promise<Limit> {
    const limit = this.tallies.get(rule.id)?.limit;
    if (limit === undefined) return undefined;
    const client = identityOf(rule, request);
    if (rule.enforce === 'exact') {
      return this.exact.peek(limit.name, clientName(client), limit.algorithm, limit.rate);
    }
    await this.eventual.refresh(limit, client);
    return this.eventual.peek(limit, client);
  }

  /** Counts and decides, once the limits have answered. */
  private settle(
    request: AccessRequest,
    winner: AccessRule | undefined,
    limit: Limit,
    shadow: AccessRule | undefined,
    shadowLimit: Limit,
  ): AccessDecision {
    const shadowTally = shadow && this.tallies.get(shadow.id);
    if (shadow !== undefined && shadowTally !== undefined) {
      shadowTally.matched++;
      if (refusesWith(shadow, shadowLimit)) shadowTally.shadowRefused++;
    }
    const tally = winner && this.tallies.get(winner.id);
    if (winner !== undefined) {
      const refuses = refusesWith(winner, limit);
      // Rules may have changed while Redis was asked: then nobody counts it any more.
      if (tally !== undefined) {
        tally.matched++;
        if (refuses) tally.refused++;
      }
      if (refuses && winner.blockForMs !== undefined && tally?.rule === winner) {
        this.deny(identityOf(winner, request), winner.blockForMs, winner.id);
      }
    }
    return decided(winner, limit, shadow, shadowLimit);
  }

  private refusedBy(denial: Denial): AccessDecision {
    const tally = this.tallies.get(denial.ruleId);
    const counted = tally?.rule.enforce === 'eventual' ? tally.limit : undefined;
    const limit = counted && this.eventual.peek(counted, denial.client);
    return deniedBy(denial, tally?.rule, limit, this.clock.now());
  }

  private forgetHere(client: string, ruleId: string): void {
    const limit = this.tallies.get(ruleId)?.limit;
    if (limit === undefined) return;
    this.eventual.forgetHere(limit, client);
    this.exact.forgetHere(limit.name, clientName(client));
  }
}

function decided(
  winner: AccessRule | undefined,
  limit: Limit,
  shadow: AccessRule | undefined,
  shadowLimit: Limit,
): AccessDecision {
  const refusal: ShadowRefusal | undefined =
    shadow !== undefined && refusesWith(shadow, shadowLimit)
      ? { rule: shadow, limit: shadowLimit }
      : undefined;
  if (winner !== undefined) return decisionOf(winner, limit, refusal);
  return refusal === undefined ? PASS : { ...PASS, shadow: refusal };
}
