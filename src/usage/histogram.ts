/**
 * Upper bounds of the buckets in ms. They hold the round values that people put into alerts, so that a Prometheus
 * bucket is an exact sum, with four steps to the octave in between: a percentile is at most about 20 % off.
 */
export const BUCKET_BOUNDS_MS: readonly number[] = buildBounds();

function buildBounds(): number[] {
  const bounds: number[] = [];
  for (let decade = 0.01; decade < 1_000_000; decade *= 10) {
    for (const step of [1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8]) {
      bounds.push(Number((decade * step).toPrecision(3)));
    }
  }
  return bounds;
}

/** Latencies in fixed buckets: recording adds two numbers, and histograms of several sources merge by adding. */
export class Histogram {
  count = 0;
  sumMs = 0;
  /** One more than there are bounds: the last counts what is above them all. */
  readonly buckets = new Uint32Array(BUCKET_BOUNDS_MS.length + 1);

  record(ms: number): void {
    this.count++;
    this.sumMs += ms;
    this.buckets[bucketOf(ms)]!++;
  }

  merge(other: Histogram): void {
    this.count += other.count;
    this.sumMs += other.sumMs;
    for (let index = 0; index < this.buckets.length; index++) this.buckets[index]! += other.buckets[index]!;
  }

  /** The value below which `share` (0…1) of the records lie, in ms; 0 when there are none. */
  quantile(share: number): number {
    if (this.count === 0) return 0;
    const wanted = share * this.count;
    let seen = 0;
    for (let index = 0; index < this.buckets.length; index++) {
      const here = this.buckets[index]!;
      if (here > 0 && seen + here >= wanted) {
        const low = index === 0 ? 0 : BUCKET_BOUNDS_MS[index - 1]!;
        const high = BUCKET_BOUNDS_MS[index] ?? low;
        return low + ((high - low) * (wanted - seen)) / here;
      }
      seen += here;
    }
    return BUCKET_BOUNDS_MS.at(-1)!;
  }

  /** How many records are at most `boundMs`, which must be one of the bounds. */
  countUpTo(boundMs: number): number {
    let seen = 0;
    for (let index = 0; index < BUCKET_BOUNDS_MS.length && BUCKET_BOUNDS_MS[index]! <= boundMs; index++) {
      seen += this.buckets[index]!;
    }
    return seen;
  }

  get averageMs(): number {
    return this.count === 0 ? 0 : this.sumMs / this.count;
  }
}

/** The first bucket whose bound is not below `ms`. */
function bucketOf(ms: number): number {
  let low = 0;
  let high = BUCKET_BOUNDS_MS.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (BUCKET_BOUNDS_MS[middle]! < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
