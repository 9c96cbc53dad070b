import { expect, test } from 'bun:test';
import { summarizeLatencies } from './percentiles.ts';

test('percentiles are nearest-rank: values that occurred', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(summarizeLatencies(hundred)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100 });
  expect(summarizeLatencies([3, 1, 2])).toEqual({ p50: 2, p95: 3, p99: 3, max: 3 });
  expect(summarizeLatencies([1, 2])).toEqual({ p50: 1, p95: 2, p99: 2, max: 2 });
  expect(summarizeLatencies([7])).toEqual({ p50: 7, p95: 7, p99: 7, max: 7 });
});

test('sorts by size, not by spelling', () => {
  expect(summarizeLatencies([9, 10, 100])).toEqual({ p50: 10, p95: 100, p99: 100, max: 100 });
});

test('nothing measured, nothing said', () => {
  expect(summarizeLatencies([])).toBeUndefined();
});
