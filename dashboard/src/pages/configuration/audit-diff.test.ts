import { expect, test } from 'bun:test';
import { diffOf } from './audit-diff.ts';

test('names every value that changed, what changed first', () => {
  const before = { limits: ['1 per 1s'], queue: { policy: 'fifo', max_size: 100 }, old: true };
  const after = { limits: ['1 per 2s'], queue: { policy: 'fifo', max_size: 100, aging: '30s' }, pause: null };
  expect(diffOf(before, after).lines).toEqual([
    { path: 'limits', change: 'changed', before: '["1 per 1s"]', after: '["1 per 2s"]' },
    { path: 'old', change: 'removed', before: 'true', after: undefined },
    { path: 'queue.aging', change: 'added', before: undefined, after: '"30s"' },
    { path: 'pause', change: 'added', before: undefined, after: 'null' },
    { path: 'queue.policy', change: 'same', before: '"fifo"', after: '"fifo"' },
    { path: 'queue.max_size', change: 'same', before: '100', after: '100' },
  ]);
});

test('nothing before is all new, nothing after is all gone', () => {
  expect(diffOf(null, { id: 'a' }).lines).toEqual([
    { path: 'id', change: 'added', before: undefined, after: '"a"' },
  ]);
  expect(diffOf({ id: 'a' }, null).lines[0]?.change).toBe('removed');
  expect(diffOf(null, null)).toEqual({ lines: [], omitted: 0 });
});

test('a value that became null, and an object that became a value, are told apart from nothing', () => {
  expect(diffOf({ pause: { reason: 'x' } }, { pause: null }).lines).toEqual([
    { path: 'pause.reason', change: 'removed', before: '"x"', after: undefined },
    { path: 'pause', change: 'added', before: undefined, after: 'null' },
  ]);
  expect(diffOf({ on: true }, { on: null }).lines[0]).toMatchObject({ change: 'changed', after: 'null' });
  expect(diffOf({ weights: {} }, { weights: {} }).lines).toEqual([
    { path: 'weights', change: 'same', before: '{}', after: '{}' },
  ]);
  expect(diffOf('a', 'b').lines).toEqual([{ path: '', change: 'changed', before: '"a"', after: '"b"' }]);
});

test('is bounded, and counts the rest', () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, index]));
  const { lines, omitted } = diffOf(null, many);
  expect([lines.length, omitted]).toEqual([300, 200]);
});
