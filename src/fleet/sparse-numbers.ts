import { BUCKET_BOUNDS_MS, type Histogram } from '../usage/histogram.ts';

/** Counts as they travel between nodes: what is 0 is left out, and what another version does not know is passed over. */

/** [buckets there are, sum of ms, index, count, index, count, …] */
export type SparseHistogram = readonly number[];

export function sparseHistogram({ buckets, count, sumMs }: Histogram): SparseHistogram | undefined {
  if (count === 0) return undefined;
  const sparse = [buckets.length, Math.round(sumMs * 1_000) / 1_000];
  for (let index = 0; index < buckets.length; index++) {
    const here = buckets[index]!;
    if (here > 0) sparse.push(index, here);
  }
  return sparse;
}

/** Adds it to a histogram. One with other buckets, of another version, is counted as nothing. */
export function addSparseHistogram(histogram: Histogram, sparse: unknown): void {
  if (!Array.isArray(sparse) || sparse[0] !== BUCKET_BOUNDS_MS.length + 1) return;
  let added = 0;
  for (let place = 2; place + 1 < sparse.length; place += 2) {
    const index: unknown = sparse[place];
    const count = countOf(sparse[place + 1]);
    if (typeof index !== 'number' || histogram.buckets[index] === undefined) continue;
    histogram.buckets[index] += count;
    added += count;
  }
  histogram.count += added;
  histogram.sumMs += countOf(sparse[1]);
}

export function sparseRecord<Key extends string>(
  record: Readonly<Partial<Record<Key, number>>>,
): Partial<Record<Key, number>> | undefined {
  const entries = Object.entries(record).filter(([, count]) => count !== 0);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Partial<Record<Key, number>>);
}

/** A number of another node: 0 where it is none. */
export function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** JSON of another node; an empty record where it is none. */
export function parsedRecord(text: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return {};
  }
}
