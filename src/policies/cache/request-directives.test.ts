import { describe, expect, test } from 'bun:test';
import { CacheEntry } from './entry.ts';
import { type Admission, admit, demandOf } from './request-directives.ts';

/** Born at 0, fresh until 60 s. */
function entry(mustRevalidate = false): CacheEntry {
  return new CacheEntry({
    answer: { status: 200, headers: [], body: undefined, origin: 'upstream' },
    bornAtMs: 0,
    freshUntilMs: 60_000,
    staleWhileRevalidateUntilMs: undefined,
    staleIfErrorUntilMs: undefined,
    mustRevalidate,
    keepUntilMs: 1e9,
    etag: undefined,
    lastModified: undefined,
    vary: [],
  });
}

describe('admit', () => {
  const table: ReadonlyArray<readonly [asked: string | null, atSeconds: number, expected: Admission]> = [
    [null, 59, 'fresh'],
    [null, 60, 'expired'],
    ['no-transform', 59, 'fresh'],
    ['no-transform', 61, 'expired'],
    ['no-store', 59, 'fresh'],
    ['no-cache', 1, 'refused'],
    ['no-cache', 61, 'refused'],
    ['max-age=0', 1, 'refused'],
    ['max-age=30', 30, 'fresh'],
    ['max-age=30', 31, 'refused'],
    ['min-fresh=10', 50, 'fresh'],
    ['min-fresh=10', 51, 'refused'],
    ['min-fresh=0', 61, 'refused'],
    ['max-stale', 9_999, 'stale'],
    ['max-stale=10', 70, 'stale'],
    ['max-stale=10', 71, 'refused'],
    ['max-stale=10, max-age=65', 66, 'refused'],
    ['only-if-cached', 59, 'fresh'],
    ['Max-Age="30"', 31, 'refused'],
  ];
  for (const [asked, atSeconds, expected] of table) {
    test(`${asked} at ${atSeconds} s → ${expected}`, () => {
      expect(admit(entry(), demandOf(asked, null), atSeconds * 1_000)).toBe(expected);
    });
  }

  test('max-stale does not overrule must-revalidate', () => {
    expect(admit(entry(true), demandOf('max-stale', null), 61_000)).toBe('expired');
  });
});

test('Pragma: no-cache counts only without Cache-Control', () => {
  expect(demandOf(null, 'no-cache')?.noCache).toBe(true);
  expect(demandOf('max-age=5', 'no-cache')?.noCache).toBe(false);
  expect(demandOf(null, 'something')).toBeUndefined();
});
