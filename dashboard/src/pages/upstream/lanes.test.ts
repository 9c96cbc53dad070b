import { describe, expect, test } from 'bun:test';
import { lanesOf, urgencyOf } from './lanes.ts';

describe('lanes', () => {
  test('are eight, and the fullest has the longest bar', () => {
    const lanes = lanesOf([5, 0, 0, 20, 0, 0, 0, 10]);
    expect(lanes.map(({ urgency }) => urgency)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(lanes.map(({ share }) => share)).toEqual([0.25, 0, 0, 1, 0, 0, 0, 0.5]);
  });

  test('one that waits beside a hundred thousand is still to be seen', () => {
    const [first, second] = lanesOf([1, 100_000]);
    expect(first?.share).toBeGreaterThan(0.01);
    expect(second?.share).toBe(1);
  });

  test('are empty when nobody waits, or nothing is said', () => {
    expect(lanesOf([]).every(({ share, waiting }) => share === 0 && waiting === 0)).toBe(true);
  });
});

test('the address names a lane, or none', () => {
  expect(urgencyOf('0')).toBe(0);
  expect(urgencyOf('7')).toBe(7);
  for (const text of [undefined, '', '8', '-1', '3.5', 'all']) expect(urgencyOf(text)).toBeUndefined();
});
