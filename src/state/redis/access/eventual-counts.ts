import { LRUCache } from 'lru-cache';
import {
  addToClientLimit,
  type ClientLimitDecision,
  type ClientLimitState,
  takeFromClientLimit,
} from '../../../policies/limiter/client-limit.ts';
import type { Clock, Timer } from '../../../shared/clock.ts';
import { countsKey, sharedChannel } from '../keys.ts';
import { clientName } from '../limits/client-name.ts';
import { limitArithmetic, sourceOfTime } from '../limits/exact-counts.ts';
import type { LocalShares } from '../limits/local-shares.ts';
import type { RedisLink } from '../link.ts';
import type { Reach } from '../reach.ts';
import { assembleScript, luaReader, runScript } from '../scripts.ts';
import type { Topics } from '../topics.ts';
import type { CountedLimit } from './counted-rule.ts';

export interface EventualCountsOptions {
  readonly clock: Clock;
  readonly link: RedisLink;
  readonly reach: Reach;
  readonly topics: Topics;
  readonly shares: LocalShares;
  readonly prefix: string;
  /** This process among the nodes. */
  readonly node: string;
  readonly nodes: () => number;
  /** How often what was counted here is merged with what others counted. */
  readonly intervalMs: number;
  /** Counts kept at once. One that makes room before it was merged is told to nobody. */
  readonly maxClients: number;
}

/** What is known of one client under one limit: what all had counted at the last merge, and what passed here since. */
interface Count {
  readonly field: string;
  limit: CountedLimit | undefined;
  state: ClientLimitState | undefined;
  /** Passed here and not merged yet. */
  pending: number;
}

/** Counts that one script merges, scripts that one round trip takes, and what waits for the next. */
const PER_SCRIPT = 1_000;
const SCRIPTS_PER_ROUND = 16;
const MOST_FIELDS = 1_000_000;
/** Of the interval: merges that cannot wait come no faster. */
const EARLY_SHARE = 1 / 20;
/** A client that passes less often between two merges is no reason to hurry. */
const LEAST_EARLY = 4;

/**
 * Counts of `eventual` rules. A request is decided here, by what this node knows, and never waits. What passed is
 * merged over Redis once an interval, all of it in one round trip, and earlier when a client comes near its limit.
 * A client that goes over it is told to every node at once. So a limit is exceeded by no more than passes at the
 * other nodes between two merges, and that is made up for afterwards: it counts.
 */
export class EventualCounts {
  private readonly clock: Clock;
  private readonly counts: LRUCache<string, Count>;
  /** Those of `counts` with something to merge, the longest waiting first. */
  private readonly changed = new Map<string, Count>();
  private timer: Timer | undefined;
  private dueAtMs = Number.POSITIVE_INFINITY;
  private merging = false;
  private lastMergeMs = Number.NEGATIVE_INFINITY;
  private forgottenCount = 0;
  private readonly script = assembleScript(
    [sourceOfTime(), limitArithmetic()],
    luaReader(import.meta.url)('./merge.lua'),
  );
  private readonly channel: string;
  private readonly stop: () => void;
  private closed = false;
  /** Requests that passed and could not be told to others. */
  unmerged = 0;
  /** Counts that Redis had no room for. */
  turnedAway = 0;

  constructor(private readonly options: EventualCountsOptions) {
    this.clock = options.clock;
    this.counts = new LRUCache({
      max: options.maxClients,
      dispose: ({ pending }, field, reason) => {
        if (reason !== 'evict') return;
        this.forgottenCount++;
        if (this.changed.delete(field)) this.unmerged += pending;
      },
    });
    this.channel = sharedChannel(options.prefix, 'over');
    this.stop = options.topics.listen(this.channel, (message) => this.learn(message));
  }

  get size(): number {
    return this.counts.size;
  }

  get forgotten(): number {
    return this.forgottenCount;
  }

  take(limit: CountedLimit, client: string): ClientLimitDecision {
    const { reach, shares, nodes } = this.options;
    const field = fieldOf(limit, client);
    if (reach.isAway) {
      return shares.take(field, limit.algorithm, limit.rate, this.counts.peek(field)?.state);
    }
    const count = this.countOf(field, limit);
    const nowMs = this.clock.now();
    const { state, decision } = takeFromClientLimit(limit.algorithm, limit.rate, count.state, nowMs);
    count.state = state;
    if (!decision.allowed) return decision;
    if (count.pending++ === 0) this.changed.set(field, count);
    const isNear = count.pending >= Math.max(LEAST_EARLY, decision.remaining / (2 * Math.max(1, nodes())));
    this.schedule(isNear ? this.options.intervalMs * EARLY_SHARE : this.options.intervalMs);
    return decision;
  }

  /** What `take` would say, as far as this node knows. */
  peek(limit: CountedLimit, client: string): ClientLimitDecision {
    const { reach, shares } = this.options;
    const field = fieldOf(limit, client);
    const state = this.counts.peek(field)?.state;
    if (reach.isAway) return shares.peek(field, limit.algorithm, limit.rate, state);
    return takeFromClientLimit(limit.algorithm, limit.rate, state, this.clock.now()).decision;
  }

