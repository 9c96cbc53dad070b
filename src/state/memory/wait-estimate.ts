import type { Outlook } from '../../policies/breaker/breaker.ts';
import type { LimitSet } from '../../policies/limiter/limit-set.ts';

/** How many of the latest calls say how long one takes. */
const REMEMBERED_CALLS = 21;

/** How long the ticket behind `position` others would wait, in ms; undefined when nobody can know. */
export type WaitBehind = (position: number, cost: number, nowMs: number) => number | undefined;

/** What stands between a ticket and its turn, besides the limits. */
export interface Obstacles {
  /** Infinity: a pause without an end. */
  readonly pausedUntilMs: number | undefined;
  readonly outlook: Outlook;
  readonly running: number;
  readonly concurrency: number | undefined;
}

/** Says how long a ticket would wait, from the limits and from how long calls took of late. */
export class WaitEstimate {
  private readonly tookMs = new Float64Array(REMEMBERED_CALLS);
  private calls = 0;
  private known: number | undefined;

  constructor(private readonly limits: LimitSet) {}

  /** A call took so long, from its grant to its end. */
  noteCall(tookMs: number): void {
    this.tookMs[this.calls++ % REMEMBERED_CALLS] = tookMs;
    this.known = undefined;
  }

  /**
   * The median, not the mean: one client that read its answer for minutes would otherwise have everybody refused
   * who comes after it. Undefined before the first call has ended.
   */
  private get serviceMs(): number | undefined {
    if (this.calls === 0) return undefined;
    const count = Math.min(this.calls, REMEMBERED_CALLS);
    this.known ??= this.tookMs.slice(0, count).sort()[(count - 1) >>> 1]!;
    return this.known;
  }

  /** Ms until the ticket behind `position` others could go, as things stand; undefined when nobody can know. */
  behind(position: number, cost: number, nowMs: number, obstacles: Obstacles): number | undefined {
    const { outlook, running, concurrency } = obstacles;
    const { serviceMs } = this;
    let fromMs = Math.max(nowMs, obstacles.pausedUntilMs ?? nowMs);
    if (outlook.kind === 'refused') fromMs = Math.max(fromMs, outlook.retryAtMs);
    // A probe is under way: it takes about as long as calls do, and gives a verdict before it is overdue.
    if (outlook.kind === 'wait')
      fromMs = Math.max(fromMs, Math.min(outlook.untilMs, nowMs + (serviceMs ?? 0)));
    if (fromMs === Number.POSITIVE_INFINITY) return undefined;
    const slotMs = this.limits.slotAt(fromMs, position, cost) - nowMs;
    if (slotMs === Number.POSITIVE_INFINITY) return undefined;
    if (concurrency === undefined) return slotMs;
    // The queue moves up one place whenever a running call ends.
    const ends = Math.max(0, position + running - concurrency + 1);
    // Before the first call has ended nobody knows how long one takes.
    if (ends > 0 && serviceMs === undefined) return undefined;
    return Math.max(slotMs, (ends * (serviceMs ?? 0)) / concurrency);
  }
}
