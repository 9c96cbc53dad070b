import { describe, expect, test } from 'bun:test';
import { seededRandom } from '../shared/random.ts';
import { BUCKET_BOUNDS_MS, Histogram } from './histogram.ts';

describe('Histogram', () => {
  test('its bounds rise, so that every value has one bucket', () => {
    for (let index = 1; index < BUCKET_BOUNDS_MS.length; index++) {
      expect(BUCKET_BOUNDS_MS[index]!).toBeGreaterThan(BUCKET_BOUNDS_MS[index - 1]!);
    }
  });

  test('percentiles are within one bucket of the exact ones', () => {
    const random = seededRandom(7);
    const values = Array.from({ length: 5_000 }, () => Math.exp(random.next() * 9));
    const histogram = new Histogram();
    for (const value of values) histogram.record(value);
    values.sort((a, b) => a - b);
    for (const share of [0.01, 0.5, 0.95, 0.99]) {
      const exact = values[Math.ceil(share * values.length) - 1]!;
      expect(Math.abs(histogram.quantile(share) / exact - 1)).toBeLessThan(0.3);
    }
    expect(histogram.averageMs).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 6);
  });

  test('merging equals recording in one', () => {
    const [one, two, both] = [new Histogram(), new Histogram(), new Histogram()];
    for (const [into, ms] of [
      [one, 3],
      [one, 700],
      [two, 0.02],
      [two, 5_000_000_000],
    ] as const) {
      into.record(ms);
      both.record(ms);
    }
    one.merge(two);
    expect([...one.buckets]).toEqual([...both.buckets]);
    expect(one.count).toBe(4);
    expect(one.sumMs).toBe(both.sumMs);
  });

  test('a Prometheus bucket counts what is at most its bound', () => {
    const histogram = new Histogram();
    for (const ms of [9.9, 10, 10.1, 99, 100_001]) histogram.record(ms);
    expect(histogram.countUpTo(10)).toBe(2);
    expect(histogram.countUpTo(100)).toBe(4);
    expect(histogram.countUpTo(100_000)).toBe(4);
  });

  test('without records everything is 0', () => {
    expect(new Histogram().quantile(0.99)).toBe(0);
    expect(new Histogram().averageMs).toBe(0);
  });
});
