import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { VirtualClock } from '../shared/virtual-clock.ts';
import { Judge } from './judge.ts';

const onePerSecond = { rate: { count: 1, windowMs: 1_000 }, penaltyMs: 2_000 };

function judgeOn(clock: VirtualClock, settings: ConstructorParameters<typeof Judge>[0] = onePerSecond) {
  const judge = new Judge(settings, clock.now());
  return {
    judge,
    arriveAt(atMs: number) {
      clock.advanceTo(atMs);
      return judge.arrive(clock.now());
    },
  };
}

describe('Judge', () => {
  test('lets calls pass that are exactly one window apart', () => {
    const { judge, arriveAt } = judgeOn(new VirtualClock());
    for (const atMs of [0, 1_000, 2_000, 3_000.5]) expect(arriveAt(atMs).arrival.violation).toBe(false);
    expect(judge.log.summary()).toEqual({ count: 4, closestSpacingUs: 1_000_000, violations: 0 });
  });

  test('sees a call that comes one microsecond early', () => {
    const { arriveAt } = judgeOn(new VirtualClock());
    arriveAt(0);
    expect(arriveAt(999.999).arrival.violation).toBe(true);
  });

  test('counts from its start, wherever the clock stands', () => {
    const { arriveAt } = judgeOn(new VirtualClock(123_456.789));
    expect(arriveAt(123_457.789).arrival).toEqual({ atUs: 1_000, violation: false, status: null });
  });

  test('adds the penalty to the time at which calls are allowed again', () => {
    const { judge, arriveAt } = judgeOn(new VirtualClock());
    arriveAt(0);
    expect(arriveAt(50)).toMatchObject({ arrival: { violation: true }, waitMs: 2_950 });
    expect(arriveAt(100)).toMatchObject({ arrival: { violation: true }, waitMs: 4_900 });
    expect(judge.blockedForMs(100)).toBe(4_900);
    expect(arriveAt(5_000).arrival.violation).toBe(false);
    expect(judge.log.summary().violations).toBe(2);
  });

  test('a caller that waits for as long as it was told is let in', () => {
    const { arriveAt } = judgeOn(new VirtualClock());
    arriveAt(0);
    const { waitMs } = arriveAt(400);
    expect(arriveAt(400 + waitMs).arrival.violation).toBe(false);
  });

  test('a refused call counts as an arrival even without a penalty', () => {
    const { arriveAt } = judgeOn(new VirtualClock(), { ...onePerSecond, penaltyMs: 0 });
    arriveAt(0);
    expect(arriveAt(900)).toMatchObject({ arrival: { violation: true }, waitMs: 1_000 });
    expect(arriveAt(1_500).arrival.violation).toBe(true);
    expect(arriveAt(2_500).arrival.violation).toBe(false);
  });

  test('a long silence ends every penalty', () => {
    const { judge, arriveAt } = judgeOn(new VirtualClock());
    for (let atMs = 0; atMs < 100; atMs++) arriveAt(atMs);
    expect(judge.blockedForMs(99)).toBe(1_000 + 99 * 2_000 - 99);
    expect(arriveAt(86_400_000).arrival.violation).toBe(false);
  });

  test('N per W: the N+1st call in any window is a violation, wherever the window starts', () => {
    const { arriveAt } = judgeOn(new VirtualClock(), {
      rate: { count: 3, windowMs: 1_000 },
      penaltyMs: 0,
    });
    const verdicts = [0, 800, 900, 1_000, 1_799, 2_900].map((atMs) => arriveAt(atMs).arrival.violation);
    expect(verdicts).toEqual([false, false, false, false, true, false]);
  });

  test('agrees with a plain count over every window, for any arrivals', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 }),
        (count, windowMs, gaps) => {
          const { arriveAt } = judgeOn(new VirtualClock(), { rate: { count, windowMs }, penaltyMs: 0 });
          const before: number[] = [];
          let atMs = 0;
          for (const gap of gaps) {
            atMs += gap;
            const close = before.filter((earlier) => atMs - earlier < windowMs).length;
            expect(arriveAt(atMs).arrival.violation).toBe(close >= count);
            before.push(atMs);
          }
        },
      ),
    );
  });

  test('refuses settings that make no sense, naming them', () => {
    const clock = new VirtualClock();
    expect(() => judgeOn(clock, { rate: { count: 0, windowMs: 1 }, penaltyMs: 0 })).toThrow(/rate\.count/);
    expect(() => judgeOn(clock, { rate: { count: 1, windowMs: 0 }, penaltyMs: 0 })).toThrow(/rate\.windowMs/);
    expect(() => judgeOn(clock, { ...onePerSecond, penaltyMs: -1 })).toThrow(/penaltyMs/);
  });
});
