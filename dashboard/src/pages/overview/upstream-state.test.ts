import { expect, test } from 'bun:test';
import { breakerWith } from '../../live/live.fixture.ts';
import { breakerSign, secondsLeft } from './upstream-state.ts';

const UNTIL = '2026-01-01T12:00:30.000Z';
const untilMs = Date.parse(UNTIL);

test('a forced breaker says so, whatever it does to calls', () => {
  expect(breakerSign(breakerWith({ state: 'open', forced: true, until: UNTIL }))).toEqual({
    key: 'forcedOpen',
    tone: 'bad',
    untilMs,
  });
  expect(breakerSign(breakerWith({ forced: true, until: UNTIL }))).toMatchObject({
    key: 'forcedClosed',
    tone: 'warn',
  });
});

test('failures in a row are a warning before the breaker opens', () => {
  expect(breakerSign(breakerWith({}))).toEqual({ key: 'closed', tone: 'ok', failures: 0 });
  expect(breakerSign(breakerWith({ consecutive_failures: 2 }))).toMatchObject({ tone: 'warn', failures: 2 });
  expect(breakerSign(breakerWith({ state: 'open', until: UNTIL }))).toEqual({
    key: 'open',
    tone: 'bad',
    untilMs,
  });
  expect(breakerSign(breakerWith({ state: 'half_open' })).key).toBe('half_open');
  expect(breakerSign(null).key).toBe('noBreaker');
});

test('a countdown is rounded up and never below nothing', () => {
  expect(secondsLeft(10_000, 8_900)).toBe(2_000);
  expect(secondsLeft(10_000, 10_000)).toBe(0);
  expect(secondsLeft(10_000, 12_000)).toBe(0);
  expect(secondsLeft(undefined, 5)).toBeUndefined();
  expect(secondsLeft(10_000, undefined)).toBeUndefined();
});
