import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { RetryBudget } from './budget.ts';

function calls(budget: RetryBudget, times: number, nowMs: number): void {
  for (let time = 0; time < times; time++) budget.call(nowMs);
}

function retries(budget: RetryBudget, times: number, nowMs: number): number {
  let granted = 0;
  for (let time = 0; time < times; time++) if (budget.tryRetry(nowMs)) granted++;
  return granted;
}

describe('RetryBudget', () => {
  test('ten a minute are always allowed', () => {
    const budget = new RetryBudget();
    expect(retries(budget, 50, 0)).toBe(10);
    expect(budget.denied).toBe(40);
    expect(retries(budget, 50, 60_000)).toBe(10);
  });

  test('a fifth of the calls, where that is more', () => {
    const budget = new RetryBudget();
    calls(budget, 1_000, 0);
    expect(retries(budget, 1_000, 1)).toBe(200);
  });

  test('after a long silence neither calls nor retries of before count', () => {
    const budget = new RetryBudget();
    calls(budget, 1_000, 0);
    retries(budget, 200, 0);
    expect(retries(budget, 100, 86_400_000)).toBe(10);
  });

  test('the ratio may have a window of its own; the minimum stays by the minute', () => {
    const budget = new RetryBudget({ windowMs: 1_000, minPerMinute: 3 });
    expect(retries(budget, 10, 0)).toBe(3);
    expect(retries(budget, 10, 2_000)).toBe(0);
    calls(budget, 100, 3_000);
    expect(retries(budget, 100, 3_000)).toBe(20);
    expect(retries(budget, 100, 5_000)).toBe(0);
  });

  test('a budget of nothing allows nothing', () => {
    const budget = new RetryBudget({ ratio: 0, minPerMinute: 0 });
    calls(budget, 100, 0);
    expect(retries(budget, 10, 0)).toBe(0);
  });

  test.each([
    ['ratio', { ratio: -0.1 }],
    ['ratio', { ratio: Number.NaN }],
    ['minPerMinute', { minPerMinute: -1 }],
    ['windowMs', { windowMs: 0 }],
  ])('a bad %s is named', (name, settings) => {
    expect(() => new RetryBudget(settings)).toThrow(RangeError);
    expect(() => new RetryBudget(settings)).toThrow(name);
  });
});

test('no retry is granted beyond the share of the calls or the minimum, and none within the minimum is refused', () => {
  const stepArb = fc.record({ waitMs: fc.nat(5_000), calls: fc.nat(40), retries: fc.nat(20) });
  fc.assert(
    fc.property(
      fc.array(stepArb, { size: 'max', maxLength: 100 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(20),
      (steps, ratio, minPerMinute) => {
        const budget = new RetryBudget({ ratio, minPerMinute });
        const callTimes: number[] = [];
        const retryTimes: number[] = [];
        let nowMs = 0;
        for (const step of steps) {
          nowMs += step.waitMs;
          calls(budget, step.calls, nowMs);
          for (let call = 0; call < step.calls; call++) callTimes.push(nowMs);
          for (let retry = 0; retry < step.retries; retry++) {
            const isGranted = budget.tryRetry(nowMs);
            const ofMinute = retryTimes.filter((atMs) => atMs > nowMs - 60_000).length;
            if (ofMinute < minPerMinute) expect(isGranted).toBe(true);
            if (!isGranted) continue;
            retryTimes.push(nowMs);
            // The window moves in tenths: retries are surely counted for nine of them, calls for ten at most.
            const counted = retryTimes.filter((atMs) => atMs > nowMs - 54_000).length;
            const share = ratio * callTimes.filter((atMs) => atMs > nowMs - 60_000).length;
            expect(counted).toBeLessThanOrEqual(Math.max(share, minPerMinute));
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});
