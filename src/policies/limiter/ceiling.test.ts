import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { ceilingPerSecond } from './ceiling.ts';
import { LimitSet, type LimitSettings } from './limit-set.ts';

function limit(count: number, windowMs: number, even = false): LimitSettings {
  return { rate: { count, windowMs }, even, guardMs: 0 };
}

test.each([
  ['1 per 1s', [limit(1, 1_000)], 1],
  ['10 per 1m: all of them may come at once', [limit(10, 60_000)], 10],
  ['1 per 2s', [limit(1, 2_000)], 1],
  ['2 per 500ms', [limit(2, 500)], 4],
  ['2 per 400ms: three windows touch a second', [limit(2, 400)], 6],
  ['3 per 1s, even: thirds add up to a second', [limit(3, 1_000, true)], 3],
  ['60 per 1m, even', [limit(60, 60_000, true)], 1],
  ['6 per 2s, even', [limit(6, 2_000, true)], 3],
  ['5 per 2s, even: two spacings and a half', [limit(5, 2_000, true)], 3],
  ['the strictest of several', [limit(100, 60_000), limit(4, 1_000), limit(2, 200)], 4],
] as const)('%s', (_, limits, ceiling) => {
  expect(ceilingPerSecond(limits)).toBe(ceiling);
});

test('without limits there is none', () => {
  expect(ceilingPerSecond([])).toBeUndefined();
});

/** Sums of fractions of a window differ in the last digits; no network sees a nanosecond. */
const TOLERANCE_MS = 1e-6;

const limitArb: fc.Arbitrary<LimitSettings> = fc.record({
  rate: fc.record({
    count: fc.integer({ min: 1, max: 20 }),
    windowMs: fc.oneof(fc.integer({ min: 20, max: 1_100 }), fc.integer({ min: 1_000, max: 20_000 })),
  }),
  even: fc.boolean(),
  guardMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100 })),
});

/** The times of `calls` calls that go as early as they may, except where they first wait. */
function greedySends(limits: readonly LimitSettings[], calls: number, waitsMs: readonly number[]): number[] {
  const set = new LimitSet(limits);
  const sends: number[] = [];
  let atMs = 0;
  for (let call = 0; call < calls; call++) {
    atMs = set.readyAt(atMs + (waitsMs[call] ?? 0), 1);
    expect(set.acquire(atMs, 1)).toEqual({ grantedAt: atMs });
    set.sent(atMs, 1);
    sends.push(atMs);
  }
  return sends;
}

/** Takes all that may go at once, and writes it only some time later, together. */
function lateSends(limits: readonly LimitSettings[], writesMs: readonly number[]): number[] {
  const set = new LimitSet(limits);
  const sends: number[] = [];
  let atMs = 0;
  for (const writeMs of writesMs) {
    atMs = set.readyAt(atMs, 1);
    let taken = 0;
    while ('grantedAt' in set.acquire(atMs, 1)) taken++;
    atMs += writeMs;
    for (; taken > 0; taken--) {
      set.sent(atMs, 1);
      sends.push(atMs);
    }
  }
  return sends;
}

function mostInASecond(sends: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [index, atMs] of sends.entries()) {
    while (sends[first]! <= atMs - 1_000 + TOLERANCE_MS) first++;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

test('no second ever sees more, wherever it starts', () => {
  const waits = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_500 })), { maxLength: 120 });
  fc.assert(
    fc.property(fc.array(limitArb, { minLength: 1, maxLength: 3 }), waits, (limits, waitsMs) => {
      expect(mostInASecond(greedySends(limits, 120, waitsMs))).toBeLessThanOrEqual(ceilingPerSecond(limits)!);
    }),
    { numRuns: 400 },
  );
});

test('nor when calls are written long after they were let out', () => {
  const writes = fc.array(fc.integer({ min: 0, max: 1_500 }), { size: 'max', maxLength: 60 });
  fc.assert(
    fc.property(fc.array(limitArb, { minLength: 1, maxLength: 3 }), writes, (limits, writesMs) => {
      expect(mostInASecond(lateSends(limits, writesMs))).toBeLessThanOrEqual(ceilingPerSecond(limits)!);
    }),
    { numRuns: 300 },
  );
});

test('one limit alone reaches it, even or not', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom(100, 200, 250, 300, 500, 700, 1_000, 3_000),
      fc.boolean(),
      (count, windowMs, even) => {
        const limits = [limit(count, windowMs, even)];
        expect(mostInASecond(greedySends(limits, 3 * ceilingPerSecond(limits)!, []))).toBe(
          ceilingPerSecond(limits)!,
        );
      },
    ),
    { numRuns: 200 },
  );
});
