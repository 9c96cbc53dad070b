import type { LimitSet } from '../../policies/limiter/limit-set.ts';
import type { Line, Lines } from '../contracts.ts';

/** A connection is expected to take this much longer than the slowest of late. */
const LEAD_MARGIN = 1.5;
/** Connections are made ready at least this long before their slot: an idle one for so short a time costs nothing. */
const LEAST_HORIZON_MS = 250;

/** Decides when the connections for the coming slots are made: just in time, never later than their slot. */
export class LinePlan {
  /** Up to so many waiting tickets have a connection under way. */
  private planned = 0;

  constructor(
    private readonly lines: Lines,
    private readonly limits: LimitSet,
  ) {}

  take(): Line | undefined {
    return this.lines.take();
  }

  /** Whether a queue that has grown to `waiting` may need another connection. */
  mayWantMore(waiting: number): boolean {
    // One more than planned: then the plan also knows when the next has to be made.
    return waiting <= this.planned + 1;
  }

  /**
   * Has connections made for the slots that open soon, of which the first is at `readyAtMs` and none before
   * `fromMs`; answers when to look again.
   */
  prepare(nowMs: number, fromMs: number, readyAtMs: number, waiting: number, places: number): number {
    const horizonMs = Math.max(LEAST_HORIZON_MS, this.lines.leadMs * LEAD_MARGIN);
    this.planned = 0;
    // An unsent reservation stands in the way; when it is sent, somebody asks again.
    if (readyAtMs === Number.POSITIVE_INFINITY) return readyAtMs;
    if (readyAtMs > nowMs + horizonMs) return readyAtMs - horizonMs;
    const soon = this.limits.burstWithin(fromMs, Math.max(0, nowMs + horizonMs - fromMs));
    // While every place is taken, nobody knows when one will be free: one connection stands by.
    this.planned = Math.max(1, Math.min(waiting, soon, places));
    this.lines.expect(this.planned);
    if (soon >= Math.min(waiting, places)) return Number.POSITIVE_INFINITY;
    // A millisecond at least, so that rounding cannot make a loop of it.
    return Math.max(nowMs + 1, this.limits.slotAt(fromMs, soon, 1) - horizonMs);
  }
}
