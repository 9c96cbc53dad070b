import { describe, expect, test } from 'bun:test';
import { formatPathMatcher, parsePathMatcher } from './path-matcher.ts';

describe('parsePathMatcher', () => {
  test.each([
    ['*', '*'],
    ['/*', '*'],
    ['//*', '*'],
    ['/', '/'],
    ['/items/1', '/items/1'],
    ['/items/', '/items'],
    ['/items/*', '/items/*'],
    ['/items%2F%31/*', '/items/1/*'],
    ['/a/../items/*', '/items/*'],
    ['/literal/%2a', '/literal/%2A'],
    ['/100%25', '/100%25'],
  ])('%p is %p, and reads back', (text, written) => {
    const parsed = parsePathMatcher(text);
    expect(parsed !== undefined && !('why' in parsed) && formatPathMatcher(parsed)).toBe(written);
    expect(parsePathMatcher(written)).toEqual(parsed);
  });

  test.each([
    ['items', 'must begin with `/`'],
    ['**', 'must begin with `/`'],
    ['/items*', 'only stand at the end, after a `/`'],
    ['/*/items', 'only stand at the end, after a `/`'],
    ['/items/**', 'only stand at the end, after a `/`'],
    [`/${'a'.repeat(2_048)}`, 'at most 2,048 characters'],
  ])('%p is told why not', (text, why) => {
    expect(parsePathMatcher(text)).toEqual({ why: expect.stringContaining(why) });
  });

  test.each(['', '/a?b=1', '/a#b', '/a b', '/100%', '/%zz', '/é', '/a\\b', '/a\u0000'])(
    '%p is not a path',
    (text) => {
      expect(parsePathMatcher(text)).toBeUndefined();
    },
  );
});
