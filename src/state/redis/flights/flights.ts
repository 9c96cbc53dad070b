import { createHash } from 'node:crypto';
import type { Clock, Timer } from '../../../shared/clock.ts';
import type { Urgency } from '../../../shared/urgency.ts';
import type { Boarding, Flight, FlightPlan, FollowedEnd, SharedFlights } from '../../flights-contract.ts';
import { DEFAULT_PREFIX, flightKey, sharedChannel } from '../keys.ts';
import type { RedisLink } from '../link.ts';
import { Reach } from '../reach.ts';
import { assembleScript, luaReader, runScript } from '../scripts.ts';
import type { Topics } from '../topics.ts';
import { Leases } from './leases.ts';

export interface RedisFlightsOptions {
  readonly clock: Clock;
  readonly link: RedisLink;
  readonly topics: Topics;
  /** This process among the nodes. */
  readonly node: string;
  /** Where the answers are: others are told of one only when it is there. */
  readonly cache: {
    settled(key: string): Promise<void>;
    lookAgain(key: string): void;
  };
  readonly prefix?: string | undefined;
  /** How long others wait for a call whose node is heard of no more. Grows with its age. Default 5,000. */
  readonly leaseMs?: number | undefined;
  /** How long a request waits for Redis before it goes on without. Default 250. */
  readonly patienceMs?: number | undefined;
  /** Calls of this node that others may wait for, and calls of others that it waits for. Default 10,000 each. */
  readonly maxFlights?: number | undefined;
}

/** Totals since start. */
export interface FlightCounters {
  /** Calls that this node made for all. */
  led: number;
  /** Times that it waited for another node's. */
  followed: number;
  /** Of those, calls that their nodes gave up, or went away with. */
  lost: number;
  /** Calls that were not shared: Redis was away, or as many as may were under way. */
  unshared: number;
}

interface Followed {
  readonly name: string;
  readonly cacheKey: string;
  readonly sinceMs: number;
  readonly end: (end: FollowedEnd) => void;
  /** Monotonic ms: so long somebody makes the call, as Redis said last. */
  leaseEndsAtMs: number;
  timer: Timer | undefined;
}

/** A renewal may be under way when the lease ends. */
const LATE_MS = 250;
/** A message may be lost: who waits looks after half the time that it has waited, within these bounds. */
const SOONEST_LOOK_MS = 250;
const LATEST_LOOK_MS = 750;
/** All who wait at this node look no more often together, but for those whose lease ends. */
const LOOKS_PER_SEC = 200;

/**
 * Flights over Redis. The node that makes a call holds a lease on it (leases.ts); a node that dies is waited for about
 * as long again as the call had lasted. The others are told by pub/sub, and look from time to time, in case a message
 * was lost.
 */
export class RedisFlights implements SharedFlights {
  readonly counters: FlightCounters = { led: 0, followed: 0, lost: 0, unshared: 0 };
  private readonly clock: Clock;
  private readonly reach: Reach;
  private readonly prefix: string;
  private readonly leases: Leases;
  private readonly leaseMs: number;
  private readonly maxFlights: number;
  private readonly script = assembleScript([], luaReader(import.meta.url)('./flight.lua'));
  private readonly followed = new Map<string, Set<Followed>>();
  private followers = 0;
  private tokens = 0;
  private readonly stops: Array<() => void>;

  constructor(private readonly options: RedisFlightsOptions) {
    const { clock, link, topics, prefix = DEFAULT_PREFIX, patienceMs = 250 } = options;
    this.clock = clock;
    this.prefix = prefix;
    this.leaseMs = options.leaseMs ?? 5_000;
    this.maxFlights = options.maxFlights ?? 10_000;
    this.reach = new Reach({ clock, link, patienceMs });
    const channel = sharedChannel(prefix, 'flights');
    const tell = (name: string, args: readonly string[]) => (link.isUp ? this.send(name, args) : undefined);
    this.leases = new Leases({ clock, tell, channel, leaseMs: this.leaseMs });
    this.stops = [
      topics.listen(
        channel,
        (message) => this.hear(message),
        () => this.lookAtAll(),
      ),
      link.onChange((isUp) => {
        if (!isUp) for (const one of this.allFollowed()) one.end('alone');
      }),
    ];
  }

