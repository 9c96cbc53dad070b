import { describe, expect, test } from 'bun:test';
import {
  type CacheRules,
  type Exchange,
  entryOf,
  judge,
  KEEP_FOR_REVALIDATION_MS,
  type Lifetime,
} from './cacheability.ts';
import type { Fields } from './fields.ts';

const NOW_MS = 5_000;
const WALL_MS = Date.UTC(2030, 0, 1);
const date = (offsetMs: number) => new Date(WALL_MS + offsetMs).toUTCString();

const ttlRules: CacheRules = {
  ttlMs: 42_000,
  staleIfErrorMs: 0,
  staleWhileRevalidateMs: 0,
  honorUpstream: true,
  shared: false,
};
const overruled: Partial<CacheRules> = { honorUpstream: false };
const inShared: Partial<CacheRules> = { shared: true };

interface Case {
  readonly says: string;
  readonly headers?: Fields;
  readonly status?: number;
  readonly request?: Partial<Pick<Exchange, 'partitioned' | 'authorized' | 'noStore'>>;
  readonly rules?: Partial<CacheRules>;
  /** Freshness in seconds from now; undefined: not kept. */
  readonly fresh: number | undefined;
}

function lifetimeOf({ headers = [], status = 200, request, rules }: Omit<Case, 'says' | 'fresh'>) {
  const exchange: Exchange = {
    partitioned: true,
    authorized: false,
    noStore: false,
    status,
    headers,
    ...request,
  };
  return judge(exchange, { ...ttlRules, ...rules }, NOW_MS, WALL_MS);
}

const cc = (value: string): readonly [string, string] => ['Cache-Control', value];
const ETAG = ['ETag', '"v1"'] as const;
const COOKIE = ['Set-Cookie', 'session=1'] as const;
const anonymous = { partitioned: false };

