import { expect, test } from 'bun:test';
import { parseDuration, parseRate } from '../../../../src/shared/units.ts';
import { durationOf, rateOf } from './rule-rate.ts';

test.each(['5 per 1m', '1000 per 1d', '1 per 500ms', '5/m', '5 per 1.5h', 'x', '0 per 1m', '5', '5 per 0s'])(
  '%s is read as the server reads it',
  (text) => {
    const rate = parseRate(text);
    expect(rateOf(text)).toEqual(
      rate === undefined ? undefined : { count: rate.count, window_ms: rate.windowMs },
    );
  },
);

test.each(['10m', '1.5h', '30', '', '1w', '500 ms'])('%s is as long as the server says', (text) => {
  expect(durationOf(text)).toBe(parseDuration(text) as number);
});
