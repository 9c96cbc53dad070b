/** What `GET /cache` answers: how much is stored, and counters since the start of the process. */
export interface CacheStats {
  /** Keys; the variants of one key count once. */
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly stale: number;
  readonly stale_if_error: number;
  readonly bypasses: number;
  readonly revalidated: number;
  readonly refreshes: number;
  readonly refresh_failures: number;
  readonly refreshes_skipped: number;
  readonly stores: number;
  readonly evictions: number;
  readonly too_large: number;
  readonly too_many_variants: number;
  /** Paths of the routes that have a cache. */
  readonly routes: readonly string[];
}

/** Requests that looked into the cache, and those of them that it answered. */
export interface CacheUse {
  readonly asked: number;
  readonly answered: number;
}

/** `stale` has those of `stale_if_error` in it, and each of these was counted as a miss before: they asked once. */
export function cacheUse(stats: Pick<CacheStats, 'hits' | 'misses' | 'stale' | 'stale_if_error'>): CacheUse {
  const { hits, misses, stale, stale_if_error: insteadOfError } = stats;
  return { asked: hits + misses + stale - insteadOfError, answered: hits + stale };
}
