import { expect, test } from 'bun:test';
import { ArrivalLog } from './arrival-log.ts';

function logOf(capacity: number, ...timesUs: number[]) {
  const log = new ArrivalLog(capacity);
  for (const atUs of timesUs) log.add({ atUs, violation: atUs % 2 === 1, status: 200 });
  return log;
}

test('keeps the latest arrivals in order and counts those it dropped', () => {
  const log = logOf(3, 0, 10, 13, 40, 60);
  expect(log.since(0).arrivals.map((arrival) => arrival.atUs)).toEqual([13, 40, 60]);
  expect(log.dropped).toBe(2);
});

test('the summary includes what was dropped', () => {
  expect(logOf(2, 0, 3, 40, 80).summary()).toEqual({ count: 4, closestSpacingUs: 3, violations: 1 });
});

test('a stretch knows only its own spacing and violations', () => {
  const log = logOf(10, 0, 1, 101, 151, 300);
  expect(log.since(100)).toMatchObject({ closestSpacingUs: 50, violations: 2 });
  expect(log.since(300)).toMatchObject({ closestSpacingUs: null, violations: 0 });
  expect(log.since(301)).toEqual({ arrivals: [], closestSpacingUs: null, violations: 0 });
});

test('cannot be built without a bound', () => {
  expect(() => new ArrivalLog(Number.POSITIVE_INFINITY)).toThrow(RangeError);
  expect(() => new ArrivalLog(0)).toThrow(RangeError);
});
