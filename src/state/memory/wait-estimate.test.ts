import { expect, test } from 'bun:test';
import { LimitSet } from '../../policies/limiter/limit-set.ts';
import { WaitEstimate } from './wait-estimate.ts';

const full = { pausedUntilMs: undefined, outlook: { kind: 'go' }, running: 2, concurrency: 2 } as const;

test('with every place taken and no call ended yet the wait is unknown: it was told as 0', () => {
  const waits = new WaitEstimate(new LimitSet([]));
  expect(waits.behind(0, 1, 0, full)).toBeUndefined();
  expect(waits.behind(0, 1, 0, { ...full, running: 1 })).toBe(0);
});

test('afterwards it goes by how long calls take', () => {
  const waits = new WaitEstimate(new LimitSet([]));
  waits.noteCall(400);
  expect(waits.behind(0, 1, 0, full)).toBe(200);
  expect(waits.behind(3, 1, 0, full)).toBe(800);
});

test('two calls that took minutes do not set the wait for good: calls after them were refused for want of time', () => {
  const waits = new WaitEstimate(new LimitSet([]));
  for (const tookMs of [120_000, 120_000, 1_000, 1_000]) waits.noteCall(tookMs);
  expect(waits.behind(3, 1, 0, full)).toBe(2_000);
});

test('calls of long ago are forgotten', () => {
  const waits = new WaitEstimate(new LimitSet([]));
  for (let call = 0; call < 50; call++) waits.noteCall(10_000);
  for (let call = 0; call < 21; call++) waits.noteCall(100);
  expect(waits.behind(0, 1, 0, full)).toBe(50);
});
