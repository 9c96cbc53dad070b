import { expect, test } from 'bun:test';
import { CacheEntry } from './entry.ts';
import {
  bytesOf,
  type CacheItem,
  choose,
  keepUntilOf,
  MAX_VARIANTS,
  valuesOf,
  withEntry,
} from './variants.ts';

function entry(vary: readonly string[], keepUntilMs = 1_000): CacheEntry {
  return new CacheEntry({
    answer: { status: 200, headers: [], body: undefined, origin: 'upstream' },
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

const asks = (headers: Record<string, string> = {}) => new Headers(headers);

test('without Vary the newest answer stands alone', () => {
  const [one, other] = [entry([]), entry([])];
  const item = withEntry(
    withEntry(undefined, one, asks(), 0),
    other,
    asks({ accept: 'a/b' }),
    0,
  ) as CacheItem;
  expect(choose(item, asks())).toBe(other);
});

test('each set of values has its answer', () => {
  const [en, pt] = [entry(['accept-language']), entry(['accept-language'])];
  let item = withEntry(undefined, en, asks({ 'accept-language': 'en' }), 0);
  item = withEntry(item, pt, asks({ 'accept-language': 'pt' }), 0) as CacheItem;
  expect(choose(item, asks({ 'accept-language': 'en' }))).toBe(en);
  expect(choose(item, asks({ 'accept-language': 'pt' }))).toBe(pt);
  expect(choose(item, asks())).toBeUndefined();
  expect(bytesOf(item)).toBeGreaterThanOrEqual(en.bytes + pt.bytes);
});

test('an answer that names fewer headers is kept by all that were named', () => {
  const [both, plain] = [entry(['a', 'b']), entry([])];
  let item = withEntry(undefined, both, asks({ a: '1' }), 0);
  item = withEntry(item, plain, asks({ a: '2' }), 0) as CacheItem;
  expect(choose(item, asks({ a: '1' }))).toBe(both);
  expect(choose(item, asks({ a: '2' }))).toBe(plain);
});

test('an answer that names a further header makes a new start', () => {
  const [one, other] = [entry(['a']), entry(['b'])];
  let item = withEntry(undefined, one, asks({ a: '1', b: '1' }), 0);
  item = withEntry(item, other, asks({ a: '2', b: '2' }), 0) as CacheItem;
  expect(choose(item, asks({ a: '1', b: '1' }))).toBeUndefined();
  expect(choose(item, asks({ a: '2', b: '2' }))).toBe(other);
});

test('variants are bounded; one that is over makes room, one that is there is replaced', () => {
  let item: CacheItem | undefined;
  for (let count = 0; count < MAX_VARIANTS; count++) {
    item = withEntry(item, entry(['a'], 1_000 + count), asks({ a: `${count}` }), 0);
  }
  expect(withEntry(item, entry(['a']), asks({ a: 'more' }), 999)).toBeUndefined();
  expect(withEntry(item, entry(['a']), asks({ a: '7' }), 999)).toBeDefined();
  expect(withEntry(item, entry(['a']), asks({ a: 'more' }), 1_000)).toBeDefined();
  expect(keepUntilOf(item as CacheItem)).toBe(1_000 + MAX_VARIANTS - 1);
});

test('values are unambiguous, indifferent to white space around commas, and hold no secret', () => {
  const names = ['a', 'b'];
  expect(valuesOf(names, asks({ a: '1' }))).not.toBe(valuesOf(names, asks({ b: '1' })));
  expect(valuesOf(names, asks({ a: '' }))).not.toBe(valuesOf(names, asks()));
  expect(valuesOf(names, asks({ a: 'x ,  y' }))).toBe(valuesOf(names, asks({ a: 'x,y' })));
  expect(valuesOf(['authorization'], asks({ authorization: 's3cret' }))).not.toContain('s3cret');
});
