import type { Clock, Timer } from '../../../shared/clock.ts';
import type { Landing } from '../../flights-contract.ts';

export interface LeasesOptions {
  readonly clock: Clock;
  /** Runs flight.lua on the flight of that name. Undefined: Redis is away. Rejects when it does not answer. */
  readonly tell: (name: string, args: readonly string[]) => Promise<string[]> | undefined;
  /** Where others are told how a flight ended. */
  readonly channel: string;
  /** How long a lease lasts at first. */
  readonly leaseMs: number;
}

/** This node's right to make a call for all. */
export interface Lease {
  readonly name: string;
  readonly token: string;
  /** Monotonic ms: after that nobody waits for the call, and it is not renewed any more. */
  readonly deadlineMs: number;
  lengthMs: number;
  /** Monotonic ms: so long it is surely ours. */
  endsAtMs: number;
  /** Monotonic ms: so long others may wait; later than `endsAtMs` after a renewal without an answer. */
  lastsUntilMs: number;
  /** `landing`: its answer is on its way to where others find it; `ending`: Redis is told. */
  state: 'held' | 'landing' | 'ending';
  timer: Timer | undefined;
}

const LONGEST_LEASE_MS = 30_000;
/** What failed is tried again when a quarter of the time that is left has passed, but not sooner than this. */
const RETRY_MS = 250;
/** An answer that has landed is told for so long: who looked in the cache just before it came finds it. */
const KEPT_TOLD_MS = 1_000;
/** Answers to this are not for others: for so long nobody waits for one. */
const UNKEPT_TOLD_MS = 5_000;

/**
 * The leases of the calls that this node makes for all. Each is renewed at half its time, for twice as long: a call
 * that waits a minute in its queue costs a handful of commands. A renewal or an end that Redis did not take is tried
 * again as long as the lease lasts.
 */
export class Leases {
  private readonly clock: Clock;
  private readonly all = new Map<string, Lease>();
  private closed = false;

  constructor(private readonly options: LeasesOptions) {
    this.clock = options.clock;
  }

  /** Those that are held, and those whose end Redis has not taken yet. */
  get size(): number {
    return this.all.size;
  }

  /** What Redis gave when it was asked at `askedAtMs`. Lasts until its end, no longer than somebody waits. */
  hold(name: string, token: string, askedAtMs: number, deadlineMs: number): Lease {
    const lease = this.add(name, token, askedAtMs, deadlineMs);
    if (!this.closed) this.renewIn(lease, this.options.leaseMs / 2);
    return lease;
  }

  /** Redis did not answer whether it gave one: if it did, nobody is to wait for it. */
  giveBack(name: string, token: string): void {
    const nowMs = this.clock.now();
    this.say(this.add(name, token, nowMs, nowMs), 'abandoned');
  }

  /** Told to those who wait, once `ready` has resolved. Later calls do nothing. */
  async end(lease: Lease, landing: Landing, ready?: Promise<void>): Promise<void> {
    if (lease.state !== 'held') return;
    lease.state = 'landing';
    if (ready !== undefined) await ready;
    lease.timer?.cancel();
    if (this.all.has(lease.token)) this.say(lease, landing);
  }

  close(): void {
    this.closed = true;
    for (const { timer } of this.all.values()) timer?.cancel();
    this.all.clear();
  }

  private add(name: string, token: string, askedAtMs: number, deadlineMs: number): Lease {
    const { leaseMs } = this.options;
    const lease: Lease = {
      name,
      token,
      deadlineMs,
      lengthMs: leaseMs,
      endsAtMs: askedAtMs + leaseMs,
      lastsUntilMs: this.clock.now() + leaseMs,
      state: 'held',
      timer: undefined,
    };
    if (!this.closed) this.all.set(token, lease);
    return lease;
  }

  private renewIn(lease: Lease, delayMs: number): void {
    lease.timer = this.clock.after(delayMs, () => void this.renew(lease));
  }

  private async renew(lease: Lease): Promise<void> {
    const askedAtMs = this.clock.now();
    if (askedAtMs >= lease.lastsUntilMs) {
      this.all.delete(lease.token);
      return;
    }
    if (askedAtMs >= lease.deadlineMs) {
      // What the call still brings while the lease lasts is told.
      lease.timer = this.clock.after(lease.lastsUntilMs - askedAtMs, () => this.all.delete(lease.token));
      return;
    }
    const nextMs = Math.min(LONGEST_LEASE_MS, 2 * lease.lengthMs);
    const answer = await this.tell(lease, ['renew', lease.token, String(nextMs)], nextMs);
    if (lease.state === 'ending' || !this.all.has(lease.token)) return;
    if (answer === '1') {
      lease.lengthMs = nextMs;
      lease.endsAtMs = askedAtMs + nextMs;
      this.renewIn(lease, nextMs / 2);
    } else if (answer === undefined) this.renewIn(lease, this.retryMs(lease.endsAtMs));
    // Another node has the flight, or Redis has forgotten it: nobody waits for this one.
    else this.all.delete(lease.token);
  }

  private say(lease: Lease, landing: Landing): void {
    lease.state = 'ending';
    const toldMs = landing === 'kept' ? KEPT_TOLD_MS : UNKEPT_TOLD_MS;
    const { channel } = this.options;
    const args = ['end', lease.token, landing, String(toldMs), channel, `${lease.name} ${landing}`];
    const attempt = async (): Promise<void> => {
      const answer = await this.tell(lease, args);
      if (answer !== undefined || this.closed || this.clock.now() >= lease.lastsUntilMs) {
        this.all.delete(lease.token);
        return;
      }
      lease.timer = this.clock.after(this.retryMs(lease.lastsUntilMs), () => void attempt());
    };
    void attempt();
  }

  /**
   * `1`, or `0` where the flight is not ours; undefined when Redis did not say. Never rejects. `lengthMs`: what it may
   * have made of the lease.
   */
  private async tell(lease: Lease, args: readonly string[], lengthMs = 0): Promise<string | undefined> {
    const told = this.options.tell(lease.name, args);
    if (told === undefined) return undefined;
    const answer = await told.then(
      ([said]) => said,
      () => undefined,
    );
    lease.lastsUntilMs = Math.max(lease.lastsUntilMs, this.clock.now() + lengthMs);
    return answer;
  }

  private retryMs(untilMs: number): number {
    return Math.max(RETRY_MS, (untilMs - this.clock.now()) / 4);
  }
}
