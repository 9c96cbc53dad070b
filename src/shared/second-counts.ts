/** How many seconds back the counts reach. */
export const SECONDS_KEPT = 64;

/**
 * Events counted by the second in which they happened, for the last minute. The seconds are those of the clock, not
 * of whoever reads: a limit of `1 per 1s` never shows two in one second. Of fixed size; counting adds one number.
 */
export class SecondCounts {
  private readonly counts = new Uint32Array(SECONDS_KEPT);
  /** Which second each place holds. */
  private readonly seconds = new Float64Array(SECONDS_KEPT).fill(Number.NaN);

  add(nowMs: number, count = 1): void {
    const second = Math.floor(nowMs / 1_000);
    const place = placeOf(second);
    if (this.seconds[place] !== second) {
      this.seconds[place] = second;
      this.counts[place] = 0;
    }
    this.counts[place]! += count;
  }

  /** What was counted in a second of the clock (`floor(ms / 1000)`); 0 when it lies too far back. */
  at(second: number): number {
    const place = placeOf(second);
    return this.seconds[place] === second ? this.counts[place]! : 0;
  }
}

function placeOf(second: number): number {
  const place = second % SECONDS_KEPT;
  return place < 0 ? place + SECONDS_KEPT : place;
}
