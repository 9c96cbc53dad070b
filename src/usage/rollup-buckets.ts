import { Histogram } from './histogram.ts';
import type { LatencyRow } from './rollup.ts';

/**
 * A histogram's buckets as bytes: for each bucket that is not empty, the distance from the one before and its count,
 * both as LEB128 varints. A minute of one series has 5 to 15 of them: 10 to 40 bytes.
 */
export function encodeBuckets(buckets: ArrayLike<number>): Uint8Array {
  const bytes: number[] = [];
  let last = 0;
  for (let index = 0; index < buckets.length; index++) {
    const count = buckets[index]!;
    if (count === 0) continue;
    pushVarint(bytes, index - last);
    pushVarint(bytes, count);
    last = index;
  }
  return Uint8Array.from(bytes);
}

/** Adds what `encodeBuckets` wrote to the buckets. Bytes that are not of that form are a RangeError. */
export function addBuckets(into: Uint32Array, bytes: Uint8Array): void {
  let index = 0;
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('the histogram ends in the middle of a number');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    index += next();
    if (index >= into.length) throw new RangeError(`the histogram has no bucket ${index}`);
    into[index]! += next();
  }
}

export function latencyRow(histogram: Histogram): LatencyRow {
  return {
    count: histogram.count,
    sumUs: Math.round(histogram.sumMs * 1_000),
    buckets: encodeBuckets(histogram.buckets),
  };
}

/** Adds a stored latency to a histogram. */
export function addLatency(into: Histogram, row: LatencyRow): void {
  into.count += row.count;
  into.sumMs += row.sumUs / 1_000;
  addBuckets(into.buckets, row.buckets);
}

/** Two stored latencies as one. */
export function mergedLatency(one: LatencyRow, two: LatencyRow): LatencyRow {
  const histogram = new Histogram();
  addBuckets(histogram.buckets, one.buckets);
  addBuckets(histogram.buckets, two.buckets);
  return {
    count: one.count + two.count,
    sumUs: one.sumUs + two.sumUs,
    buckets: encodeBuckets(histogram.buckets),
  };
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}
