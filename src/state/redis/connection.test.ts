import { describe, expect, test } from 'bun:test';
import { parseRedisUrl } from './connection.ts';

describe('a Redis URL', () => {
  const one = {
    kind: 'single',
    tls: false,
    username: undefined,
    password: undefined,
    name: undefined,
    db: 0,
  };
  test.each([
    ['redis://cache', { ...one, hosts: [{ host: 'cache', port: 6_379 }] }],
    [
      'rediss://app:p%40ss@cache:6380/2',
      {
        ...one,
        tls: true,
        username: 'app',
        password: 'p@ss',
        hosts: [{ host: 'cache', port: 6_380 }],
        db: 2,
      },
    ],
    ['redis://:secret@[::1]:7000', { ...one, password: 'secret', hosts: [{ host: '::1', port: 7_000 }] }],
    [
      'redis-sentinel://a,b:26380/main/1',
      {
        ...one,
        kind: 'sentinel',
        name: 'main',
        db: 1,
        hosts: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 26_380 },
        ],
      },
    ],
    ['redis-cluster://a:7001', { ...one, kind: 'cluster', hosts: [{ host: 'a', port: 7_001 }] }],
  ] as const)('%s', (url, expected) => {
    expect(parseRedisUrl(url)).toEqual(expected as unknown as ReturnType<typeof parseRedisUrl>);
  });

  test.each(['cache:6379', 'http://cache', 'redis://', 'redis://cache/x'])('%s is none', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(RangeError);
  });

  test('that is wrong is not repeated: it may hold a password', () => {
    expect(() => parseRedisUrl('redi://:secret@cache')).toThrow(/^(?!.*secret).*$/);
  });
});
