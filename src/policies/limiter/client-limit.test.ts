import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Rate } from '../../shared/units.ts';
import {
  type ClientLimitAlgorithm,
  type ClientLimitDecision,
  type ClientLimitState,
  takeFromClientLimit,
} from './client-limit.ts';

const ALGORITHMS: readonly ClientLimitAlgorithm[] = ['sliding_window', 'token_bucket', 'fixed_window'];

class Client {
  state: ClientLimitState | undefined;

  constructor(
    private readonly algorithm: ClientLimitAlgorithm,
    private readonly rate: Rate,
  ) {}

  take(nowMs: number): ClientLimitDecision {
    const { state, decision } = takeFromClientLimit(this.algorithm, this.rate, this.state, nowMs);
    this.state = state;
    return decision;
  }

  takeTimes(times: number, nowMs: number): number {
    let allowed = 0;
    for (let call = 0; call < times; call++) if (this.take(nowMs).allowed) allowed++;
    return allowed;
  }
}

const rateArb = fc.record({
  count: fc.integer({ min: 1, max: 1_000 }),
  windowMs: fc.integer({ min: 2, max: 86_400_000 }),
});
const startArb = fc.double({ min: 0, max: 1e10, noNaN: true });

describe.each(ALGORITHMS)('%s', (algorithm) => {
  test('a fresh client has exactly its count', () => {
    fc.assert(
      fc.property(rateArb, startArb, (rate, startMs) => {
        const client = new Client(algorithm, rate);
        for (let call = 1; call <= rate.count; call++) {
          expect(client.take(startMs)).toMatchObject({
            allowed: true,
            limit: rate.count,
            windowMs: rate.windowMs,
            remaining: rate.count - call,
          });
        }
        expect(client.take(startMs)).toMatchObject({ allowed: false, remaining: 0 });
      }),
      { numRuns: 50 },
    );
  });

  test('whoever is refused and waits exactly as long as told is allowed', () => {
    fc.assert(
      fc.property(
        fc.record({
          count: fc.integer({ min: 1, max: 12 }),
          windowMs: fc.integer({ min: 2, max: 86_400_000 }),
        }),
        startArb,
        fc.array(fc.double({ min: 0, max: 0.6, noNaN: true }), { size: 'max', minLength: 1, maxLength: 80 }),
        (rate, startMs, gaps) => {
          const client = new Client(algorithm, rate);
          let nowMs = startMs;
          for (const gap of gaps) {
            nowMs += gap ** 2 * rate.windowMs;
            const decision = client.take(nowMs);
            if (decision.allowed) continue;
            expect(decision.resetMs).toBeGreaterThan(0);
            nowMs += decision.resetMs;
            expect(client.take(nowMs).allowed).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('whoever was allowed and waits as long as told has the full count again', () => {
    fc.assert(
      fc.property(rateArb, startArb, fc.integer({ min: 1, max: 1_000 }), (rate, startMs, calls) => {
        const client = new Client(algorithm, rate);
        let resetMs = 0;
        for (let call = 0; call < Math.min(calls, rate.count); call++) resetMs = client.take(startMs).resetMs;
        // A bucket's last fraction of a token may be a rounding short.
        expect(client.takeTimes(rate.count + 1, startMs + resetMs + 0.001)).toBe(rate.count);
      }),
      { numRuns: 100 },
    );
  });

  test('a refused request consumes nothing', () => {
    const patient = new Client(algorithm, { count: 3, windowMs: 1_000 });
    const pushy = new Client(algorithm, { count: 3, windowMs: 1_000 });
    for (const client of [patient, pushy]) client.takeTimes(3, 0);
    pushy.takeTimes(1_000, 100);
    for (let nowMs = 100; nowMs <= 3_000; nowMs += 50) expect(pushy.take(nowMs)).toEqual(patient.take(nowMs));
  });

  test('a long silence gives the full count, and no more', () => {
    const client = new Client(algorithm, { count: 5, windowMs: 1_000 });
    client.takeTimes(100, 0);
    expect(client.takeTimes(100, 365 * 86_400_000)).toBe(5);
  });

  test('a clock that seems to run backwards gives nothing away', () => {
    const client = new Client(algorithm, { count: 5, windowMs: 1_000 });
    client.takeTimes(5, 10_000);
    expect(client.take(9_000).allowed).toBe(false);
    expect(client.take(10_000).allowed).toBe(false);
  });

  test('over a long time at most the rate gets through, and a burst', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 50 }), (count, stepMs) => {
        const client = new Client(algorithm, { count, windowMs: 1_000 });
        let allowed = 0;
        for (let nowMs = 0; nowMs < 50_000; nowMs += stepMs) if (client.take(nowMs).allowed) allowed++;
        expect(allowed).toBeLessThanOrEqual(50 * count + count);
      }),
      { numRuns: 50 },
    );
  });
});

test('sliding_window: ten pass, the eleventh is told a whole minute', () => {
  const client = new Client('sliding_window', { count: 10, windowMs: 60_000 });
  expect(client.takeTimes(10, 5_000)).toBe(10);
  expect(client.take(5_000)).toEqual({
    allowed: false,
    limit: 10,
    windowMs: 60_000,
    remaining: 0,
    resetMs: 60_000,
  });
  expect(client.take(64_999).allowed).toBe(false);
  expect(client.take(65_000).allowed).toBe(true);
});

test('sliding_window: the window before fades instead of vanishing', () => {
  const client = new Client('sliding_window', { count: 10, windowMs: 1_000 });
  client.takeTimes(10, 0);
  expect(client.takeTimes(10, 1_500)).toBe(6);
});

test('sliding_window: whoever keeps to the rate is never refused', () => {
  for (const count of [1, 2, 5, 10]) {
    const client = new Client('sliding_window', { count, windowMs: 1_000 });
    for (let call = 0; call < 100; call++) expect(client.take((call * 1_000) / count).allowed).toBe(true);
  }
});

test('a wait is honest although sums of times are rounded', () => {
  const client = new Client('fixed_window', { count: 1, windowMs: 1_000 });
  client.take(0.35678899186414);
  const nowMs = 8.383101990756643;
  const { resetMs } = client.take(nowMs);
  expect(client.take(nowMs + resetMs).allowed).toBe(true);
  expect(resetMs).toBeCloseTo(991.9737, 2);
});

test('token_bucket: an empty bucket is not short of a token for a rounding', () => {
  for (const count of [3, 7, 9, 11, 13]) {
    const client = new Client('token_bucket', { count, windowMs: 1_000 });
    client.takeTimes(count, 0);
    for (let call = 1; call <= 200; call++) expect(client.take((call * 1_000) / count).allowed).toBe(true);
  }
});

test('token_bucket refills evenly', () => {
  const client = new Client('token_bucket', { count: 10, windowMs: 1_000 });
  client.takeTimes(10, 0);
  expect(client.take(40)).toMatchObject({ allowed: false, resetMs: 60 });
  expect(client.takeTimes(10, 300)).toBe(3);
});

test('fixed_window counts from the first request', () => {
  const client = new Client('fixed_window', { count: 2, windowMs: 1_000 });
  client.takeTimes(2, 700);
  expect(client.take(1_600)).toMatchObject({ allowed: false, resetMs: 100 });
  expect(client.take(1_700)).toMatchObject({ allowed: true, remaining: 1, resetMs: 1_000 });
});

test('a limit lowered while a client is over it still lets it in again', () => {
  const { state } = takeFromClientLimit(
    'sliding_window',
    { count: 10, windowMs: 1_000 },
    { atMs: 0, used: 9, before: 0 },
    0,
  );
  const lower = { count: 2, windowMs: 1_000 };
  const { decision } = takeFromClientLimit('sliding_window', lower, state, 0);
  expect(decision).toMatchObject({ allowed: false, remaining: 0, resetMs: 1_800 });
  expect(takeFromClientLimit('sliding_window', lower, state, 1_800).decision.allowed).toBe(true);
});
