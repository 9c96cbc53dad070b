import { expect, test } from 'bun:test';
import {
  DEFAULT_BREAKER_FAILURES,
  type FailureClass,
  type FailureEvent,
  matchesFailure,
} from './failure-class.ts';

const table: [FailureClass[], FailureEvent, boolean][] = [
  [['5xx'], { status: 500 }, true],
  [['5xx'], { status: 599 }, true],
  [['5xx'], { status: 499 }, false],
  [['5xx'], { status: 600 }, false],
  [['4xx'], { status: 400 }, true],
  [['4xx'], { status: 499 }, true],
  [['4xx'], { status: 500 }, false],
  [['4xx'], { status: 399 }, false],
  [[400], { status: 400 }, true],
  [[400], { status: 401 }, false],
  [['5xx'], { error: 'timeout' }, false],
  [['timeout'], { error: 'timeout' }, true],
  [['timeout'], { error: 'connection' }, false],
  [['connection'], { error: 'connection' }, true],
  [[], { status: 500 }, false],
];

for (const [classes, event, expected] of table) {
  test(`${JSON.stringify(event)} is ${expected ? '' : 'not '}of ${JSON.stringify(classes)}`, () => {
    expect(matchesFailure(classes, event)).toBe(expected);
  });
}

test('by default a breaker counts 5xx, timeouts and lost connections, and neither 400 nor 429', () => {
  const events: FailureEvent[] = [{ status: 503 }, { error: 'timeout' }, { error: 'connection' }];
  for (const event of events) expect(matchesFailure(DEFAULT_BREAKER_FAILURES, event)).toBe(true);
  for (const status of [200, 304, 400, 404, 429]) {
    expect(matchesFailure(DEFAULT_BREAKER_FAILURES, { status })).toBe(false);
  }
});
