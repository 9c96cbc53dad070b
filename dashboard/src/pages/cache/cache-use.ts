import type { CacheStats } from '../../api/types.ts';

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
