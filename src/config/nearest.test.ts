import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { editDistance, nearestName } from './nearest.ts';

test('a swap of neighbours is one edit', () => {
  expect(editDistance('limist', 'limits')).toBe(1);
  expect(editDistance('limts', 'limits')).toBe(1);
  expect(editDistance('', 'abc')).toBe(3);
  expect(editDistance('kitten', 'sitting')).toBe(3);
});

test('the distance is symmetric, and 0 only between equal texts', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (one, other) => {
      expect(editDistance(one, other)).toBe(editDistance(other, one));
      expect(editDistance(one, other) === 0).toBe(one === other);
    }),
  );
});

test.each([
  ['limts', 'limits'],
  ['Listen', 'listen'],
  ['maxSize', 'max_size'],
  ['max-wait', 'max_wait'],
  ['upstream', 'upstreams'],
])('%s is taken for %s', (wrong, right) => {
  expect(nearestName(wrong, ['listen', 'limits', 'max_size', 'max_wait', 'upstreams'])).toBe(right);
});

test('nothing near is no suggestion', () => {
  expect(nearestName('database', ['listen', 'limits'])).toBeUndefined();
  expect(nearestName('x'.repeat(65), ['x'.repeat(64)])).toBeUndefined();
  expect(nearestName('on', ['at'])).toBeUndefined();
});
