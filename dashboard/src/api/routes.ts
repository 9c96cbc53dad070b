import { useQuery } from '@tanstack/react-query';
import { ask } from './client.ts';
import type { RouteView } from './types.ts';

interface RouteList {
  readonly items: readonly RouteView[];
}

const itemsOf = ({ items }: RouteList) => items;

/** The routes of the gateway, in the order of its configuration. They change with a reload only, which asks again. */
export function useRoutes() {
  return useQuery({
    queryKey: ['routes'],
    queryFn: ({ signal }) => ask<RouteList>('/routes', { signal }),
    select: itemsOf,
    staleTime: 60_000,
  });
}
