import { expect, test } from 'bun:test';
import { countFailures } from './failure-counts.ts';

const failed = (code: string) => ({ outcome: { kind: 'failed', code } as const });

test('by code; what went well is not among them', () => {
  const calls = [
    failed('queue_full'),
    { outcome: { kind: 'ok' } as const },
    failed('queue_full'),
    failed('x'),
  ];
  expect({ ...countFailures(calls) }).toEqual({ queue_full: 2, x: 1 });
});

test('an upstream that makes up a code for every call fills no table', () => {
  const counted = countFailures(Array.from({ length: 250 }, (_, index) => failed(`code-${index}`)));
  expect(Object.keys(counted)).toHaveLength(101);
  expect(counted.other).toBe(150);
});

test('a code that objects have by birth is a code like any other', () => {
  expect(Object.entries(countFailures([failed('constructor'), failed('__proto__')]))).toEqual([
    ['constructor', 1],
    ['__proto__', 1],
  ]);
});
