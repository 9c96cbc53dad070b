import { type Directives, deltaMs, parseDirectives } from './directives.ts';
import type { CacheEntry } from './entry.ts';

/** What a client asks of the cache (RFC 9111 §5.2.1). */
export interface Demand {
  /** Nothing stored may be used before the upstream has confirmed it. */
  readonly noCache: boolean;
  readonly noStore: boolean;
  /** Only a stored answer will do. */
  readonly onlyIfCached: boolean;
  readonly maxAgeMs: number | undefined;
  readonly minFreshMs: number | undefined;
  /** How stale an answer may be; Infinity: no matter how. */
  readonly maxStaleMs: number | undefined;
}

/**
 * How a stored answer serves a demand: `fresh` and `stale` may be given; `expired` is stale, and the client says
 * nothing for or against it; `refused` is what the client does not take, fresh or stale.
 */
export type Admission = 'fresh' | 'stale' | 'expired' | 'refused';

/** `Pragma: no-cache` counts only where there is no `Cache-Control` (RFC 9111 §5.4). */
export function demandOf(cacheControl: string | null, pragma: string | null): Demand | undefined {
  if (cacheControl === null) {
    return pragma !== null && /no-cache/i.test(pragma) ? pragmaNoCache : undefined;
  }
  const said = parseDirectives(cacheControl);
  return {
    noCache: said.has('no-cache'),
    noStore: said.has('no-store'),
    onlyIfCached: said.has('only-if-cached'),
    maxAgeMs: deltaMs(said, 'max-age'),
    minFreshMs: deltaMs(said, 'min-fresh'),
    maxStaleMs: maxStaleOf(said),
  };
}

const pragmaNoCache: Demand = {
  noCache: true,
  noStore: false,
  onlyIfCached: false,
  maxAgeMs: undefined,
  minFreshMs: undefined,
  maxStaleMs: undefined,
};

export function admit(entry: CacheEntry, demand: Demand | undefined, nowMs: number): Admission {
  const { bornAtMs, freshUntilMs, mustRevalidate } = entry.facts;
  const staleForMs = nowMs - freshUntilMs;
  if (demand === undefined) return staleForMs < 0 ? 'fresh' : 'expired';
  const { noCache, maxAgeMs, minFreshMs, maxStaleMs } = demand;
  if (noCache || (maxAgeMs !== undefined && nowMs - bornAtMs > maxAgeMs)) return 'refused';
  if (minFreshMs !== undefined && staleForMs > -minFreshMs) return 'refused';
  if (staleForMs < 0) return 'fresh';
  if (maxStaleMs === undefined) return 'expired';
  if (staleForMs > maxStaleMs) return 'refused';
  return mustRevalidate ? 'expired' : 'stale';
}

function maxStaleOf(said: Directives): number | undefined {
  return said.get('max-stale') === true ? Number.POSITIVE_INFINITY : deltaMs(said, 'max-stale');
}
