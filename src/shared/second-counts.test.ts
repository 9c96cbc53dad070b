import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { SECONDS_KEPT, SecondCounts } from './second-counts.ts';

test('counts by the second of the clock', () => {
  const counts = new SecondCounts();
  counts.add(5_000);
  counts.add(5_999.9);
  counts.add(6_000, 3);
  expect([4, 5, 6, 7].map((second) => counts.at(second))).toEqual([0, 2, 3, 0]);
});

test('before anything was counted every second has 0, that of the clock’s start too', () => {
  const counts = new SecondCounts();
  expect([-1, 0, 1, SECONDS_KEPT].map((second) => counts.at(second))).toEqual([0, 0, 0, 0]);
});

test('a clock may begin below zero', () => {
  const counts = new SecondCounts();
  counts.add(-1);
  counts.add(0);
  expect([-2, -1, 0].map((second) => counts.at(second))).toEqual([0, 1, 1]);
});

test('a long silence leaves nothing in the seconds after it, and no count returns', () => {
  const counts = new SecondCounts();
  counts.add(1_000, 7);
  const later = 1 + SECONDS_KEPT * 1_000;
  expect(counts.at(later)).toBe(0);
  counts.add(later * 1_000);
  expect([counts.at(later), counts.at(1)]).toEqual([1, 0]);
});

test('the last minute is what was counted, whatever came when', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 200 }), (gaps) => {
      const counts = new SecondCounts();
      const truth = new Map<number, number>();
      let nowMs = 0;
      for (const gapMs of gaps) {
        nowMs += gapMs;
        counts.add(nowMs);
        const second = Math.floor(nowMs / 1_000);
        truth.set(second, (truth.get(second) ?? 0) + 1);
      }
      const last = Math.floor(nowMs / 1_000);
      for (let second = last - SECONDS_KEPT + 1; second <= last; second++) {
        expect(counts.at(second)).toBe(truth.get(second) ?? 0);
      }
    }),
  );
});
