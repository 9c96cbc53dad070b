import { describe, expect, test } from 'bun:test';
import { CacheKeys } from './key.ts';
import { mayShare, sharingKeyOfCached, sharingKeyOfUncached } from './sharing.ts';

const keys = new CacheKeys({
  label: '/a',
  upstream: 'u',
  parts: [{ kind: 'query', name: 'cpf' }],
  checked: new Set(),
  shared: false,
  clientHeader: undefined,
});

const asked = (headers: Record<string, string> = {}, target = '/?cpf=1', method = 'GET') => ({
  method,
  target,
  params: {},
  incoming: new Headers(headers),
});

describe('on a cached route', () => {
  const key = (...request: Parameters<typeof asked>) => sharingKeyOfCached(keys, asked(...request));
  const base = key();

  test('what the cache key does not name makes no difference', () => {
    expect(key({}, '/?cpf=1&x=2')).toBe(base);
    expect(key({ 'user-agent': 'x', 'x-request-id': '1' })).toBe(base);
  });

  for (const name of [
    'accept',
    'accept-encoding',
    'accept-language',
    'range',
    'if-none-match',
    'authorization',
    'cookie',
  ]) {
    test(`${name} does`, () => expect(key({ [name]: 'a' })).not.toBe(base));
  }
  test('the method does', () => expect(key({}, '/?cpf=1', 'HEAD')).not.toBe(base));
});

describe('on a route without a cache', () => {
  const key = (...request: Parameters<typeof asked>) => sharingKeyOfUncached(keys, asked(...request));
  const base = key();

  test('the whole target and every header count', () => {
    expect(key({}, '/?cpf=1&x=2')).not.toBe(base);
    expect(key({ 'x-tenant': 'a' })).not.toBe(base);
    expect(key({ 'x-tenant': 'a' })).not.toBe(key({ 'x-tenant': 'b' }));
  });

  test('but those of the way and of traces', () => {
    expect(
      key({ traceparent: '00-1', 'x-request-id': '1', 'x-forwarded-for': '::1', 'user-agent': 'x' }),
    ).toBe(base);
  });

  test('a value cannot pass for another header', () => {
    expect(key({ a: '1', b: '2' })).not.toBe(key({ a: '1 b:1:2' }));
  });
});

describe('mayShare', () => {
  const one = new Headers({ 'accept-language': 'pt', 'x-tenant': 'a' });
  const other = new Headers({ 'accept-language': 'pt', 'x-tenant': 'b' });
  const table: ReadonlyArray<readonly [Array<[string, string]>, boolean]> = [
    [[], true],
    [[['Vary', 'Accept-Language']], true],
    [[['Vary', 'Accept-Language, X-Tenant']], false],
    [[['Vary', '*']], false],
    [[['Set-Cookie', 'a=1']], false],
  ];
  for (const [fields, expected] of table) {
    test(JSON.stringify(fields), () => expect(mayShare(fields, one, other)).toBe(expected));
  }
});
