import { z } from '@hono/zod-openapi';
import { nearestName } from '../../../config/nearest.ts';
import { section } from '../../../config/schema/section.ts';
import { line } from '../input/fields.ts';
import { json, operation } from '../operation.ts';
import type { AdminPorts } from '../ports.ts';
import { invalid } from '../problems.ts';

export const cacheStats = z
  .object({
    entries: z.number().int().describe('Keys; the variants of one key count once.'),
    bytes: z.number().int(),
    hits: z.number().int(),
    misses: z.number().int(),
    stale: z.number().int(),
    stale_if_error: z.number().int(),
    bypasses: z.number().int(),
    revalidated: z.number().int(),
    refreshes: z.number().int(),
    refresh_failures: z.number().int(),
    refreshes_skipped: z.number().int(),
    stores: z.number().int(),
    evictions: z.number().int(),
    too_large: z.number().int(),
    too_many_variants: z.number().int(),
    routes: z.array(z.string()).describe('Paths of the routes that have a cache.'),
  })
  .openapi('CacheStats');

/** Stored answers. */
export const cacheOperations = [
  operation(
    {
      id: 'getCache',
      method: 'GET',
      path: '/cache',
      tag: 'cache',
      summary: 'Show what is stored and how it is used',
      answers: [{ status: 200, description: 'Counters since start.', schema: cacheStats }],
    },
    async ({ ports }) => json(await statsOf(ports)),
  ),
  operation(
    {
      id: 'purgeCache',
      method: 'DELETE',
      path: '/cache',
      tag: 'cache',
      summary: 'Forget stored answers, of one route or all',
      query: section({
        route: line('The path of the route as configured; absent: everything.', {
          min: 1,
          max: 2_048,
        }).optional(),
      }),
      answers: [
        {
          status: 200,
          description: 'How many keys were forgotten.',
          schema: z.object({ purged: z.number().int() }),
        },
      ],
    },
    async ({ ports, query: { route }, record }) => {
      if (route !== undefined) requireCachedRoute(ports, route);
      const purged = await ports.cache.purge(route);
      await record({
        action: 'cache.purge',
        subject: route === undefined ? 'cache' : `cache${route}`,
        before: { purged },
      });
      return json({ purged });
    },
  ),
];

async function statsOf({ cache }: AdminPorts): Promise<z.output<typeof cacheStats>> {
  const now = await cache.stats();
  return {
    entries: now.entries,
    bytes: now.bytes,
    hits: now.hits,
    misses: now.misses,
    stale: now.stale,
    stale_if_error: now.staleIfError,
    bypasses: now.bypasses,
    revalidated: now.revalidated,
    refreshes: now.refreshes,
    refresh_failures: now.refreshFailures,
    refreshes_skipped: now.refreshesSkipped,
    stores: now.stores,
    evictions: now.evictions,
    too_large: now.tooLarge,
    too_many_variants: now.tooManyVariants,
    routes: [...cache.routes()],
  };
}

function requireCachedRoute({ cache }: AdminPorts, route: string): void {
  const routes = cache.routes();
  if (routes.includes(route)) return;
  const nearest = nearestName(route, routes);
  const known = routes.length === 0 ? 'no route has a cache' : `expected one of ${routes.join(', ')}`;
  const hint = nearest === undefined ? known : `did you mean \`${nearest}\`?`;
  throw invalid([{ field: 'route', message: `no cached route has this path; ${hint}` }]);
}