  async board(plan: FlightPlan, insist: boolean): Promise<Boarding> {
    const name = createHash('sha256').update(plan.key).digest('base64url');
    const token = `${this.options.node}-${++this.tokens}`;
    if (this.leases.size >= this.maxFlights || this.followers >= this.maxFlights) return this.alone();
    if (this.reach.isAway) return this.alone();
    // Listened for before it is asked: the end may come sooner than the answer.
    const followed = this.follow(name, plan.cacheKey);
    const askedAtMs = this.clock.now();
    const told = await this.ask(name, [
      'board',
      token,
      String(this.leaseMs),
      plan.ticketId,
      String(plan.urgency),
      insist ? 'insist' : '',
    ]);
    if (told?.[0] === 'follow') {
      this.counters.followed++;
      this.await(followed, Number(told[3]));
      return {
        kind: 'follow',
        ticketId: told[1] ?? '',
        urgency: Number(told[2]) as Urgency,
        ended: followed.ended,
        leave: () => followed.end('alone'),
      };
    }
    followed.end('alone');
    if (told === undefined) {
      this.leases.giveBack(name, token);
      return this.alone();
    }
    if (told[0] === 'lead') return { kind: 'lead', flight: this.lead(name, token, askedAtMs, plan) };
    if (told[0] === 'kept') {
      this.options.cache.lookAgain(plan.cacheKey);
      return { kind: 'kept' };
    }
    return { kind: 'alone' };
  }

  close(): void {
    for (const stop of this.stops) stop();
    for (const one of this.allFollowed()) one.end('alone');
    this.leases.close();
  }

  private alone(): Boarding {
    this.counters.unshared++;
    return { kind: 'alone' };
  }

  private lead(name: string, token: string, askedAtMs: number, { deadlineMs, cacheKey }: FlightPlan): Flight {
    this.counters.led++;
    const { cache } = this.options;
    const lease = this.leases.hold(name, token, askedAtMs, deadlineMs);
    return {
      end: (landing) =>
        void this.leases.end(lease, landing, landing === 'kept' ? cache.settled(cacheKey) : undefined),
    };
  }

  private follow(name: string, cacheKey: string): Followed & { readonly ended: Promise<FollowedEnd> } {
    const { promise: ended, resolve } = Promise.withResolvers<FollowedEnd>();
    const all = this.followed.get(name) ?? new Set<Followed>();
    this.followed.set(name, all);
    const followed = {
      name,
      cacheKey,
      ended,
      sinceMs: this.clock.now(),
      leaseEndsAtMs: Number.NEGATIVE_INFINITY,
      timer: undefined as Timer | undefined,
      end: (end: FollowedEnd) => {
        if (!all.delete(followed)) return;
        this.followers--;
        followed.timer?.cancel();
        if (all.size === 0 && this.followed.get(name) === all) this.followed.delete(name);
        if (end === 'lost') this.counters.lost++;
        // Who is lost may have stored its answer before.
        if (end !== 'alone') this.options.cache.lookAgain(cacheKey);
        resolve(end);
      },
    };
    all.add(followed);
    this.followers++;
    return followed;
  }

  private hear(message: string): void {
    const [name = '', landing] = message.split(' ');
    const end = landing === 'kept' ? 'kept' : landing === 'abandoned' ? 'lost' : 'alone';
    for (const one of [...(this.followed.get(name) ?? [])]) one.end(end);
  }

  private await(followed: Followed, leaseMs: number): void {
    followed.leaseEndsAtMs = this.clock.now() + Math.max(0, leaseMs);
    this.lookLater(followed);
  }

  private lookLater(followed: Followed): void {
    if (!this.isWaiting(followed)) return;
    const nowMs = this.clock.now();
    const waitedMs = nowMs - followed.sinceMs;
    const ownMs = Math.min(LATEST_LOOK_MS, Math.max(SOONEST_LOOK_MS, waitedMs / 2));
    const lookMs = Math.max(ownMs, (this.followers * 1_000) / LOOKS_PER_SEC);
    const leaseMs = followed.leaseEndsAtMs + LATE_MS - nowMs;
    followed.timer?.cancel();
    followed.timer = this.clock.after(Math.min(lookMs, leaseMs), () => void this.look(followed));
  }

  private async look(followed: Followed): Promise<void> {
    const told = await this.ask(followed.name, ['look']);
    if (!this.isWaiting(followed)) return;
    if (told?.[0] === 'follow') this.await(followed, Number(told[3]));
    else if (told !== undefined) followed.end(told[0] as FollowedEnd);
    // A slow moment ends nothing: somebody makes the call as long as the lease lasts.
    else if (this.clock.now() < followed.leaseEndsAtMs) this.lookLater(followed);
    else followed.end('alone');
  }

  private isWaiting(followed: Followed): boolean {
    return this.followed.get(followed.name)?.has(followed) === true;
  }

  /** Messages may have been missed. */
  private lookAtAll(): void {
    for (const one of this.allFollowed()) void this.look(one);
  }

  private allFollowed(): Followed[] {
    return [...this.followed.values()].flatMap((all) => [...all]);
  }

  private ask(name: string, args: readonly string[]): Promise<string[] | undefined> {
    return this.reach.ask(() => this.send(name, args));
  }

  private send(name: string, args: readonly string[]): Promise<string[]> {
    const keys = [flightKey(this.prefix, name)];
    return runScript(this.options.link.commands, this.script, keys, args) as Promise<string[]>;
  }
}
