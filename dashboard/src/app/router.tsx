import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import type { Search } from '../address/page-search.ts';
import { Layout } from './layout.tsx';
import { NotFound } from './not-found.tsx';
import { PageCrash } from './page-crash.tsx';

/**
 * Every page, behind the `#` of the address: the gateway serves one document, whatever path it is mounted on. What a
 * page filters by stands in its search parameters, so that an address can be handed to a colleague.
 */
const root = createRootRoute({ component: Layout, notFoundComponent: NotFound });

function textSearch(search: Record<string, unknown>): Search {
  const entries = Object.entries(search).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: textSearch,
  component: lazyRouteComponent(() => import('../pages/overview/overview-page.tsx'), 'OverviewPage'),
});
const upstream = createRoute({
  getParentRoute: () => root,
  path: '/upstreams/$name',
  validateSearch: textSearch,
  component: lazyRouteComponent(() => import('../pages/upstream/upstream-page.tsx'), 'UpstreamPage'),
});
const playground = createRoute({
  getParentRoute: () => root,
  path: '/playground',
  validateSearch: textSearch,
  component: lazyRouteComponent(() => import('../pages/playground/playground-page.tsx'), 'PlaygroundPage'),
});
const loadTest = createRoute({
  getParentRoute: () => root,
  path: '/load-test',
  validateSearch: textSearch,
  component: lazyRouteComponent(() => import('../pages/load-test/load-test-page.tsx'), 'LoadTestPage'),
});
const requests = createRoute({
  getParentRoute: () => root,
  path: '/requests',
  validateSearch: textSearch,
  component: lazyRouteComponent(() => import('../pages/requests/requests-page.tsx'), 'RequestsPage'),
});
const access = createRoute({
  getParentRoute: () => root,
  path: '/access',
  validateSearch: textSearch,
  component: lazyRouteComponent(() => import('../pages/access/access-page.tsx'), 'AccessPage'),
});
const usage = createRoute({
  getParentRoute: () => root,
  path: '/usage',
  validateSearch: textSearch,
  component: lazyRouteComponent(() => import('../pages/usage/usage-page.tsx'), 'UsagePage'),
});
const cache = createRoute({
  getParentRoute: () => root,
  path: '/cache',
  validateSearch: textSearch,
  component: lazyRouteComponent(() => import('../pages/cache/cache-page.tsx'), 'CachePage'),
});
const configuration = createRoute({
  getParentRoute: () => root,
  path: '/configuration',
  validateSearch: textSearch,
  component: lazyRouteComponent(
    () => import('../pages/configuration/configuration-page.tsx'),
    'ConfigurationPage',
  ),
});
const fleet = createRoute({
  getParentRoute: () => root,
  path: '/fleet',
  validateSearch: textSearch,
  component: lazyRouteComponent(() => import('../pages/fleet/fleet-page.tsx'), 'FleetPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    upstream,
    playground,
    loadTest,
    requests,
    access,
    usage,
    cache,
    configuration,
    fleet,
  ]),
  history: createHashHistory(),
  defaultPreload: 'intent',
  defaultErrorComponent: PageCrash,
  // Plain `name=value`, not JSON: people read and write these addresses.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const set = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
    const text = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
    return text === '' ? '' : `?${text}`;
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
