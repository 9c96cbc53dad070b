import type { Outlook } from '../../policies/breaker/breaker.ts';
import type { LimitSet } from '../../policies/limiter/limit-set.ts';

/** A new call's service time is believed by this share: about the last twenty count. */
const SERVICE_TIME_SHARE = 0.05;

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
  private serviceMs: number | undefined;

  constructor(private readonly limits: LimitSet) {}

  /** A call took so long, from its grant to its end. */
  noteCall(tookMs: number): void {
    this.serviceMs ??= tookMs;
    this.serviceMs += SERVICE_TIME_SHARE * (tookMs - this.serviceMs);
  }

  /** Ms until the ticket behind `position` others could go, as things stand; undefined when nobody can know. */
  behind(position: number, cost: number, nowMs: number, obstacles: Obstacles): number | undefined {
    const { outlook, running, concurrency } = obstacles;
    const serviceMs = this.serviceMs ?? 0;
    let fromMs = Math.max(nowMs, obstacles.pausedUntilMs ?? nowMs);
    if (outlook.kind === 'refused') fromMs = Math.max(fromMs, outlook.retryAtMs);
    // A probe is under way: it takes about as long as calls do, and gives a verdict before it is overdue.
    if (outlook.kind === 'wait') fromMs = Math.max(fromMs, Math.min(outlook.untilMs, nowMs + serviceMs));
    if (fromMs === Number.POSITIVE_INFINITY) return undefined;
    const slotMs = this.limits.slotAt(fromMs, position, cost) - nowMs;
    if (slotMs === Number.POSITIVE_INFINITY) return undefined;
    if (concurrency === undefined) return slotMs;
    // The queue moves up one place whenever a running call ends.
    const ends = Math.max(0, position + running - concurrency + 1);
    return Math.max(slotMs, (ends * serviceMs) / concurrency);
  }
}
