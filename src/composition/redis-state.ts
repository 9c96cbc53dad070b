import { SharedCalls } from '../gateway/stages/coalesce.ts';
import type { Clock } from '../shared/clock.ts';
import type { ClientLimiter, Gate } from '../state/contracts.ts';
import type { StateServer, StateStatus } from '../state/fleet-contract.ts';
import { MemoryCache } from '../state/memory/cache.ts';
import { RedisAccessControl } from '../state/redis/access/access-control.ts';
import { FleetCache } from '../state/redis/cache/cache.ts';
import { RedisConnection } from '../state/redis/connection.ts';
import { CONNECTION_BROKE, type RedisFault } from '../state/redis/fault.ts';
import { RedisFleetRegistry } from '../state/redis/fleet/registry.ts';
import { readServer } from '../state/redis/fleet/server-facts.ts';
import { SharedWishes } from '../state/redis/fleet/shared-wishes.ts';
import { RedisFlights } from '../state/redis/flights/flights.ts';
import { RedisGates } from '../state/redis/gate/gates.ts';
import { RedisClientLimiter } from '../state/redis/limits/client-limiter.ts';
import { SharedRevisions } from '../state/redis/revisions/shared-revisions.ts';
import { Topics } from '../state/redis/topics.ts';
import type { RuleRevisions } from '../state/revisions-contract.ts';
import type { SharingCounts } from '../state/sharing-contract.ts';
import type { ClientLimitParts, GateParts, HotState, HotStateNeeds } from './hot-state.ts';

/** At its start a process waits so long for Redis before it listens all the same. */
const START_PATIENCE_MS = 2_000;

/** Hot state in a Redis that all processes of a fleet share. */
export class RedisState implements HotState {
  readonly access: RedisAccessControl;
  readonly cache: FleetCache;
  readonly sharedCalls = new SharedCalls();
  readonly flights: RedisFlights;
  readonly registry: RedisFleetRegistry;
  readonly ruleRevisions: RuleRevisions;
  private readonly clock: Clock;
  private readonly connection: RedisConnection;
  private readonly gates: RedisGates;
  private readonly wishes: SharedWishes;
  private readonly topics: Topics;
  /** By name, and what those before them had decided without Redis. */
  private readonly limiters = new Map<string, RedisClientLimiter>();
  private formerlyAlone = 0;
  private readonly prefix: string;
  private readonly closing: Array<{ close(): void }>;
  private sinceMs: number;
  /** Something is known: it is up, or why not. */
  private onKnown: Array<() => void> = [];

  /** Throws RangeError on a URL that the connection does not know. */
  constructor(
    private readonly needs: HotStateNeeds,
    url: string,
  ) {
    const { clock, random, config } = needs;
    const prefix = config.fleet.name;
    this.clock = clock;
    this.prefix = prefix;
    this.sinceMs = clock.now();
    const link = new RedisConnection({
      clock,
      random,
      url,
      prefix,
      onFault: (fault) => this.noteFault(fault),
    });
    this.connection = link;
    link.onChange((isUp) => this.noteChange(isUp));
    const topics = new Topics(clock, link);
    this.topics = topics;
    const revisions = new SharedRevisions({ clock, random, link, topics, prefix });
    this.gates = new RedisGates({
      clock,
      random,
      connection: link,
      prefix,
      freshnessMs: config.fleet.freshnessMs,
      onForeignState: (upstream, message) =>
        needs.log.error({ fleet: prefix, upstream, reason: 'format' }, message),
    });
    const { node } = this.gates;
    const shared = { clock, link, topics, revisions, node, prefix };
    this.registry = new RedisFleetRegistry({ link, id: node, prefix });
    this.ruleRevisions = revisions.rules;
    const nodes = () => this.registry.size;
    this.access = new RedisAccessControl({ ...shared, nodes, intervalMs: config.fleet.eventualIntervalMs });
    this.cache = new FleetCache({ ...shared, local: new MemoryCache(config.cache) });
    this.flights = new RedisFlights({ ...shared, cache: this.cache });
    this.wishes = new SharedWishes(shared);
    this.closing = [this.gates, this.wishes, this.flights, this.cache, this.access, revisions, topics, link];
  }

  /** Calls that are not counted go out without asking anybody: only what operators want holds for all of them. */
  gate({ upstream, settings, lines, onEvent }: GateParts): Gate {
    if (lines !== undefined) return this.gates.open(upstream.name, { settings, lines, onEvent });
    return this.wishes.open(upstream.name, { clock: this.clock, settings, onEvent });
  }

  clientLimiter({ name, rate, algorithm }: ClientLimitParts): ClientLimiter {
    const { clock, connection: link, prefix } = this;
    const nodes = () => this.registry.size;
    const limiter = new RedisClientLimiter({ clock, link, prefix, name, rate, algorithm, nodes });
    // A reload makes them anew; what was counted is not to fall.
    this.formerlyAlone += this.limiters.get(name)?.decidedAlone ?? 0;
    this.limiters.set(name, limiter);
    return limiter;
  }

  status(): StateStatus {
    const up = this.connection.isUp;
    const reason = up ? undefined : (this.connection.fault ?? CONNECTION_BROKE).message;
    return { kind: 'redis', up, sinceMs: this.sinceMs, reason };
  }

  sharing(): SharingCounts {
    const { shared } = this.cache;
    const { led, followed, lost, unshared } = this.flights.counters;
    const access = this.access.snapshot();
    let decidedAlone = this.formerlyAlone;
    for (const limiter of this.limiters.values()) decidedAlone += limiter.decidedAlone;
    return {
      unshared: {
        limit_decided_alone: decidedAlone,
        rule_decided_alone: access.decidedAlone,
        rule_count_unmerged: access.unmerged,
        rule_count_turned_away: access.turnedAway,
        denial_untold: access.untoldDenials,
        answer_unsent: shared.unsent,
        answer_unreadable: shared.unreadable,
        call_unshared: unshared,
        call_lost: lost,
        message_unreadable: this.topics.unreadable,
        beat_lost: this.registry.lostBeats,
      },
      calls: { led, followed },
      cache: { hits: shared.hits, misses: shared.misses, stores: shared.stores },
    };
  }

  async server(): Promise<StateServer | undefined> {
    return this.connection.isUp ? readServer(this.connection.commands) : undefined;
  }

  ready(): Promise<void> {
    if (this.connection.isUp || this.connection.fault !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const patience = this.clock.after(START_PATIENCE_MS, resolve);
      this.onKnown.push(() => {
        patience.cancel();
        resolve();
      });
    });
  }

  close(): void {
    for (const part of this.closing) part.close();
  }

  private noteFault(fault: RedisFault | undefined): void {
    const { log } = this.needs;
    const fleet = this.prefix;
    if (fault === undefined) log.info({ fleet }, 'Redis is there: this process is a node of the fleet');
    else {
      const { code: reason, where: redis, message } = fault;
      log.error({ fleet, reason, redis }, `Redis cannot be used, no paced call goes out: ${message}`);
    }
    this.tellKnown();
  }

  private noteChange(isUp: boolean): void {
    this.sinceMs = this.clock.now();
    if (isUp) this.tellKnown();
  }

  private tellKnown(): void {
    for (const tell of this.onKnown) tell();
    this.onKnown = [];
  }
}
