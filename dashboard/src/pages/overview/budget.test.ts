import { expect, test } from 'bun:test';
import type { LimitStatus } from '../../api/types.ts';
import { upstreamNamed } from '../../live/live.fixture.ts';
import { budgetsOf, tightest } from './budget.ts';

const limit = (count: number, window_ms: number, left: number): LimitStatus => ({
  limit: `${count} per ${window_ms}ms`,
  even: false,
  count,
  window_ms,
  used: count - left,
  left,
});

test('the limit with the smallest share left is the tightest', () => {
  expect(tightest([limit(10, 1_000, 5), limit(1_000, 86_400_000, 20)])?.count).toBe(1_000);
  expect(tightest([limit(10, 1_000, 0), limit(1_000, 86_400_000, 20)])?.count).toBe(10);
});

test('among limits that are equally free the slower one counts', () => {
  expect(tightest([limit(10, 1_000, 10), limit(1_000, 86_400_000, 1_000)])?.count).toBe(1_000);
});

test('only upstreams with limits have a budget, and one call a window is told by its next slot', () => {
  const budgets = budgetsOf([
    upstreamNamed('free', { limits: [] }),
    upstreamNamed('slow', { limits: [limit(1, 1_000, 0)], next_slot_in_ms: 400 }),
    upstreamNamed('wide', { limits: [limit(10, 10_000, 9)] }),
  ]);
  expect(budgets.map(({ upstream, single, nextSlotInMs }) => [upstream, single, nextSlotInMs])).toEqual([
    ['slow', true, 400],
    ['wide', false, 0],
  ]);
});
