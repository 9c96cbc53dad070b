import { describe, expect, test } from 'bun:test';
import { requestTarget } from './request-target.ts';

describe('requestTarget', () => {
  test.each([
    ['http://x/a/b?c=1&d', '/a/b', 'c=1&d'],
    ['http://x', '/', ''],
    ['http://[::1]:8000/a', '/a', ''],
    ['http://x/a#frag?x=1', '/a', ''],
    ['http://x/a?b#frag', '/a', 'b'],
    ['http://x/a?', '/a', ''],
    // Without a usable Host header Bun gives the target as it was sent.
    ['/a/../b/./c?q=1', '/b/c', 'q=1'],
    ['/ml/%2e%2e/admin', '/admin', ''],
    ['/a\\..\\b', '/b', ''],
  ])('%s', (url, path, query) => {
    expect(requestTarget(url)).toEqual({ path, query });
  });

  test('a target that is no path is nothing', () => {
    expect(requestTarget('//[')).toBeUndefined();
  });

  test('a target that looks like another host is still a path', () => {
    expect(requestTarget('//evil/x')?.path).not.toContain('evil/x/..');
  });
});
