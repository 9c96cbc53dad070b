import { usePageSearch } from '../address/page-search.ts';
import { useRoutes } from '../api/routes.ts';
import type { RouteView } from '../api/types.ts';
import { chosenMethod, chosenRoute } from './route-choice.ts';

const NONE: readonly RouteView[] = [];

/** The routes of the gateway, and which of them the address of the page names. */
export function useRouteChoice() {
  const [search, change] = usePageSearch();
  const query = useRoutes();
  const routes = query.data ?? NONE;
  const route = chosenRoute(routes, search.route, search.method);
  return {
    query,
    routes,
    route,
    method: route === undefined ? 'GET' : chosenMethod(route, search.method),
    choose: (path: string, method: string | undefined) => change({ route: path, method }),
  };
}
