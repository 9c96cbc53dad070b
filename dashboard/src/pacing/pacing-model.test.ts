import { describe, expect, test } from 'bun:test';
import { NOW, scoreSample } from '../live/live.fixture.ts';
import { secondGrid } from '../live/second-grid.ts';
import { chartHeight, pacingModel } from './pacing-model.ts';

/** 50 arrive in second 0, and one is sent in each second from then on. */
function burst(seconds: number) {
  const samples = Array.from({ length: seconds }, (_, second) =>
    scoreSample(second, { arrivals: second === 0 ? 50 : 0, sends: 1, waiting: 49 - second }),
  );
  return pacingModel(secondGrid(samples), 'score', 1);
}

describe('a burst of 50 at one per second', () => {
  const model = burst(10);

  test('the ceiling stands at a quarter of the height, and the burst is cut', () => {
    expect(model.yMax).toBe(4);
    expect(model.drawn.arrivals.slice(50)).toEqual([4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(model.cuts).toEqual([{ series: 'arrivals', index: 50, value: 50, peak: true }]);
  });

  test('the values stay as counted', () => {
    expect(model.values.arrivals[50]).toBe(50);
    expect(model.totals).toEqual({ arrivals: 50, sends: 10, cached: 0 });
    expect(model.mostSent).toBe(1);
  });

  test('the queue falls by one each second', () => {
    expect(model.waiting.slice(50)).toEqual([49, 48, 47, 46, 45, 44, 43, 42, 41, 40]);
  });

  test('a bar stands over the middle of its second', () => {
    expect(model.x).toHaveLength(60);
    expect(model.x[59]).toBe(NOW / 1_000 + 9 - 0.5);
    expect(model.x[0]).toBe(NOW / 1_000 + 9 - 59.5);
  });
});

test('missing seconds are gaps in every series, and so is an upstream that was not there yet', () => {
  const grid = secondGrid([scoreSample(0, { sends: 1 }), scoreSample(2, { sends: 1 })]);
  const model = pacingModel(grid, 'score', 1);
  expect(model.values.sends.slice(56)).toEqual([null, 1, null, 1]);
  expect(model.drawn.arrivals.slice(56)).toEqual([null, 0, null, 0]);
  expect(model.waiting.slice(56)).toEqual([null, 0, null, 0]);
  expect(pacingModel(grid, 'other', 1).values.sends.every((value) => value === null)).toBe(true);
});

test('of cut bars next to each other only the highest carries its number', () => {
  const heights = [20, 60, 30, 0, 9];
  const samples = heights.map((arrivals, second) => scoreSample(second, { arrivals }));
  const { cuts } = pacingModel(secondGrid(samples), 'score', 1);
  expect(cuts.map(({ value, peak }) => [value, peak])).toEqual([
    [20, false],
    [60, true],
    [30, false],
    [9, true],
  ]);
});

test('sends over a ceiling that was lowered are not hidden', () => {
  const model = pacingModel(secondGrid([scoreSample(0, { sends: 8 })]), 'score', 1);
  expect(model.mostSent).toBe(8);
  expect(model.cuts).toEqual([{ series: 'sends', index: 59, value: 8, peak: true }]);
});

test('the cache is drawn only when it answered something', () => {
  const none = pacingModel(secondGrid([scoreSample(0)]), 'score', 1);
  expect(none.drawn.cached[59]).toBeNull();
  const some = pacingModel(secondGrid([scoreSample(0, { cached: 2 }), scoreSample(1)]), 'score', 1);
  expect(some.drawn.cached.slice(58)).toEqual([2, 0]);
});

describe('the height of the chart', () => {
  test('quiet: the ceiling at two thirds', () => {
    expect(chartHeight(0, 10)).toBe(15);
    expect(chartHeight(10, 10)).toBe(15);
  });

  test('what fits under four ceilings is shown whole', () => {
    expect(chartHeight(30, 10)).toBeCloseTo(34.5);
    expect(chartHeight(1_000, 10)).toBe(40);
  });

  test('traffic far below the ceiling fills the chart, and the ceiling is out of it', () => {
    expect(chartHeight(4, 1_000)).toBeCloseTo(4.6);
    expect(chartHeight(50, 1_000)).toBe(1_500);
  });

  test('no ceiling: nothing is cut', () => {
    expect(chartHeight(700, null)).toBeGreaterThan(700);
    expect(chartHeight(0, null)).toBeGreaterThan(0);
  });
});
