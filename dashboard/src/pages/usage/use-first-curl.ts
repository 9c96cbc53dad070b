import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';
import { useSession } from '../../api/session.ts';
import type { RouteView } from '../../api/types.ts';
import { firstCall } from '../overview/first-call.ts';

/** A call that would give this page something to show; undefined until it is known, or where none can be given. */
export function useFirstCurl(): string | undefined {
  const dataPlane = useSession()?.data_plane;
  const { data } = useQuery({
    queryKey: ['routes'],
    queryFn: ({ signal }) => ask<{ readonly items: readonly RouteView[] }>('/routes', { signal }),
  });
  if (data === undefined || dataPlane === undefined) return undefined;
  return firstCall(data.items, new Set(), dataPlane)?.curl;
}
