import { expect, test } from 'bun:test';
import { boundedName } from './rollup-name.ts';

test('a name within its bound stays as it is', () => {
  expect(boundedName('/items/MLB1', 512)).toBe('/items/MLB1');
  expect(boundedName('x'.repeat(256), 256)).toBe('x'.repeat(256));
});

test('a longer one is cut to the bound, and two that begin alike stay two', () => {
  const one = boundedName(`${'x'.repeat(10_000)}1`, 256);
  const two = boundedName(`${'x'.repeat(10_000)}2`, 256);
  expect(one).toHaveLength(256);
  expect(two).toHaveLength(256);
  expect(one).not.toBe(two);
});

test('a client that calls itself other is not the rest', () => {
  expect(boundedName('other', 256)).toMatch(/^other~[0-9a-f]{16}$/);
});
