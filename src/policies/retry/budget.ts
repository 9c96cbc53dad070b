import { CountWindow } from '../breaker/window.ts';

const MINUTE_MS = 60_000;

export interface RetryBudgetSettings {
  /** Retries per call, over the window. Default 0.2. */
  readonly ratio?: number | undefined;
  /** Retries a minute that are allowed whatever the ratio says. Default 10. */
  readonly minPerMinute?: number | undefined;
  /** Default 60,000. */
  readonly windowMs?: number | undefined;
}

/**
 * Keeps retries from multiplying an outage (Google, "Site Reliability Engineering", 2016, ch. 21): a retry is
 * allowed while those of the window are fewer than `ratio` of its calls, or those of the minute fewer than
 * `minPerMinute`. Constant memory.
 */
export class RetryBudget {
  private readonly ratio: number;
  private readonly minPerMinute: number;
  private readonly window: CountWindow;
  private readonly minute: CountWindow;
  private refusals = 0;

  /** Throws RangeError naming the bad value. */
  constructor({ ratio = 0.2, minPerMinute = 10, windowMs = MINUTE_MS }: RetryBudgetSettings = {}) {
    if (!(ratio >= 0 && Number.isFinite(ratio))) {
      throw new RangeError(`ratio must be 0 or more, not ${ratio}`);
    }
    if (!(minPerMinute >= 0 && Number.isFinite(minPerMinute))) {
      throw new RangeError(`minPerMinute must be 0 or more, not ${minPerMinute}`);
    }
    this.ratio = ratio;
    this.minPerMinute = minPerMinute;
    this.window = new CountWindow(windowMs);
    this.minute = new CountWindow(MINUTE_MS);
  }

  /** A call set out; its retries are not calls. */
  call(nowMs: number): void {
    this.window.add(nowMs, 1, 0);
  }

  /** Whether one more retry may be made; if so it is counted. */
  tryRetry(nowMs: number): boolean {
    const withinRatio = this.window.hit(nowMs) + 1 <= this.ratio * this.window.total(nowMs);
    if (!withinRatio && this.minute.hit(nowMs) + 1 > this.minPerMinute) {
      this.refusals++;
      return false;
    }
    this.window.add(nowMs, 0, 1);
    this.minute.add(nowMs, 0, 1);
    return true;
  }

  /** Retries refused in total. */
  get denied(): number {
    return this.refusals;
  }
}
