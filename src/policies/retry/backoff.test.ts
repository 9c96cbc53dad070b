import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { seededRandom } from '../../shared/random.ts';
import { backoffMs, retryDelayMs } from './backoff.ts';

const settings = { initialDelayMs: 100, multiplier: 2, maxDelayMs: 1_000 };
const half = { next: () => 0.5 };

test('the bound doubles up to the cap, and the wait is uniform below it', () => {
  expect([1, 2, 3, 4, 5, 6].map((attempt) => backoffMs(settings, attempt, half))).toEqual([
    50, 100, 200, 400, 500, 500,
  ]);
});

test('every wait lies within its bound, at any attempt', () => {
  const settingsArb = fc.record({
    initialDelayMs: fc.nat(10_000),
    multiplier: fc.double({ min: 1, max: 100, noNaN: true }),
    maxDelayMs: fc.nat(100_000),
  });
  fc.assert(
    fc.property(settingsArb, fc.integer({ min: 1, max: 10_000 }), fc.nat(), (backoff, attempt, seed) => {
      const waitMs = backoffMs(backoff, attempt, seededRandom(seed));
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(waitMs).toBeLessThanOrEqual(backoff.maxDelayMs);
      expect(waitMs).toBeLessThanOrEqual(backoff.initialDelayMs * backoff.multiplier ** (attempt - 1) || 0);
    }),
  );
});

test('waits spread over the whole range', () => {
  const random = seededRandom(7);
  const waits = Array.from({ length: 1_000 }, () => backoffMs(settings, 4, random));
  const quarters = [0, 0, 0, 0];
  for (const waitMs of waits) quarters[Math.floor(waitMs / 200)]!++;
  for (const quarter of quarters) expect(quarter).toBeGreaterThan(200);
});

test('Retry-After is honoured with jitter on top, and never shortened', () => {
  expect(retryDelayMs(settings, 1, 3_000, half)).toBe(3_050);
  expect(retryDelayMs(settings, 1, 3_000, { next: () => 0 })).toBe(3_000);
  expect(retryDelayMs(settings, 9, 30_000, half)).toBe(30_500);
});

test('without Retry-After it is the backoff', () => {
  expect(retryDelayMs(settings, 2, undefined, half)).toBe(100);
});
