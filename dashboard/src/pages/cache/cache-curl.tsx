import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ask } from '../../api/client.ts';
import { useSession } from '../../api/session.ts';
import type { RouteView } from '../../api/types.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { firstCall } from '../overview/first-call.ts';

/** A call to a cached route: sent twice, the second answer comes from the cache. */
export function CacheCurl({ routes }: { routes: readonly string[] }) {
  const { t } = useTranslation('cache');
  const dataPlane = useSession()?.data_plane;
  const { data } = useQuery({
    queryKey: ['routes'],
    queryFn: ({ signal }) => ask<{ readonly items: readonly RouteView[] }>('/routes', { signal }),
  });
  if (data === undefined || dataPlane === undefined) return null;
  const cached = data.items.filter(({ path }) => routes.includes(path));
  const call = firstCall(cached, new Set(), dataPlane);
  return call === undefined ? null : <CodeBlock code={call.curl} label={t('answers.curl')} />;
}
