import { BUCKET_BOUNDS_MS, type Histogram } from '../../usage/histogram.ts';
import { FACET_LATENCY_BOUNDS_MS } from '../../usage/rollup.ts';
import type { LatencySummary } from '../contracts.ts';

/** Percentiles of counts by bucket. `bounds` are upper ones; the bucket above them all counts as its lower bound. */
export function summary(
  counts: ArrayLike<number>,
  bounds: readonly number[],
  count: number,
  sumMs: number,
): LatencySummary {
  const quantile = (share: number): number => {
    if (count === 0) return 0;
    const wanted = share * count;
    let seen = 0;
    for (let index = 0; index < bounds.length; index++) {
      const here = counts[index]!;
      if (here > 0 && seen + here >= wanted) {
        const low = index === 0 ? 0 : bounds[index - 1]!;
        return low + ((bounds[index]! - low) * (wanted - seen)) / here;
      }
      seen += here;
    }
    return bounds.at(-1)!;
  };
  return {
    count,
    averageMs: count === 0 ? 0 : sumMs / count,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
  };
}

export const coreSummary = (histogram: Histogram): LatencySummary =>
  summary(histogram.buckets, BUCKET_BOUNDS_MS, histogram.count, histogram.sumMs);

export const facetSummary = (counts: readonly number[], count: number, totalUs: number): LatencySummary =>
  summary(counts, FACET_LATENCY_BOUNDS_MS, count, totalUs / 1_000);
