import type { UsageRow } from '../../api/types.ts';

/** How one route used its cache. */
export interface RouteUse {
  readonly route: string;
  readonly hits: number;
  readonly stale: number;
  readonly misses: number;
  /** 0…1 of the requests that looked; null when none did. */
  readonly ratio: number | null;
}

/** Rows of usage by route and cache result, for the routes that have a cache; those without a request too. */
export function routeUse(
  routes: readonly string[],
  rows: readonly Pick<UsageRow, 'group' | 'count'>[],
): RouteUse[] {
  const counts = new Map<string, number>();
  for (const { group, count } of rows) {
    const key = `${group.cache} ${group.route}`;
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  return routes.map((route) => {
    const of = (result: string): number => counts.get(`${result} ${route}`) ?? 0;
    const [hits, stale, misses] = [of('hit'), of('stale'), of('miss')];
    const asked = hits + stale + misses;
    return {
      route,
      hits,
      stale,
      misses,
      ratio: asked === 0 ? null : (hits + stale) / asked,
    };
  });
}
