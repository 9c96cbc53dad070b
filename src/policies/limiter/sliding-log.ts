import { CoarseHistory } from './coarse-history.ts';

const FIRST_CAPACITY = 16;

/**
 * The sends of one upstream, oldest first: time and cumulative cost in two ring buffers, so that "when did the
 * k-th unit of cost go" is a binary search. Exact for the newest `maxEntries` sends that are younger than
 * `keepMs`; what is older moves on to a coarse history of fixed size. The rings start small and double on demand.
 */
export class SlidingLog {
  private times = new Float64Array(FIRST_CAPACITY);
  private totals = new Float64Array(FIRST_CAPACITY);
  private head = 0;
  private length = 0;
  private readonly history = new CoarseHistory();
  private sentTotal = 0;
  private newestMs = Number.NEGATIVE_INFINITY;
  private newestCost = 0;

  /** `maxEntries` ≥ 1: the highest count of any limit; `keepMs`: their longest window. */
  constructor(
    private maxEntries: number,
    private keepMs: number,
  ) {}

  /** All cost ever sent: the position of the newest send. */
  get total(): number {
    return this.sentTotal;
  }

  /** When the newest send was; -Infinity before the first. */
  get lastSentMs(): number {
    return this.newestMs;
  }

  get lastCost(): number {
    return this.newestCost;
  }

  /** Exact entries held now. */
  get entries(): number {
    return this.length;
  }

  push(nowMs: number, cost: number): void {
    const timeMs = Math.max(nowMs, this.newestMs);
    // Two for every one that comes: a log that has grown long empties, and no single send pays for all of it.
    for (let step = 0; step < 2 && this.length > 0; step++) {
      if (this.times[this.head]! + this.keepMs > timeMs) break;
      this.evictOldest();
    }
    if (this.length >= this.maxEntries) this.evictOldest();
    else if (this.length === this.times.length) this.grow();
    this.sentTotal += cost;
    this.newestMs = timeMs;
    this.newestCost = cost;
    const slot = (this.head + this.length) & (this.times.length - 1);
    this.times[slot] = timeMs;
    this.totals[slot] = this.sentTotal;
    this.length++;
  }

  /**
   * When the `position`-th unit of cost was sent: -Infinity for positions before the first, and never earlier
   * than it really was. `position` is at most `total`.
   */
  timeOf(position: number): number {
    if (position <= 0) return Number.NEGATIVE_INFINITY;
    const mask = this.times.length - 1;
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.totals[(this.head + middle) & mask]! >= position) high = middle;
      else low = middle + 1;
    }
    const foundMs = this.times[(this.head + low) & mask]!;
    if (low > 0) return foundMs;
    // Either the oldest exact entry, or one that has moved on: the history knows which.
    const earlierMs = this.history.timeOf(position);
    return earlierMs === Number.NEGATIVE_INFINITY ? foundMs : earlierMs;
  }

  /**
   * How much was sent less than `spanMs` before `nowMs`, which no send is after. Never less than it really was;
   * more only where the span reaches into the coarse history.
   */
  youngerThan(spanMs: number, nowMs: number): number {
    const mask = this.times.length - 1;
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.times[(this.head + middle) & mask]! + spanMs > nowMs) high = middle;
      else low = middle + 1;
    }
    const left = low > 0 ? this.totals[(this.head + low - 1) & mask]! : this.history.leftBy(spanMs, nowMs);
    return this.sentTotal - left;
  }

  /** What to keep from now on. What the coarse history holds already stays coarse. */
  retain(maxEntries: number, keepMs: number): void {
    this.maxEntries = maxEntries;
    this.keepMs = keepMs;
    while (this.length > maxEntries) this.evictOldest();
  }

  private evictOldest(): void {
    this.history.add(this.times[this.head]!, this.totals[this.head]!);
    this.head = (this.head + 1) & (this.times.length - 1);
    this.length--;
  }

  private grow(): void {
    const capacity = this.times.length;
    const times = new Float64Array(capacity * 2);
    const totals = new Float64Array(capacity * 2);
    const untilEnd = capacity - this.head;
    times.set(this.times.subarray(this.head));
    times.set(this.times.subarray(0, this.head), untilEnd);
    totals.set(this.totals.subarray(this.head));
    totals.set(this.totals.subarray(0, this.head), untilEnd);
    this.times = times;
    this.totals = totals;
    this.head = 0;
  }
}
