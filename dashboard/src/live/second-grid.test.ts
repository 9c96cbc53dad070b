import { expect, test } from 'bun:test';
import { NOW, sampleAt } from './live.fixture.ts';
import { bySecond, secondGrid, sumOf } from './second-grid.ts';

const requests = (count: number) => ({ requests: count });

test('the newest second is the last place, whatever there is before it', () => {
  const grid = secondGrid([sampleAt(0, requests(3)), sampleAt(1, requests(4))]);
  expect(grid.endMs).toBe(NOW + 1_000);
  const values = bySecond(grid, (sample) => sample.requests);
  expect(values).toHaveLength(60);
  expect(values.slice(57)).toEqual([null, 3, 4]);
});

test('a second that is missing leaves a hole, and those before it keep their place', () => {
  const grid = secondGrid([sampleAt(0, requests(1)), sampleAt(1, requests(2)), sampleAt(4, requests(5))]);
  expect(bySecond(grid, (sample) => sample.requests).slice(54)).toEqual([null, 1, 2, null, null, 5]);
});

test('samples that are some ms early or late are still of their second', () => {
  const late = { ...sampleAt(1, requests(2)), at: new Date(NOW + 1_240).toISOString() };
  const values = bySecond(
    secondGrid([sampleAt(0, requests(1)), late, sampleAt(2, requests(3))]),
    (s) => s.requests,
  );
  expect(values.slice(57)).toEqual([1, 2, 3]);
});

test('what is older than a minute, or later than the newest after the clock was set back, has no place', () => {
  const grid = secondGrid([sampleAt(-70, requests(9)), sampleAt(30, requests(9)), sampleAt(0, requests(1))]);
  expect(sumOf(grid, (sample) => sample.requests)).toBe(1);
});

test('no samples: sixty holes', () => {
  const grid = secondGrid([]);
  expect(grid.seconds).toHaveLength(60);
  expect(grid.seconds.every((sample) => sample === undefined)).toBe(true);
});