const cases: readonly Case[] = [
  // An answer that says nothing: the route's ttl, for 200 and 203 only.
  { says: 'nothing, 200', fresh: 42 },
  { says: 'nothing, 203', status: 203, fresh: 42 },
  ...[204, 206, 301, 302, 304, 400, 401, 403, 404, 410, 429, 500, 503].map(
    (status): Case => ({ says: `nothing, ${status}`, status, fresh: undefined }),
  ),
  { says: 'nothing, with Last-Modified: no guess', headers: [['Last-Modified', date(-1e9)]], fresh: 42 },
  { says: 'nothing, ttl 0', rules: { ttlMs: 0 }, fresh: undefined },
  { says: 'nothing, ttl 0, but an ETag to ask about', rules: { ttlMs: 0 }, headers: [ETAG], fresh: 0 },
  { says: 'nothing, ttl 0, kept for errors', rules: { ttlMs: 0, staleIfErrorMs: 1 }, fresh: 0 },
  { says: 'public without a lifetime', headers: [cc('public')], fresh: 42 },
  { says: 'an extension only', headers: [cc('no-transform')], fresh: 42 },
  { says: 'immutable without a lifetime', headers: [cc('immutable')], fresh: 42 },
  { says: 'Age 40 and no lifetime', headers: [['Age', '40']], fresh: 2 },
  { says: 'Age beyond the ttl', headers: [['Age', '43']], fresh: undefined },

  // Explicit lifetimes.
  { says: 'max-age', headers: [cc('max-age=7')], fresh: 7 },
  { says: 'MAX-AGE, quoted', headers: [cc('MAX-AGE="7"')], fresh: 7 },
  { says: 'max-age in the second line', headers: [cc('public'), cc('max-age=7')], fresh: 7 },
  { says: 'max-age twice: the first', headers: [cc('max-age=7, max-age=99')], fresh: 7 },
  { says: 'max-age hidden in quotes', headers: [cc('ext="a, max-age=7"')], fresh: 42 },
  { says: 'max-age that is no number: stale', headers: [cc('max-age=soon')], fresh: undefined },
  { says: 'max-age=0 with an ETag', headers: [cc('max-age=0'), ETAG], fresh: 0 },
  { says: 'max-age over Expires', headers: [cc('max-age=7'), ['Expires', date(99_000)]], fresh: 7 },
  { says: 'max-age less Age', headers: [cc('max-age=7'), ['Age', '3']], fresh: 4 },
  { says: 'an invalid Age', headers: [cc('max-age=7'), ['Age', '-3']], fresh: 7 },
  { says: 'max-age on a 404', status: 404, headers: [cc('max-age=7')], fresh: 7 },
  { says: 'max-age on a 302', status: 302, headers: [cc('max-age=7')], fresh: 7 },
  { says: 'max-age on a 206', status: 206, headers: [cc('max-age=7')], fresh: undefined },
  { says: 'max-age on a 500', status: 500, headers: [cc('max-age=7')], fresh: undefined },
  {
    says: 'Expires, by Date',
    headers: [
      ['Date', date(-60_000)],
      ['Expires', date(-51_000)],
    ],
    fresh: 9,
  },
  { says: 'Expires without Date', headers: [['Expires', date(9_000)]], fresh: 9 },
  { says: 'Expires: 0', headers: [['Expires', '0']], fresh: undefined },
  { says: 's-maxage apart by client', headers: [cc('s-maxage=9, max-age=7')], fresh: 7 },
  { says: 's-maxage shared', rules: inShared, headers: [cc('s-maxage=9, max-age=7')], fresh: 9 },
  {
    says: 'proxy-revalidate shared',
    rules: inShared,
    headers: [cc('max-age=7, proxy-revalidate')],
    fresh: 7,
  },

  // What must not be kept, or not used unasked.
  { says: 'no-store', headers: [cc('no-store')], fresh: undefined },
  { says: 'No-Store, max-age', headers: [cc('No-Store, max-age=7')], fresh: undefined },
  { says: 'no-cache', headers: [cc('no-cache')], fresh: undefined },
  { says: 'no-cache with an ETag', headers: [cc('no-cache, max-age=7'), ETAG], fresh: 0 },
  { says: 'Pragma: no-cache', headers: [['Pragma', 'no-cache'], ETAG], fresh: 0 },
  { says: 'Pragma beside Cache-Control', headers: [['Pragma', 'no-cache'], cc('max-age=7')], fresh: 7 },
  { says: 'Vary: *', headers: [['Vary', 'Accept, *']], fresh: undefined },
  { says: 'Vary: * overruled', rules: overruled, headers: [['Vary', '*']], fresh: undefined },
  { says: 'no-store in the request', request: { noStore: true }, fresh: undefined },
  {
    says: 'no-store in the request, overruled',
    rules: overruled,
    request: { noStore: true },
    fresh: undefined,
  },

  // Whose answer it is.
  { says: 'private, apart by client', headers: [cc('private, max-age=7')], fresh: 7 },
  {
    says: 'private, to anonymous',
    request: anonymous,
    headers: [cc('private, max-age=7')],
    fresh: undefined,
  },
  { says: 'private, shared', rules: inShared, headers: [cc('private, max-age=7')], fresh: undefined },
  {
    says: 'private, shared, overruled',
    rules: { ...inShared, ...overruled },
    headers: [cc('private')],
    fresh: 42,
  },
  { says: 'nothing, to anonymous', request: anonymous, fresh: 42 },
  { says: 'Authorization, apart', request: { authorized: true }, fresh: 42 },
  { says: 'Authorization, shared', rules: inShared, request: { authorized: true }, fresh: undefined },
  {
    says: 'Authorization, shared, public',
    rules: inShared,
    request: { authorized: true },
    headers: [cc('public')],
    fresh: 42,
  },
  {
    says: 'Authorization, shared, s-maxage',
    rules: inShared,
    request: { authorized: true },
    headers: [cc('s-maxage=7')],
    fresh: 7,
  },
  { says: 'Set-Cookie, apart, no lifetime', headers: [COOKIE], fresh: undefined },
  { says: 'Set-Cookie, apart, with lifetime', headers: [COOKIE, cc('max-age=7')], fresh: 7 },
  { says: 'Set-Cookie, apart, overruled', rules: overruled, headers: [COOKIE], fresh: 42 },
  {
    says: 'Set-Cookie, anonymous, overruled',
    rules: overruled,
    request: anonymous,
    headers: [COOKIE],
    fresh: undefined,
  },
  {
    says: 'Set-Cookie, shared',
    rules: inShared,
    headers: [COOKIE, cc('public, max-age=7')],
    fresh: undefined,
  },

  // The route overrules the upstream.
  { says: 'no-store, overruled', rules: overruled, headers: [cc('no-store')], fresh: 42 },
  { says: 'max-age, overruled', rules: overruled, headers: [cc('max-age=7')], fresh: 42 },
  {
    says: 'Expires and Age, overruled',
    rules: overruled,
    headers: [
      ['Expires', '0'],
      ['Age', '99'],
    ],
    fresh: 42,
  },
  {
    says: 'max-age on a 404, overruled',
    rules: overruled,
    status: 404,
    headers: [cc('max-age=7')],
    fresh: undefined,
  },
];