  /** Asks what all nodes have counted of one client; afterwards `peek` knows. */
  async refresh(limit: CountedLimit, client: string): Promise<void> {
    const count = this.countOf(fieldOf(limit, client), limit);
    this.changed.delete(count.field);
    await this.send([count], []);
  }

  /** The client begins anew, on this node. */
  forgetHere(limit: CountedLimit, client: string): void {
    const field = fieldOf(limit, client);
    const count = this.counts.peek(field);
    if (count !== undefined) count.pending = 0;
    this.changed.delete(field);
    this.counts.delete(field);
    this.options.shares.forget(field);
  }

  /** The client begins anew, in Redis. */
  async forget(limit: CountedLimit, client: string): Promise<void> {
    this.forgetHere(limit, client);
    await this.send([], [[limit.generationMs, fieldOf(limit, client)]]);
  }

  close(): void {
    this.closed = true;
    this.timer?.cancel();
    this.stop();
  }

  private countOf(field: string, limit: CountedLimit): Count {
    let count = this.counts.get(field);
    if (count === undefined) {
      count = { field, limit, state: undefined, pending: 0 };
      this.counts.set(field, count);
    }
    count.limit = limit;
    return count;
  }

  /** The next merge is at most `delayMs` after the last one. Nothing is asked while nothing changes. */
  private schedule(delayMs: number): void {
    const dueAtMs = Math.max(this.clock.now(), this.lastMergeMs + delayMs);
    if (this.merging || this.closed || dueAtMs >= this.dueAtMs) return;
    this.timer?.cancel();
    this.dueAtMs = dueAtMs;
    this.timer = this.clock.after(dueAtMs - this.clock.now(), () => void this.merge());
  }

  private async merge(): Promise<void> {
    this.dueAtMs = Number.POSITIVE_INFINITY;
    this.lastMergeMs = this.clock.now();
    this.merging = true;
    const batches: Count[][] = [];
    for (const count of this.changed.values()) {
      let batch = batches.at(-1);
      if (batch === undefined || batch.length >= PER_SCRIPT) {
        if (batches.length >= SCRIPTS_PER_ROUND) break;
        batch = [];
        batches.push(batch);
      }
      batch.push(count);
    }
    for (const batch of batches) for (const { field } of batch) this.changed.delete(field);
    await Promise.all(batches.map((batch) => this.send(batch, [])));
    this.merging = false;
    if (this.changed.size > 0) this.schedule(this.options.intervalMs);
  }

  /** Never rejects: what cannot be told is counted as unmerged. */
  private async send(
    batch: readonly Count[],
    forget: ReadonlyArray<readonly [number, string]>,
  ): Promise<void> {
    const { link, reach, prefix, node } = this.options;
    const places = new Map<CountedLimit, number>();
    const sent = batch.map((count) => {
      const { limit, pending } = count;
      if (!places.has(limit!)) places.set(limit!, places.size + 1);
      count.pending = 0;
      return { count, limit: limit!, requests: pending };
    });
    const request = {
      r: [...places.keys()].map(({ algorithm, rate, generationMs }) => [
        algorithm,
        rate.count,
        rate.windowMs,
        generationMs,
      ]),
      c: sent.map(({ count, limit, requests }) => [places.get(limit), count.field, requests]),
      f: forget,
      most: MOST_FIELDS,
      ch: this.channel,
      n: node,
    };
    const answer = await reach.ask(() =>
      runScript(link.commands, this.script, [countsKey(prefix)], [JSON.stringify(request)]),
    );
    if (answer === undefined) {
      for (const { requests } of sent) this.unmerged += requests;
      return;
    }
    const { s, t } = JSON.parse(String(answer)) as { s: Array<Known | false>; t: number };
    this.turnedAway += t;
    const nowMs = this.clock.now();
    for (const [place, { count, limit }] of sent.entries()) {
      const known = s[place];
      if (known === undefined || known === false || count.limit !== limit) continue;
      const state = stateOf(known, nowMs);
      const { algorithm, rate } = limit;
      count.state =
        count.pending > 0 ? addToClientLimit(algorithm, rate, state, count.pending, nowMs) : state;
    }
  }

  /** Other nodes found these clients over their limits. */
  private learn(message: string): void {
    const { n, o } = JSON.parse(message) as { n: string; o: Array<[field: string, ...known: Known]> };
    if (n === this.options.node) return;
    const nowMs = this.clock.now();
    for (const [field, ...known] of o) {
      const count = this.counts.get(field);
      const state = stateOf(known, nowMs);
      if (count === undefined) this.counts.set(field, { field, limit: undefined, state, pending: 0 });
      else if (count.limit !== undefined && count.pending > 0) {
        const { algorithm, rate } = count.limit;
        count.state = addToClientLimit(algorithm, rate, state, count.pending, nowMs);
      } else count.state = state;
    }
  }
}

type Known = [ageMs: number, used: number, before: number];

function stateOf([ageMs, used, before]: Known, nowMs: number): ClientLimitState {
  return { atMs: nowMs - ageMs, used, before };
}

const fieldOf = (limit: CountedLimit, client: string): string => `${limit.name} ${clientName(client)}`;
