import { describe, expect, test } from 'bun:test';
import {
  bucketFor,
  fromLocalInput,
  readRange,
  refetchMs,
  spanOf,
  timesOf,
  toLocalInput,
  type UsageRange,
} from './usage-range.ts';

const NOW = Date.parse('2026-03-10T12:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const custom = (fromAgoMs: number, toAgoMs: number) =>
  ({ kind: 'custom', fromMs: NOW - fromAgoMs, toMs: NOW - toAgoMs }) as const;

test('the range of the address, an hour when it names none', () => {
  expect(readRange({})).toEqual({ kind: 'last', name: '1h' });
  expect(readRange({ range: '7d' })).toEqual({ kind: 'last', name: '7d' });
  expect(readRange({ range: 'toString' })).toEqual({ kind: 'last', name: '1h' });
  const times = { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' };
  expect(readRange({ range: 'custom', ...times })).toEqual({
    kind: 'custom',
    fromMs: Date.parse(times.from),
    toMs: Date.parse(times.to),
  });
  expect(readRange({ range: 'custom', from: times.to, to: times.from })).toMatchObject({ problem: 'order' });
  expect(readRange({ range: 'custom', from: times.to, to: times.to })).toMatchObject({ problem: 'order' });
  expect(readRange({ range: 'custom', from: times.from })).toMatchObject({ problem: 'missing' });
  expect(readRange({ range: 'custom', from: 'x', to: times.to })).toMatchObject({ problem: 'missing' });
});

describe('bucketFor', () => {
  test.each([
    ['15m', '1m'],
    ['1h', '1m'],
    ['6h', '1m'],
    ['24h', '1h'],
    ['7d', '1h'],
    ['30d', '1d'],
  ] as const)('the last %s go by %s', (name, bucket) => {
    expect(bucketFor({ kind: 'last', name }, NOW)).toBe(bucket);
  });

  test.each([
    ['a short one of today', custom(3 * HOUR_MS, 0), '1m'],
    ['a short one of last week: its minutes are gone', custom(7 * DAY_MS, 7 * DAY_MS - HOUR_MS), '1h'],
    ['one of last quarter: its hours are gone', custom(80 * DAY_MS, 79 * DAY_MS), '1d'],
    ['two weeks', custom(14 * DAY_MS, 0), '1h'],
    ['more than two weeks', custom(15 * DAY_MS, 0), '1d'],
  ] as const)('%s', (_, range, bucket) => {
    expect(bucketFor(range, NOW)).toBe(bucket);
  });
});

test('a relative range stays relative for the API, a custom one is exact', () => {
  expect(timesOf({ kind: 'last', name: '24h' })).toEqual({ from: '-24h', to: 'now' });
  expect(timesOf(custom(HOUR_MS, 0))).toEqual({
    from: '2026-03-10T11:00:00.000Z',
    to: '2026-03-10T12:00:00.000Z',
  });
  expect(spanOf(custom(3 * HOUR_MS, HOUR_MS))).toBe(2 * HOUR_MS);
});

test('what is over is not asked again', () => {
  const every = (range: Exclude<UsageRange, { kind: 'incomplete' }>) => refetchMs(range, NOW);
  expect(every(custom(DAY_MS, HOUR_MS))).toBe(false);
  expect(every(custom(HOUR_MS, 60_000))).toBe(5_000);
  expect(every({ kind: 'last', name: '15m' })).toBe(5_000);
  expect(every({ kind: 'last', name: '30d' })).toBe(30_000);
});

test('the input has local time, and gives it back', () => {
  const iso = '2026-03-10T12:34:00.000Z';
  const local = new Date(iso);
  expect(toLocalInput(iso)).toBe(
    `2026-03-${String(local.getDate()).padStart(2, '0')}T${String(local.getHours()).padStart(2, '0')}:${String(local.getMinutes()).padStart(2, '0')}`,
  );
  expect(fromLocalInput(toLocalInput(iso))).toBe(iso);
  expect(toLocalInput(undefined)).toBe('');
  expect(toLocalInput('x')).toBe('');
  expect(fromLocalInput('')).toBeUndefined();
});
