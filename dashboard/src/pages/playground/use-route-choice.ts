import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';
import type { RouteView } from '../../api/types.ts';
import { usePageSearch } from '../../app/search.ts';
import { chosenMethod, chosenRoute } from './route-choice.ts';

const NONE: readonly RouteView[] = [];

/** The routes of the gateway, and which of them the address of the page names. */
export function useRouteChoice() {
  const [search, change] = usePageSearch();
  const query = useQuery({
    queryKey: ['routes'],
    queryFn: ({ signal }) => ask<{ readonly items: readonly RouteView[] }>('/routes', { signal }),
    staleTime: 30_000,
  });
  const routes = query.data?.items ?? NONE;
  const route = chosenRoute(routes, search.route, search.method);
  return {
    query,
    routes,
    route,
    method: route === undefined ? 'GET' : chosenMethod(route, search.method),
    choose: (path: string, method: string | undefined) => change({ route: path, method }),
  };
}
