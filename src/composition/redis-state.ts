import { SharedCalls } from '../gateway/stages/coalesce.ts';
import type { Clock } from '../shared/clock.ts';
import type { ClientLimiter, Gate } from '../state/contracts.ts';
import type { StateServer, StateStatus } from '../state/fleet-contract.ts';
import type { SharedFlights } from '../state/flights-contract.ts';
import { MemoryCache } from '../state/memory/cache.ts';
import { RedisAccessControl } from '../state/redis/access/access-control.ts';
import { FleetCache } from '../state/redis/cache/cache.ts';
import { RedisConnection } from '../state/redis/connection.ts';
import { RedisFleetRegistry } from '../state/redis/fleet/registry.ts';
import { readServer } from '../state/redis/fleet/server-facts.ts';
import { SharedWishes } from '../state/redis/fleet/shared-wishes.ts';
import { RedisFlights } from '../state/redis/flights/flights.ts';
import { RedisGates } from '../state/redis/gate/gates.ts';
import { RedisClientLimiter } from '../state/redis/limits/client-limiter.ts';
import { SharedRevisions } from '../state/redis/revisions/shared-revisions.ts';
import type { RedisFault } from '../state/redis/server-check.ts';
import { Topics } from '../state/redis/topics.ts';
import type { RuleRevisions } from '../state/revisions-contract.ts';
import type { ClientLimitParts, GateParts, HotState, HotStateNeeds } from './hot-state.ts';

/** At its start a process waits so long for Redis before it listens all the same. */
const START_PATIENCE_MS = 2_000;
const WHY_UNKNOWN = 'the connection to Redis broke; it is tried again';

/** Hot state in a Redis that all processes of a fleet share. */
export class RedisState implements HotState {
  readonly access: RedisAccessControl;
  readonly cache: FleetCache;
  readonly sharedCalls = new SharedCalls();
  readonly flights: SharedFlights;
  readonly registry: RedisFleetRegistry;
  readonly ruleRevisions: RuleRevisions;
  private readonly clock: Clock;
  private readonly connection: RedisConnection;
  private readonly gates: RedisGates;
  private readonly wishes: SharedWishes;
  private readonly prefix: string;
  private readonly closing: Array<{ close(): void }>;
  private fault: RedisFault | undefined;
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
    const link = new RedisConnection({ clock, url, onFault: (fault) => this.noteFault(fault) });
    this.connection = link;
    link.onChange((isUp) => this.noteChange(isUp));
    const topics = new Topics(clock, link);
    const revisions = new SharedRevisions({ clock, random, link, topics, prefix });
    this.gates = new RedisGates({
      clock,
      random,
      connection: link,
      prefix,
      freshnessMs: config.fleet.freshnessMs,
    });
    const { node } = this.gates;
    const shared = { clock, link, topics, revisions, node, prefix };
    this.registry = new RedisFleetRegistry({ link, id: node, prefix });
    this.ruleRevisions = revisions.rules;
    const nodes = () => this.registry.size;
    this.access = new RedisAccessControl({ ...shared, nodes, intervalMs: config.fleet.eventualIntervalMs });
    this.cache = new FleetCache({ ...shared, local: new MemoryCache(config.cache) });
    const flights = new RedisFlights({ ...shared, cache: this.cache });
    this.flights = flights;
    this.wishes = new SharedWishes(shared);
    this.closing = [this.gates, this.wishes, flights, this.cache, this.access, revisions, topics, link];
  }

  /** Calls that are not counted go out without asking anybody: only what operators want holds for all of them. */
  gate({ upstream, settings, lines, onEvent }: GateParts): Gate {
    if (lines !== undefined) return this.gates.open(upstream.name, { settings, lines, onEvent });
    return this.wishes.open(upstream.name, { clock: this.clock, settings, onEvent });
  }

  clientLimiter({ name, rate, algorithm }: ClientLimitParts): ClientLimiter {
    const { clock, connection: link, prefix } = this;
    return new RedisClientLimiter({
      clock,
      link,
      prefix,
      name,
      rate,
      algorithm,
      nodes: () => this.registry.size,
    });
  }

  status(): StateStatus {
    const up = this.connection.isUp;
    const reason = up ? undefined : (this.fault?.message ?? WHY_UNKNOWN);
    return { kind: 'redis', up, sinceMs: this.sinceMs, reason };
  }

  async server(): Promise<StateServer | undefined> {
    return this.connection.isUp ? readServer(this.connection.commands) : undefined;
  }

  ready(): Promise<void> {
    if (this.connection.isUp || this.fault !== undefined) return Promise.resolve();
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
    this.fault = fault;
    if (fault !== undefined) this.needs.log.error({ reason: fault.code }, fault.message);
    this.tellKnown();
  }

  private noteChange(isUp: boolean): void {
    this.sinceMs = this.clock.now();
    if (isUp)
      this.needs.log.info({ fleet: this.prefix }, 'Redis is there: this process is a node of the fleet');
    else this.needs.log.warn({ fleet: this.prefix }, 'Redis is away: no paced call goes out');
    if (isUp) this.tellKnown();
  }

  private tellKnown(): void {
    for (const tell of this.onKnown) tell();
    this.onKnown = [];
  }
}
