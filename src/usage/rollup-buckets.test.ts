import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Histogram } from './histogram.ts';
import { addBuckets, addLatency, encodeBuckets, latencyRow, mergedLatency } from './rollup-buckets.ts';

const latencies = fc.array(fc.double({ min: 0, max: 2_000_000, noNaN: true }), { maxLength: 200 });

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

test('buckets come back as they were', () => {
  const size = new Histogram().buckets.length;
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: size, maxLength: size }),
      (counts) => {
        const back = new Uint32Array(size);
        addBuckets(back, encodeBuckets(counts));
        expect([...back]).toEqual(counts);
      },
    ),
  );
});

test('merging what is stored equals recording in one', () => {
  fc.assert(
    fc.property(latencies, latencies, (one, two) => {
      const merged = mergedLatency(latencyRow(histogramOf(one)), latencyRow(histogramOf(two)));
      const both = histogramOf([...one, ...two]);
      const back = new Histogram();
      addLatency(back, merged);
      expect([...back.buckets]).toEqual([...both.buckets]);
      expect(back.count).toBe(both.count);
      expect(Math.abs(back.sumMs - both.sumMs)).toBeLessThan(0.01);
    }),
  );
});

test('a minute of one series takes few bytes', () => {
  expect(encodeBuckets(new Histogram().buckets)).toHaveLength(0);
  expect(encodeBuckets(histogramOf([3]).buckets)).toHaveLength(2);
  const spread = histogramOf(Array.from({ length: 1_000 }, (_, index) => 20 + index / 10));
  expect(encodeBuckets(spread.buckets).length).toBeLessThan(40);
});

test('broken bytes are refused, not guessed', () => {
  expect(() => addBuckets(new Uint32Array(4), Uint8Array.of(1))).toThrow(RangeError);
  expect(() => addBuckets(new Uint32Array(4), Uint8Array.of(9, 1))).toThrow(RangeError);
});
