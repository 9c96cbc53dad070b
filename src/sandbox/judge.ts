import type { Rate } from '../shared/units.ts';
import { type Arrival, ArrivalLog } from './arrival-log.ts';

/** More arrivals than this are dropped from the list, never from the counts. */
export const KEPT_ARRIVALS = 100_000;
/** The sliding log holds one time per call of the limit, so the limit's count is bounded too. */
export const MAX_RATE_COUNT = 100_000;

export interface JudgeSettings {
  /** At most `count` arrivals in any window of `windowMs`, wherever it starts. */
  readonly rate: Rate;
  /** How much a violation adds to the time at which calls are allowed again. */
  readonly penaltyMs: number;
  /** How many arrivals the list keeps; KEPT_ARRIVALS by default. */
  readonly keptArrivals?: number;
}

export interface Verdict {
  readonly arrival: Arrival;
  /** Ms from this arrival until a call is allowed, if none comes before; only asked after a violation. */
  readonly waitMs: number;
}

/**
 * Decides whether a call came too early, from arrival times alone. It shares no code with the gateway's limiter:
 * a mistake there must show here.
 *
 * The rule is exact: a call violates when `rate.count` earlier arrivals lie less than `rate.windowMs` before it.
 * Every arrival counts, refused ones too, so `1 per 1s` means that two arrivals are at least 1 s apart. Each
 * violation adds `penaltyMs` to the time at which calls would have been allowed again, and until then every call
 * is a violation: with a 2 s penalty, calls at 0, 50 and 100 ms are allowed again at 5,000 ms.
 *
 * Times are compared in whole microseconds, so that the verdict, the report and a reader's own subtraction agree.
 */
export class Judge {
  readonly log: ArrivalLog;
  private readonly windowUs: number;
  private readonly penaltyUs: number;
  /** The latest `rate.count` arrivals, oldest at `next` once it is full. */
  private readonly recentUs: number[] = [];
  private next = 0;
  private blockedUntilUs = 0;

  /** @throws RangeError naming the setting that is out of range */
  constructor(
    readonly settings: JudgeSettings,
    /** Monotonic ms that arrival times count from. */
    private readonly startedAtMs: number,
  ) {
    const { rate, penaltyMs } = settings;
    if (!Number.isSafeInteger(rate.count) || rate.count < 1 || rate.count > MAX_RATE_COUNT) {
      throw new RangeError(`rate.count must be 1 to ${MAX_RATE_COUNT}, got ${rate.count}`);
    }
    if (!(rate.windowMs > 0) || !Number.isFinite(rate.windowMs)) {
      throw new RangeError(`rate.windowMs must be above 0, got ${rate.windowMs}`);
    }
    if (!(penaltyMs >= 0) || !Number.isFinite(penaltyMs)) {
      throw new RangeError(`penaltyMs must be 0 or more, got ${penaltyMs}`);
    }
    this.windowUs = Math.round(rate.windowMs * 1_000);
    this.penaltyUs = Math.round(penaltyMs * 1_000);
    this.log = new ArrivalLog(settings.keptArrivals ?? KEPT_ARRIVALS);
  }

  /** Judges a call that arrived at `nowMs` (monotonic) and logs it. */
  arrive(nowMs: number): Verdict {
    const atUs = this.toUs(nowMs);
    const allowedAtUs = Math.max(this.blockedUntilUs, this.limitAllowsAtUs());
    const violation = atUs < allowedAtUs;
    if (violation) this.blockedUntilUs = allowedAtUs + this.penaltyUs;
    this.remember(atUs);
    const arrival: Arrival = { atUs, violation, status: null };
    this.log.add(arrival);
    return { arrival, waitMs: this.blockedForMs(nowMs) };
  }

  /** Ms until a call is allowed; 0 when it is allowed now. */
  blockedForMs(nowMs: number): number {
    const allowedAtUs = Math.max(this.blockedUntilUs, this.limitAllowsAtUs());
    return Math.max(0, allowedAtUs - this.toUs(nowMs)) / 1_000;
  }

  toUs(nowMs: number): number {
    return Math.round((nowMs - this.startedAtMs) * 1_000);
  }

  private limitAllowsAtUs(): number {
    if (this.recentUs.length < this.settings.rate.count) return 0;
    return this.recentUs[this.next]! + this.windowUs;
  }

  private remember(atUs: number): void {
    if (this.recentUs.length < this.settings.rate.count) {
      this.recentUs.push(atUs);
      return;
    }
    this.recentUs[this.next] = atUs;
    this.next = (this.next + 1) % this.recentUs.length;
  }
}
