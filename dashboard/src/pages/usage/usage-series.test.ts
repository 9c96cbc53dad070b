import { expect, test } from 'bun:test';
import type { UsageAnswer, UsageRow } from '../../api/types.ts';
import { seriesOf } from './usage-series.ts';

function row(start: string, count: number): UsageRow {
  const total = { count, average: 2, p50: 1, p95: 9, p99: 10 };
  return {
    start,
    group: {},
    count,
    errors: 1,
    refused: 0,
    hits: 2,
    bytes: 3,
    total,
    queue: null,
    upstream: null,
  };
}

const answer = (from: string, to: string, bucket: '1m' | '1h' | '1d', rows: UsageRow[]): UsageAnswer => ({
  from,
  to,
  bucket,
  group_by: [],
  rows,
});

test('a bucket without a row is none, before what is kept it is unknown', () => {
  const { x, requests, failures, cached, p95, average } = seriesOf(
    answer('2026-03-10T10:02:00Z', '2026-03-10T10:05:00Z', '1m', [row('2026-03-10T10:03:00Z', 7)]),
    5 * 60_000,
  );
  expect(x.map((sec) => new Date(sec * 1_000).toISOString().slice(11, 16))).toEqual([
    '10:00',
    '10:01',
    '10:02',
    '10:03',
    '10:04',
  ]);
  expect(requests).toEqual([null, null, 0, 7, 0]);
  expect(failures).toEqual([null, null, 0, 1, 0]);
  expect(cached).toEqual([null, null, 0, 2, 0]);
  expect(p95).toEqual([null, null, null, 9, null]);
  expect(average).toEqual([null, null, null, 2, null]);
});

test('an answer that was moved outwards is shown as a whole', () => {
  const { x } = seriesOf(answer('2026-03-09T10:00:00Z', '2026-03-10T11:00:00Z', '1h', []), 24 * 3_600_000);
  expect(x).toHaveLength(25);
});

test('draws no more than a screen has room for, the newest', () => {
  const { x, requests } = seriesOf(answer('1990-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '1d', []), 0);
  expect(x).toHaveLength(1_000);
  expect(requests).toHaveLength(1_000);
  expect(x.at(-1)).toBe(Date.parse('2026-01-01T00:00:00Z') / 1_000);
});
