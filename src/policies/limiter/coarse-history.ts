const CAPACITY = 1_024;
/** The newest entries, never merged. */
const EXACT = 256;
/**
 * An entry may hold this share of what was sent after it. With it, fewer than 625 merged entries reach back over
 * 2^53 of cost, so there is always room: each pair of neighbours multiplies what lies after it by 1 + 1/8.
 */
const MERGED_SHARE = 1 / 8;

/**
 * What was sent before the exact log begins, in a fixed number of entries. When it is full, older neighbours become
 * one entry at the later of their times (an exponential histogram: Datar, Gionis, Indyk and Motwani, "Maintaining
 * Stream Statistics over Sliding Windows", 2002). Precision fades with age while the memory stays: a send is
 * remembered as later than it was, never as earlier, and never forgotten. The limiter reads it when its limits
 * change to a longer window or a higher count than the log was kept for.
 */
export class CoarseHistory {
  // Most upstreams never evict anything, and then need none of this.
  private times: Float64Array | undefined;
  private totals: Float64Array | undefined;
  private length = 0;

  /** A send at `timeMs`, after which `total` had been sent in all. Both grow from call to call. */
  add(timeMs: number, total: number): void {
    this.times ??= new Float64Array(CAPACITY);
    this.totals ??= new Float64Array(CAPACITY);
    if (this.length === CAPACITY) this.merge(this.times, this.totals);
    this.times[this.length] = timeMs;
    this.totals[this.length] = total;
    this.length++;
  }

  /** When the `position`-th unit of cost (1 for the first ever) had been sent at the latest; -Infinity if unknown. */
  timeOf(position: number): number {
    const { times, totals } = this;
    if (times === undefined || totals === undefined) return Number.NEGATIVE_INFINITY;
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (totals[middle]! >= position) high = middle;
      else low = middle + 1;
    }
    return low < this.length ? times[low]! : Number.NEGATIVE_INFINITY;
  }

  /** How much of all that was sent is surely `spanMs` old or older at `nowMs`. */
  leftBy(spanMs: number, nowMs: number): number {
    const { times, totals } = this;
    if (times === undefined || totals === undefined) return 0;
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (times[middle]! + spanMs > nowMs) high = middle;
      else low = middle + 1;
    }
    return low > 0 ? totals[low - 1]! : 0;
  }

  private merge(times: Float64Array, totals: Float64Array): void {
    const newest = totals[this.length - 1]!;
    const end = this.length - EXACT;
    let kept = 0;
    // What the entry that is being filled holds begins here.
    let base = 0;
    for (let index = 0; index < end; index++) {
      const mayGrow =
        index + 1 < end && totals[index + 1]! - base <= (newest - totals[index + 1]!) * MERGED_SHARE;
      if (mayGrow) continue;
      times[kept] = times[index]!;
      totals[kept] = totals[index]!;
      base = totals[index]!;
      kept++;
    }
    times.copyWithin(kept, end, this.length);
    totals.copyWithin(kept, end, this.length);
    this.length = kept + EXACT;
  }
}
