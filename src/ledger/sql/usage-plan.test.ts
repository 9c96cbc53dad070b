import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { dimensionsOf, planRange, tableFor } from './usage-plan.ts';

const DAY = 1_440;
const MS = 60_000;
const D = 20_000 * DAY;

const plan = (
  from: number,
  to: number,
  kept: { rolledUntil: number; oldestMinute?: number; oldestHour?: number },
  bucket?: '1m' | '1h' | '1d',
) =>
  planRange(
    { fromMs: from * MS, toMs: to * MS, bucket },
    { oldestMinute: 0, oldestHour: 0, ...kept },
  ).segments.map(({ grain, from, to }) => [grain, from - D, to - D]);

describe('planRange', () => {
  test('a finished day is one read', () => {
    expect(plan(D, D + DAY, { rolledUntil: D + 2 * DAY })).toEqual([['day', 0, DAY]]);
  });

  test('today so far is the half-filled day and the minutes of the hour', () => {
    expect(plan(D, D + 615, { rolledUntil: D + 600 })).toEqual([
      ['day', 0, 600],
      ['minute', 600, 615],
    ]);
  });

  test('the edges of a long range come from minutes and hours', () => {
    expect(plan(D - 90, D + DAY + 75, { rolledUntil: D + 2 * DAY })).toEqual([
      ['minute', -90, -60],
      ['hour', -60, 0],
      ['day', 0, DAY],
      ['hour', DAY, DAY + 60],
      ['minute', DAY + 60, DAY + 75],
    ]);
  });

  test('a bucket is never read from what is coarser', () => {
    const kept = { rolledUntil: D + 2 * DAY };
    expect(plan(D, D + DAY, kept, '1h')).toEqual([['hour', 0, DAY]]);
    expect(plan(D, D + DAY, kept, '1m')).toEqual([['minute', 0, DAY]]);
    expect(plan(D + 10, D + 20, kept, '1d')).toEqual([['day', 0, DAY]]);
  });

  test('where minutes are gone the range moves to the hour, where hours are gone to the day', () => {
    const kept = { rolledUntil: D + 2 * DAY, oldestMinute: D + DAY };
    expect(plan(D + 10, D + 20, kept)).toEqual([['hour', 0, 60]]);
    expect(plan(D + 10, D + 20, { ...kept, oldestHour: D + DAY })).toEqual([['day', 0, DAY]]);
    expect(plan(D + 10, D + 20, kept, '1m')).toEqual([]);
  });

  test('segments cover the range once, without holes, and rolled-up ones end where rolling up does', () => {
    const minute = fc.integer({ min: D - 3 * DAY, max: D + 3 * DAY });
    const bucket = fc.constantFrom('1m' as const, '1h' as const, '1d' as const, undefined);
    fc.assert(
      fc.property(minute, minute, fc.integer({ min: -72, max: 72 }), bucket, (one, two, hour, size) => {
        fc.pre(one !== two);
        const rolledUntil = D + hour * 60;
        const [from, to] = [Math.min(one, two), Math.max(one, two)];
        const planned = planRange(
          { fromMs: from * MS, toMs: to * MS, bucket: size },
          { rolledUntil, oldestMinute: 0, oldestHour: 0 },
        );
        let at = planned.from;
        for (const segment of planned.segments) {
          expect(segment.from).toBe(at);
          expect(segment.to).toBeGreaterThan(segment.from);
          if (segment.grain !== 'minute') expect(segment.to).toBeLessThanOrEqual(rolledUntil);
          at = segment.to;
        }
        expect(at).toBe(planned.to);
        expect(planned.from).toBeLessThanOrEqual(from);
        expect(planned.to).toBeGreaterThanOrEqual(to);
      }),
    );
  });
});

test('the smallest table that has the dimensions is read', () => {
  expect(tableFor([])).toBe('core');
  expect(tableFor(['route', 'status'])).toBe('core');
  expect(tableFor(['client', 'upstream'])).toBe('client');
  expect(tableFor(['path'])).toBe('path');
  expect(tableFor(['client', 'path', 'route'])).toBe('pair');
  expect(tableFor(['client', 'status'])).toBeUndefined();
});

test('filters count as dimensions, and what is out of bounds is named', () => {
  const query = { fromMs: 0, toMs: 1, groupBy: ['client'] as const };
  expect([...dimensionsOf({ ...query, filters: { status: ['2xx'] } })]).toEqual(['client', 'status']);
  expect(() => dimensionsOf({ ...query, toMs: 0 })).toThrow('to must be later than from');
  expect(() => dimensionsOf({ ...query, toMs: Number.NaN })).toThrow('must be times');
  expect(() => dimensionsOf({ ...query, limit: 1.5 })).toThrow('limit');
  expect(() => dimensionsOf({ ...query, filters: { route: Array(101).fill('r') } })).toThrow('1 to 100');
});
