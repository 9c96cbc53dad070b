import { expect, test } from 'bun:test';
import { CacheEntry, type EntryFacts } from './entry.ts';

function entry(facts: Partial<EntryFacts> = {}): CacheEntry {
  return new CacheEntry({
    answer: {
      status: 200,
      headers: [
        ['Content-Type', 'a/b'],
        ['ETag', '"1"'],
      ],
      body: new Uint8Array(10),
      origin: 'upstream',
    },
    bornAtMs: 0,
    freshUntilMs: 60_000,
    staleWhileRevalidateUntilMs: undefined,
    staleIfErrorUntilMs: undefined,
    mustRevalidate: false,
    keepUntilMs: 1e9,
    etag: '"1"',
    lastModified: undefined,
    vary: [],
    ...facts,
  });
}

test('age and ttl are whole seconds and are written once a second', () => {
  const one = entry();
  one.tick(17_300);
  expect([one.hitStatus, one.ageHeaders]).toEqual(['hit; ttl=42', [['Age', '17']]]);
  const { ageHeaders } = one;
  one.tick(17_999);
  expect(one.ageHeaders).toBe(ageHeaders);
  one.tick(18_000);
  expect([one.hitStatus, one.ageHeaders]).toEqual(['hit; ttl=42', [['Age', '18']]]);
  one.tick(18_001);
  expect([one.hitStatus, one.ageHeaders]).toEqual(['hit; ttl=41', [['Age', '18']]]);
});

test('what was written is right at every moment, also where age and ttl tick apart', () => {
  const one = entry({ bornAtMs: 120.5, freshUntilMs: 5_733 });
  for (let nowMs = 121; nowMs < 9_000; nowMs += 7) {
    one.tick(nowMs);
    expect(one.hitStatus).toBe(`hit; ttl=${Math.floor((5_733 - nowMs) / 1_000)}`);
    expect(one.ageHeaders).toEqual([['Age', String(Math.floor((nowMs - 120.5) / 1_000))]]);
  }
});

test('a stale answer has a negative ttl', () => {
  expect(entry().staleStatus(472_000, 'circuit_open')).toBe('hit; ttl=-412; detail=circuit_open');
  expect(entry().staleStatus(60_001, 'max-stale')).toBe('hit; ttl=-1; detail=max-stale');
});

test('the answers to HEAD and to a client that has it are made once', () => {
  const one = entry();
  expect(one.head).toEqual({ ...one.answer, body: undefined });
  expect(one.head).toBe(one.head);
  expect(one.notModified).toMatchObject({ status: 304, headers: [['ETag', '"1"']], body: undefined });
  expect(one.notModified).toBe(one.notModified);
});

test('its size counts body and headers', () => {
  const small = entry().bytes;
  const answer = { ...entry().answer, body: new Uint8Array(1_010) };
  expect(entry({ answer }).bytes).toBe(small + 1_000);
  const headers = [...answer.headers, ['x-long', 'v'.repeat(500)] as const];
  expect(entry({ answer: { ...answer, headers } }).bytes).toBeGreaterThan(small + 1_500);
});
