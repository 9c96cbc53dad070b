import { useRoutes } from '../../api/routes.ts';
import { useSession } from '../../api/session.ts';
import { firstCall } from '../../calls/first-call.ts';

/** A call that would give this page something to show; undefined until it is known, or where none can be given. */
export function useFirstCurl(): string | undefined {
  const dataPlane = useSession()?.data_plane;
  const { data } = useRoutes();
  if (data === undefined || dataPlane === undefined) return undefined;
  return firstCall(data, new Set(), dataPlane)?.curl;
}
