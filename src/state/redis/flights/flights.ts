import { createHash } from 'node:crypto';
import type { Clock, Timer } from '../../../shared/clock.ts';
import type { Urgency } from '../../../shared/urgency.ts';
import type {
  Boarding,
  Flight,
  FlightPlan,
  FollowedEnd,
  Landing,
  SharedFlights,
} from '../../flights-contract.ts';
import { DEFAULT_PREFIX, flightKey, sharedChannel } from '../keys.ts';
import type { RedisLink } from '../link.ts';
import { Reach } from '../reach.ts';
import { assembleScript, luaReader, runScript } from '../scripts.ts';
import type { Topics } from '../topics.ts';

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
  /** How long others wait for a call of which nothing is heard. Grows with its age. Default 5,000. */
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

interface Led {
  readonly token: string;
  readonly name: string;
  timer: Timer | undefined;
}

interface Followed {
  readonly name: string;
  readonly cacheKey: string;
  readonly end: (end: FollowedEnd) => void;
  timer: Timer | undefined;
}

/** An answer that has landed is told for so long: who looked in the cache just before it came finds it. */
const KEPT_TOLD_MS = 1_000;
/** Answers to this are not for others: for so long nobody waits for one. */
const UNKEPT_TOLD_MS = 5_000;
const LONGEST_LEASE_MS = 30_000;
/** A renewal may be under way when the lease ends. */
const LATE_MS = 250;

/**
 * Flights over Redis. The node that makes a call holds a lease on it, which doubles with every renewal: a call that
 * waits a minute in its queue costs a handful of commands, and a node that dies is waited for about as long again as
 * the call had lasted. The others are told by pub/sub, and look when the lease should be over.
 */
export class RedisFlights implements SharedFlights {
  readonly counters: FlightCounters = { led: 0, followed: 0, lost: 0, unshared: 0 };
  private readonly clock: Clock;
  private readonly reach: Reach;
  private readonly prefix: string;
  private readonly channel: string;
  private readonly leaseMs: number;
  private readonly maxFlights: number;
  private readonly script = assembleScript([], luaReader(import.meta.url)('./flight.lua'));
  private readonly led = new Map<string, Led>();
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
    this.channel = sharedChannel(prefix, 'flights');
    this.stops = [
      topics.listen(
        this.channel,
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
    if (this.led.size >= this.maxFlights || this.followers >= this.maxFlights) return this.alone();
    // Listened for before it is asked: the end may come sooner than the answer.
    const followed = this.follow(name, plan.cacheKey);
    const told = await this.run(name, [
      'board',
      token,
      String(this.leaseMs),
      plan.ticketId,
      String(plan.urgency),
      insist ? 'insist' : '',
    ]);
    if (told?.[0] === 'follow') {
      this.counters.followed++;
      this.lookAfter(followed, Number(told[3]));
      return {
        kind: 'follow',
        ticketId: told[1] ?? '',
        urgency: Number(told[2]) as Urgency,
        ended: followed.ended,
        leave: () => followed.end('alone'),
      };
    }
    followed.end('alone');
    if (told?.[0] === 'lead') return { kind: 'lead', flight: this.lead(name, token, plan) };
    if (told?.[0] === 'kept') {
      this.options.cache.lookAgain(plan.cacheKey);
      return { kind: 'kept' };
    }
    return told?.[0] === 'alone' ? { kind: 'alone' } : this.alone();
  }

  close(): void {
    for (const stop of this.stops) stop();
    for (const one of this.allFollowed()) one.end('alone');
    for (const one of this.led.values()) one.timer?.cancel();
    this.led.clear();
  }

  private alone(): Boarding {
    this.counters.unshared++;
    return { kind: 'alone' };
  }

  private lead(name: string, token: string, plan: FlightPlan): Flight {
    this.counters.led++;
    const led: Led = { token, name, timer: undefined };
    this.led.set(token, led);
    this.renewAfter(led, this.leaseMs, plan.deadlineMs);
    return { end: (landing) => void this.land(led, landing, plan.cacheKey) };
  }

  private async land(led: Led, landing: Landing, cacheKey: string): Promise<void> {
    if (!this.led.delete(led.token)) return;
    led.timer?.cancel();
    if (landing === 'kept') await this.options.cache.settled(cacheKey);
    const toldMs = landing === 'kept' ? KEPT_TOLD_MS : UNKEPT_TOLD_MS;
    const said = `${led.name} ${landing}`;
    await this.run(led.name, ['end', led.token, landing, String(toldMs), this.channel, said]);
  }

  /** Renewed at half the lease, for twice as long; no longer than anybody waits for the call. */
  private renewAfter(led: Led, leaseMs: number, deadlineMs: number): void {
    led.timer = this.clock.after(leaseMs / 2, () => {
      if (this.clock.now() >= deadlineMs) {
        this.led.delete(led.token);
        return;
      }
      const nextMs = Math.min(LONGEST_LEASE_MS, 2 * leaseMs);
      void this.run(led.name, ['renew', led.token, String(nextMs)]);
      this.renewAfter(led, nextMs, deadlineMs);
    });
  }

  private follow(name: string, cacheKey: string): Followed & { readonly ended: Promise<FollowedEnd> } {
    const { promise: ended, resolve } = Promise.withResolvers<FollowedEnd>();
    const all = this.followed.get(name) ?? new Set<Followed>();
    this.followed.set(name, all);
    const followed = {
      name,
      cacheKey,
      ended,
      timer: undefined as Timer | undefined,
      end: (end: FollowedEnd) => {
        if (!all.delete(followed)) return;
        this.followers--;
        followed.timer?.cancel();
        if (all.size === 0 && this.followed.get(name) === all) this.followed.delete(name);
        if (end === 'lost') this.counters.lost++;
        if (end === 'kept') this.options.cache.lookAgain(cacheKey);
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

  private lookAfter(followed: Followed, leaseMs: number): void {
    followed.timer?.cancel();
    followed.timer = this.clock.after(Math.max(0, leaseMs) + LATE_MS, () => void this.look(followed));
  }

  private async look(followed: Followed): Promise<void> {
    const told = await this.run(followed.name, ['look']);
    if (this.followed.get(followed.name)?.has(followed) !== true) return;
    if (told === undefined) followed.end('alone');
    else if (told[0] === 'follow') this.lookAfter(followed, Number(told[3]));
    else followed.end(told[0] as FollowedEnd);
  }

  /** Messages may have been missed. */
  private lookAtAll(): void {
    for (const one of this.allFollowed()) void this.look(one);
  }

  private allFollowed(): Followed[] {
    return [...this.followed.values()].flatMap((all) => [...all]);
  }

  private run(name: string, args: readonly string[]): Promise<string[] | undefined> {
    const keys = [flightKey(this.prefix, name)];
    return this.reach.ask(
      () => runScript(this.options.link.commands, this.script, keys, args) as Promise<string[]>,
    );
  }
}
