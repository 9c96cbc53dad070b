import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { CacheKeys, type KeyPart, type KeySettings } from './key.ts';

const settings: KeySettings = {
  label: '/proxy/score',
  upstream: 'score',
  parts: undefined,
  checked: new Set(),
  shared: false,
  clientHeader: undefined,
};

interface Asked {
  readonly target?: string;
  readonly params?: Record<string, string>;
  readonly headers?: Record<string, string>;
}

const request = ({ target = '/', params = {}, headers }: Asked = {}) => ({
  target,
  params,
  incoming: new Headers(headers),
});

function keyOf(changes: Partial<KeySettings>, asked: Asked): string {
  return new CacheKeys({ ...settings, ...changes }).keyOf(request(asked));
}

const query = (name: string): KeyPart => ({ kind: 'query', name });

describe('parts', () => {
  test('path and whole query by default', () => {
    expect(keyOf({}, { target: '/a?b=1' })).toBe('/proxy/score\nscore\n6:/a?b=1');
    expect(keyOf({}, { target: '/a?b=1' })).not.toBe(keyOf({}, { target: '/a?b=2' }));
  });

  test('what is not named makes no difference', () => {
    const parts = [query('cpf')];
    expect(keyOf({ parts }, { target: '/a?cpf=1&trace=x' })).toBe(keyOf({ parts }, { target: '/b?cpf=1' }));
    expect(keyOf({ parts: [{ kind: 'path' }] }, { target: '/a?x=1' })).toBe(
      keyOf({ parts: [{ kind: 'path' }] }, { target: '/a' }),
    );
  });

  test('a checked parameter is taken as it was normalised', () => {
    const changes = { parts: [query('cpf')], checked: new Set(['cpf']) };
    expect(keyOf(changes, { target: '/?cpf=529.982.247-25', params: { cpf: '52998224725' } })).toBe(
      keyOf(changes, { target: '/?cpf=52998224725', params: { cpf: '52998224725' } }),
    );
  });

  const different: ReadonlyArray<readonly [string, Partial<KeySettings>, Asked, Asked]> = [
    ['absent and empty', { parts: [query('a')] }, { target: '/' }, { target: '/?a=' }],
    ['absent and empty, checked', { parts: [query('a')], checked: new Set(['a']) }, {}, { target: '/?a=' }],
    ['no value and an empty one', { parts: [query('a')] }, { target: '/?a' }, { target: '/?a=' }],
    ['one value and two', { parts: [query('a')] }, { target: '/?a=1' }, { target: '/?a=1&a=2' }],
    ['the order of values', { parts: [query('a')] }, { target: '/?a=1&a=2' }, { target: '/?a=2&a=1' }],
    ['a disguised second value', { parts: [query('ab')] }, { target: '/?ab=1' }, { target: '/?ab=1&a%62=2' }],
    ['bytes that are not UTF-8', { parts: [query('a')] }, { target: '/?a=%FF' }, { target: '/?a=%FE' }],
    ['a header', { parts: [{ kind: 'header', name: 'X-T' }] }, { headers: { 'x-t': '1' } }, {}],
    [
      'Authorization',
      {},
      { headers: { authorization: 'Bearer a' } },
      { headers: { authorization: 'Bearer b' } },
    ],
    ['Cookie', {}, { headers: { cookie: 'a=1' } }, {}],
    ['an API key', {}, { headers: { 'x-api-key': '1' } }, { headers: { 'x-api-key': '2' } }],
    ['the client id', {}, { headers: { 'client-id': 'a' } }, { headers: { 'client-id': 'b' } }],
    [
      'the client header',
      { clientHeader: 'x-who' },
      { headers: { 'x-who': 'a' } },
      { headers: { 'x-who': 'b' } },
    ],
    ['who brings a value', {}, { headers: { cookie: 'a' } }, { headers: { authorization: 'a' } }],
  ];
  for (const [what, changes, one, other] of different) {
    test(`${what} keeps answers apart`, () => expect(keyOf(changes, one)).not.toBe(keyOf(changes, other)));
  }

  test('routes are kept apart, also when one path leads to two upstreams', () => {
    expect(keyOf({ upstream: 'a' }, {})).not.toBe(keyOf({ upstream: 'b' }, {}));
    expect(keyOf({ label: '/a\nb' }, {})).not.toBe(keyOf({ label: '/a', upstream: 'b' }, {}));
  });
});

describe('credentials', () => {
  test('no secret stands in a key', () => {
    const headers = {
      authorization: 'Bearer s3cret',
      cookie: 'sid=s3cret',
      'x-api-key': 's3cret',
      'x-who': 's3cret',
    };
    const parts: KeyPart[] = [{ kind: 'header', name: 'authorization' }];
    expect(keyOf({ clientHeader: 'x-who', parts }, { headers })).not.toContain('s3cret');
  });

  test('a shared route does not look at them', () => {
    expect(keyOf({ shared: true }, { headers: { authorization: 'a', 'client-id': 'b' } })).toBe(
      keyOf({ shared: true }, {}),
    );
  });

  test('a request is partitioned by the credentials it brings', () => {
    const keys = new CacheKeys({ ...settings, clientHeader: 'x-who' });
    expect(keys.isPartitioned(request())).toBe(false);
    for (const name of ['authorization', 'cookie', 'x-api-key', 'client-id', 'x-who']) {
      expect(keys.isPartitioned(request({ headers: { [name]: 'a' } }))).toBe(true);
    }
    expect(
      new CacheKeys({ ...settings, shared: true }).isPartitioned(request({ headers: { cookie: 'a' } })),
    ).toBe(false);
  });
});

test('no two different part lists have one key', () => {
  // Few characters, among them those that keys are written with, so that a clash would be found.
  const text = fc
    .array(fc.constantFrom('1', '2', ':', '-', '0', 'a'), { maxLength: 5 })
    .map((list) => list.join(''));
  const headers = fc.record(
    { 'x-a': text, 'x-b': text, 'client-id': text, authorization: text },
    { requiredKeys: [] },
  );
  const asked = fc.record({
    target: text.map((path) => `/${path}`),
    params: fc.record({ p: text, q: text }, { requiredKeys: [] }),
    headers,
  });
  const keys = new CacheKeys({
    ...settings,
    checked: new Set(['p', 'q']),
    parts: [
      query('p'),
      { kind: 'header', name: 'x-a' },
      { kind: 'path' },
      query('q'),
      { kind: 'header', name: 'x-b' },
    ],
  });
  const identity = ({ target, params, headers }: { target: string; params: object; headers: object }) =>
    JSON.stringify([target, Object.entries(params).sort(), Object.entries(headers).sort()]);
  const same = (one: Asked, other: Asked) => keys.keyOf(request(one)) === keys.keyOf(request(other));
  fc.assert(
    fc.property(asked, asked, (one, other) => {
      expect(same(one as Asked, other as Asked)).toBe(identity(one) === identity(other));
    }),
    { numRuns: 5_000 },
  );
});
