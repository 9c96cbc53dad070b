import { expect, test } from 'bun:test';
import { cacheUse } from './cache-use.ts';
import { routeUse } from './route-use.ts';

test('a stale answer in place of an error was a miss before, and asked once', () => {
  // Ten asked: four fresh, one stale while it was refreshed, five went on, two of which got a stale answer.
  expect(cacheUse({ hits: 4, misses: 5, stale: 3, stale_if_error: 2 })).toEqual({ asked: 10, answered: 7 });
  expect(cacheUse({ hits: 0, misses: 0, stale: 0, stale_if_error: 0 })).toEqual({ asked: 0, answered: 0 });
});

test('puts the rows of usage to the routes, and leaves the others out', () => {
  const row = (route: string, cache: string, count: number) => ({ group: { route, cache }, count });
  const rows = [
    row('/a', 'hit', 6),
    row('/a', 'miss', 2),
    row('/a', 'none', 9),
    row('/other', 'miss', 50),
    row('/a', 'stale', 2),
  ];
  expect(routeUse(['/a', '/quiet'], rows)).toEqual([
    { route: '/a', hits: 6, stale: 2, misses: 2, ratio: 0.8 },
    { route: '/quiet', hits: 0, stale: 0, misses: 0, ratio: null },
  ]);
});
