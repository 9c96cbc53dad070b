import { describe, expect, test } from 'bun:test';
import {
  failureCauses,
  hitRatioBySecond,
  recentRate,
  successBySecond,
  successFigures,
} from './last-minute.ts';
import { sampleAt } from './live.fixture.ts';
import { secondGrid } from './second-grid.ts';

const failures = { client_error: 0, upstream_error: 0, refused: 0, client_gone: 0, truncated: 0 };

test('the rate is the average of the last ten seconds, of those that there are', () => {
  expect(recentRate(secondGrid([]))).toBeUndefined();
  expect(recentRate(secondGrid([sampleAt(0, { requests: 4 }), sampleAt(1, { requests: 6 })]))).toBe(5);
  const long = Array.from({ length: 30 }, (_, second) =>
    sampleAt(second, { requests: second < 20 ? 100 : 2 }),
  );
  expect(recentRate(secondGrid(long))).toBe(2);
});

describe('success', () => {
  const grid = (requests: number, successes: number) => secondGrid([sampleAt(0, { requests, successes })]);

  test('nothing ended: there is no share', () => {
    expect(successFigures(grid(0, 0))).toMatchObject({ share: undefined, tone: 'neutral' });
  });

  test('few failures are calm, many are not, and three requests prove nothing', () => {
    expect(successFigures(grid(100, 97))).toMatchObject({ share: 0.97, tone: 'neutral' });
    expect(successFigures(grid(100, 90)).tone).toBe('warn');
    expect(successFigures(grid(100, 50)).tone).toBe('bad');
    expect(successFigures(grid(3, 0)).tone).toBe('neutral');
  });

  test('a second without requests is a gap, not a failure', () => {
    const values = successBySecond(secondGrid([sampleAt(0, { requests: 2, successes: 1 }), sampleAt(1)]));
    expect(values.slice(58)).toEqual([0.5, null]);
  });
});

test('stale answers count as hits, and requests without a cache not at all', () => {
  const cache = { hit: 2, stale: 1, miss: 1, none: 50 };
  const values = hitRatioBySecond(secondGrid([sampleAt(0, { cache }), sampleAt(1)]));
  expect(values.slice(58)).toEqual([0.75, null]);
});

describe('causes of failures', () => {
  test('refusals go by their code, outcomes by their name, most frequent first', () => {
    const grid = secondGrid([
      sampleAt(0, { failures: { ...failures, refused: 4, upstream_error: 2 } }),
      sampleAt(1, { failures: { ...failures, refused: 3, client_gone: 1 } }),
    ]);
    expect(failureCauses(grid, { queue_full: 1, circuit_open: 6 })).toEqual([
      { cause: 'circuit_open', count: 6 },
      { cause: 'upstream_error', count: 2 },
      { cause: 'queue_full', count: 1 },
      { cause: 'client_gone', count: 1 },
    ]);
  });

  test('refusals that no code accounts for are not lost', () => {
    const grid = secondGrid([sampleAt(0, { failures: { ...failures, refused: 5 } })]);
    expect(failureCauses(grid, { queue_full: 2 })).toEqual([
      { cause: 'refused', count: 3 },
      { cause: 'queue_full', count: 2 },
    ]);
  });

  test('nothing failed: nothing is listed', () => {
    expect(failureCauses(secondGrid([sampleAt(0)]), {})).toEqual([]);
  });
});
