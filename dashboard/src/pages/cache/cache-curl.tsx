import { useTranslation } from 'react-i18next';
import { useRoutes } from '../../api/routes.ts';
import { useSession } from '../../api/session.ts';
import { firstCall } from '../../calls/first-call.ts';
import { CodeBlock } from '../../ui/code-block.tsx';

/** A call to a cached route: sent twice, the second answer comes from the cache. */
export function CacheCurl({ routes }: { routes: readonly string[] }) {
  const { t } = useTranslation('cache');
  const dataPlane = useSession()?.data_plane;
  const { data } = useRoutes();
  if (data === undefined || dataPlane === undefined) return null;
  const cached = data.filter(({ path }) => routes.includes(path));
  const call = firstCall(cached, new Set(), dataPlane);
  return call === undefined ? null : <CodeBlock code={call.curl} label={t('answers.curl')} />;
}
