import { expect, test } from 'bun:test';
import { sparkPath } from './sparkline.tsx';

test('values fill the box, with 0 as the floor', () => {
  expect(sparkPath([0, 5, 10])).toBe('M0 30h0L50 15L100 0');
});

test('a flat line of ones stands at the top, of zeros at the floor', () => {
  expect(sparkPath([1, 1])).toBe('M0 0h0L100 0');
  expect(sparkPath([0, 0])).toBe('M0 30h0L100 30');
});

test('a gap is not bridged', () => {
  expect(sparkPath([1, null, 1])).toBe('M0 0h0M100 0h0');
});

test('no values, no path', () => {
  expect(sparkPath([])).toBe('');
  expect(sparkPath([null, Number.NaN])).toBe('');
});
