import type { CacheEntry } from '../policies/cache/entry.ts';

/** Totals since start. The stages count uses, the store counts what it keeps and turns away. */
export interface CacheCounters {
  /** Answered fresh. */
  hits: number;
  /** Sent on: nothing stored, or nothing that may be used. */
  misses: number;
  /** Answered stale, for whatever reason. */
  stale: number;
  /** Of `stale`: in place of an error. */
  staleIfError: number;
  /** Sent on without a look: another method, a part of the answer, a body. */
  bypasses: number;
  /** Confirmed by a 304. */
  revalidated: number;
  refreshes: number;
  refreshFailures: number;
  /** Refreshes that were due, but as many as may were already running. */
  refreshesSkipped: number;
  stores: number;
  /** Removed to make room. */
  evictions: number;
  /** Turned away: larger than `maxEntryBytes`. */
  tooLarge: number;
  /** Turned away: as many variants as may are kept under its key. */
  tooManyVariants: number;
}

export interface CacheStats extends Readonly<CacheCounters> {
  /** Keys; the variants of one key count once. */
  readonly entries: number;
  readonly bytes: number;
}

/**
 * Keeps answers under keys, bounded in bytes; the least recently used goes first. A store that is not in this
 * process answers with promises; one that fails may reject, which counts as nothing found.
 */
export interface CacheStore {
  readonly maxEntryBytes: number;
  /** Only numbers are added here. */
  readonly counters: CacheCounters;
  /** What is stored for a request with this key and these headers, if it is still of use at `nowMs`. */
  find(
    key: string,
    incoming: Headers,
    nowMs: number,
  ): CacheEntry | undefined | Promise<CacheEntry | undefined>;
  /** Keeps the answer to a request with this key and these headers. False when it was turned away. */
  put(key: string, entry: CacheEntry, incoming: Headers, nowMs: number): boolean;
  /** Forgets a key with all its variants. */
  delete(key: string): void;
  /** Forgets every key that begins so (absent: all), and says how many they were. Cost grows with the store. */
  purge(prefix?: string): number | Promise<number>;
  stats(): CacheStats | Promise<CacheStats>;
}

export function newCacheCounters(): CacheCounters {
  return {
    hits: 0,
    misses: 0,
    stale: 0,
    staleIfError: 0,
    bypasses: 0,
    revalidated: 0,
    refreshes: 0,
    refreshFailures: 0,
    refreshesSkipped: 0,
    stores: 0,
    evictions: 0,
    tooLarge: 0,
    tooManyVariants: 0,
  };
}