describe('an answer that says', () => {
  for (const { says, fresh, ...given } of cases) {
    test(`${says} → ${fresh === undefined ? 'not kept' : `${fresh} s`}`, () => {
      const lifetime = lifetimeOf(given);
      expect(lifetime && (lifetime.freshUntilMs - NOW_MS) / 1_000).toBe(fresh);
    });
  }
});

describe('windows of stale use', () => {
  const windows: ReadonlyArray<
    readonly [
      cacheControl: string,
      rules: Partial<CacheRules>,
      swr: number | undefined,
      sie: number | undefined,
    ]
  > = [
    ['max-age=10', {}, undefined, undefined],
    ['max-age=10', { staleWhileRevalidateMs: 3_000, staleIfErrorMs: 4_000 }, 13, 14],
    ['max-age=10, stale-while-revalidate=5, stale-if-error=6', {}, 15, 16],
    ['max-age=10, stale-while-revalidate=5, stale-if-error=6', { staleIfErrorMs: 60_000 }, 15, 70],
    ['max-age=10, stale-if-error=6, must-revalidate', { staleIfErrorMs: 60_000 }, undefined, undefined],
    ['no-cache, stale-if-error=6', { staleIfErrorMs: 60_000 }, undefined, undefined],
    ['max-age=10, proxy-revalidate', { ...inShared, staleIfErrorMs: 60_000 }, undefined, undefined],
    ['max-age=10, proxy-revalidate', { staleIfErrorMs: 60_000 }, undefined, 70],
    ['s-maxage=10', { ...inShared, staleIfErrorMs: 60_000 }, undefined, undefined],
    ['s-maxage=10, stale-while-revalidate=5', { ...inShared, staleIfErrorMs: 60_000 }, 15, undefined],
    ['no-cache, must-revalidate', { ...overruled, staleIfErrorMs: 8_000 }, undefined, 50],
  ];
  const seconds = (untilMs: number | undefined) => untilMs && (untilMs - NOW_MS) / 1_000;
  for (const [cacheControl, rules, swr, sie] of windows) {
    test(`${cacheControl} with ${JSON.stringify(rules)}`, () => {
      const lifetime = lifetimeOf({ headers: [cc(cacheControl), ETAG], rules }) as Lifetime;
      expect([seconds(lifetime.staleWhileRevalidateUntilMs), seconds(lifetime.staleIfErrorUntilMs)]).toEqual([
        swr,
        sie,
      ]);
    });
  }

  test('an answer is kept to the end of its longest window, and with a validator at least an hour', () => {
    const rules = { staleWhileRevalidateMs: 2_000, staleIfErrorMs: 1_000 };
    expect(lifetimeOf({ rules })?.keepUntilMs).toBe(NOW_MS + 42_000 + 2_000);
    expect(lifetimeOf({ rules, headers: [ETAG] })?.keepUntilMs).toBe(
      NOW_MS + 42_000 + KEEP_FOR_REVALIDATION_MS,
    );
  });
});

test('the age of an answer counts from its birth, also where it does not shorten its freshness', () => {
  expect(lifetimeOf({ headers: [['Age', '9']] })?.bornAtMs).toBe(NOW_MS - 9_000);
  expect(lifetimeOf({ headers: [['Age', '9']], rules: overruled })?.bornAtMs).toBe(NOW_MS - 9_000);
});

test('validators and the names of Vary are kept with the answer', () => {
  const lifetime = lifetimeOf({
    headers: [ETAG, ['last-modified', date(0)], ['Vary', 'Accept-Language,accept'], ['vary', ' ACCEPT ']],
  });
  expect(lifetime).toMatchObject({
    etag: '"v1"',
    lastModified: date(0),
    vary: ['accept', 'accept-language'],
  });
});

test('an entry holds no Age, keeps repeated headers apart, and owns its bytes', () => {
  const slab = new Uint8Array(65_536);
  const body = slab.subarray(10, 14);
  const headers: Fields = [
    ['Age', '3'],
    ['Link', '<a>'],
    ['Link', '<b>'],
  ];
  const entry = entryOf({ status: 200, headers, body }, lifetimeOf({}) as Lifetime);
  expect(entry.answer.headers).toEqual([
    ['Link', '<a>'],
    ['Link', '<b>'],
  ]);
  expect(entry.answer.body?.buffer.byteLength).toBe(4);
});
