import { describe, expect, test } from 'bun:test';
import { CacheEntry } from '../../policies/cache/entry.ts';
import { MAX_VARIANTS } from '../../policies/cache/variants.ts';
import { MemoryCache } from './cache.ts';

function entry({ bytes = 100, keepUntilMs = 1_000, vary = [] as string[] } = {}): CacheEntry {
  return new CacheEntry({
    answer: { status: 200, headers: [], body: new Uint8Array(bytes), origin: 'upstream' },
    bornAtMs: 0,
    freshUntilMs: 0,
    staleWhileRevalidateUntilMs: undefined,
    staleIfErrorUntilMs: undefined,
    mustRevalidate: false,
    keepUntilMs,
    etag: undefined,
    lastModified: undefined,
    vary,
  });
}

const none = new Headers();
const cacheOf = (maxSizeBytes = 1_000_000, maxEntryBytes = 10_000) =>
  new MemoryCache({ maxSizeBytes, maxEntryBytes });

test('finds what was put, until it is of no use', () => {
  const cache = cacheOf();
  const one = entry();
  expect(cache.put('a', one, none, 0)).toBe(true);
  expect(cache.find('a', none, 999)).toBe(one);
  expect(cache.find('b', none, 999)).toBeUndefined();
  expect(cache.find('a', none, 1_000)).toBeUndefined();
  expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0, stores: 1 });
});

test('never holds more than its bytes, drops the least recently used, and counts it', () => {
  const cache = cacheOf(20_000);
  for (let count = 0; count < 100; count++) {
    cache.put(`key-${count}`, entry({ bytes: 1_000 }), none, 0);
    cache.find('key-0', none, 0);
    expect(cache.stats().bytes).toBeLessThanOrEqual(20_000);
  }
  const { entries, evictions, bytes } = cache.stats();
  expect(entries + evictions).toBe(100);
  expect(bytes).toBeGreaterThan(entries * 1_000);
  expect(cache.find('key-0', none, 0)).toBeDefined();
  expect(cache.find('key-1', none, 0)).toBeUndefined();
});

test('turns away a body above the bound of an entry, and an entry above the bound of all', () => {
  const cache = cacheOf(5_000, 4_900);
  expect(cache.put('a', entry({ bytes: 4_901 }), none, 0)).toBe(false);
  expect(cache.put('b', entry({ bytes: 4_900 }), none, 0)).toBe(false);
  expect(cache.put('c', entry({ bytes: 4_000 }), none, 0)).toBe(true);
  expect(cache.stats()).toMatchObject({ tooLarge: 2, entries: 1 });
});

test('bounds the variants of a key, and counts those turned away', () => {
  const cache = cacheOf();
  const asks = (count: number) => new Headers({ accept: `a/${count}` });
  for (let count = 0; count < MAX_VARIANTS + 3; count++) {
    cache.put('a', entry({ vary: ['accept'] }), asks(count), 0);
  }
  expect(cache.stats()).toMatchObject({ entries: 1, stores: MAX_VARIANTS, tooManyVariants: 3 });
  expect(cache.find('a', asks(0), 0)).toBeDefined();
  expect(cache.find('a', asks(MAX_VARIANTS), 0)).toBeUndefined();
  expect(cache.find('a', asks(0), 1_000)).toBeUndefined();
});

test('bytes follow what is replaced and deleted', () => {
  const cache = cacheOf();
  cache.put('a', entry({ bytes: 5_000 }), none, 0);
  const before = cache.stats().bytes;
  cache.put('a', entry({ bytes: 1_000 }), none, 0);
  expect(cache.stats().bytes).toBe(before - 4_000);
  cache.delete('a');
  expect(cache.stats()).toMatchObject({ bytes: 0, evictions: 0 });
});

test('what is over goes with later stores, before it pushes anything out', () => {
  const cache = cacheOf();
  for (let count = 0; count < 10; count++) cache.put(`old-${count}`, entry({ keepUntilMs: 100 }), none, 0);
  for (let count = 0; count < 10; count++) cache.put(`new-${count}`, entry(), none, 100);
  expect(cache.stats()).toMatchObject({ entries: 10, evictions: 0 });
});

test('tells of each key that goes, and of none that stays', () => {
  const cache = cacheOf(3_000);
  const gone: string[] = [];
  cache.accompany({ bytesPerKey: 0, gone: (key) => void gone.push(key) });
  for (const key of ['a', 'b', 'a']) cache.put(key, entry({ bytes: 10 }), none, 0);
  expect(gone).toEqual([]);
  cache.delete('a');
  cache.purge('b');
  expect(gone.splice(0)).toEqual(['a', 'b']);
  for (let count = 0; count < 10; count++) cache.put(`${count}`, entry({ bytes: 1_000 }), none, 0);
  expect(gone.length).toBe(cache.stats().evictions);
  expect(gone.length + cache.stats().entries).toBe(10);
  cache.find('9', none, 1_000);
  expect(gone.at(-1)).toBe('9');
});

test('counts what is kept beside its keys', () => {
  const [plain, accompanied] = [cacheOf(), cacheOf()];
  accompanied.accompany({ bytesPerKey: 250, gone: () => {} });
  for (const cache of [plain, accompanied])
    for (const key of ['a', 'b', 'a']) cache.put(key, entry(), none, 0);
  expect(accompanied.stats().bytes).toBe(plain.stats().bytes + 500);
});

describe('purge', () => {
  test('forgets what begins so, or all', () => {
    const cache = cacheOf();
    for (const key of ['/a\nu\n1', '/a\nu\n2', '/b\nu\n1']) cache.put(key, entry(), none, 0);
    expect(cache.purge('/a\n')).toBe(2);
    expect(cache.find('/b\nu\n1', none, 0)).toBeDefined();
    expect(cache.purge()).toBe(1);
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0 });
  });
});

test('cannot be built without bounds', () => {
  expect(() => cacheOf(0)).toThrow(RangeError);
  expect(() => cacheOf(1, Number.POSITIVE_INFINITY)).toThrow(RangeError);
});
