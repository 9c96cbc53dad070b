const BUCKETS = 10;

/**
 * How many things happened of late, and how many of them were of note: two counts over the last `windowMs`, kept
 * in ten buckets. It expires by elapsed time, not by events, in steps of a tenth of the window: something is
 * remembered for at least nine tenths of it and never for longer than the whole.
 */
export class CountWindow {
  private readonly bucketMs: number;
  private readonly totals = new Float64Array(BUCKETS);
  private readonly hits = new Float64Array(BUCKETS);
  /** Number of the newest bucket since time 0; undefined before the first event. */
  private newest: number | undefined;
  private totalSum = 0;
  private hitSum = 0;

  /** Throws RangeError when `windowMs` is not a positive number. */
  constructor(readonly windowMs: number) {
    if (!(windowMs > 0 && Number.isFinite(windowMs))) {
      throw new RangeError(`windowMs must be a positive number of ms, not ${windowMs}`);
    }
    this.bucketMs = windowMs / BUCKETS;
  }

  add(nowMs: number, total: number, hits: number): void {
    const slot = slotOf(this.moveTo(nowMs));
    this.totals[slot]! += total;
    this.hits[slot]! += hits;
    this.totalSum += total;
    this.hitSum += hits;
  }

  total(nowMs: number): number {
    this.moveTo(nowMs);
    return this.totalSum;
  }

  hit(nowMs: number): number {
    this.moveTo(nowMs);
    return this.hitSum;
  }

  /** Drops the buckets that have left the window; returns the number of the newest. */
  private moveTo(nowMs: number): number {
    const current = Math.floor(nowMs / this.bucketMs);
    const newest = this.newest ?? current;
    const passed = Math.min(current - newest, BUCKETS);
    for (let step = 1; step <= passed; step++) {
      const slot = slotOf(newest + step);
      this.totalSum -= this.totals[slot]!;
      this.hitSum -= this.hits[slot]!;
      this.totals[slot] = 0;
      this.hits[slot] = 0;
    }
    this.newest = Math.max(newest, current);
    return this.newest;
  }
}

function slotOf(bucket: number): number {
  return ((bucket % BUCKETS) + BUCKETS) % BUCKETS;
}
