import { useTranslation } from 'react-i18next';
import { useRoutes } from '../../api/routes.ts';
import { useSession } from '../../api/session.ts';
import type { UpstreamStatus } from '../../api/types.ts';
import { firstCall } from '../../calls/first-call.ts';
import { Card } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/code-block.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { BurstLink, PlaygroundLink } from './action-link.tsx';

/** For who opens the page for the first time: what this is, and the ways to see it work. */
export function Welcome({ upstreams }: { upstreams: readonly UpstreamStatus[] }) {
  const { t } = useTranslation('overview');
  return (
    <Card title={t('welcome.title')} tone="info">
      <div className="grid grid-cols-1 gap-x-8 gap-y-4 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-3">
          <p>{t('welcome.what')}</p>
          <div className="flex flex-wrap gap-2">
            <BurstLink primary />
            <PlaygroundLink />
          </div>
        </div>
        <FirstCall upstreams={upstreams} />
      </div>
    </Card>
  );
}

function FirstCall({ upstreams }: { upstreams: readonly UpstreamStatus[] }) {
  const { t } = useTranslation('overview');
  const dataPlane = useSession()?.data_plane;
  const routes = useRoutes();
  if (routes.isError) return <ProblemNotice error={routes.error} onRetry={() => void routes.refetch()} />;
  if (routes.data === undefined || dataPlane === undefined) return null;
  const paced = new Set(upstreams.filter((upstream) => upstream.paced).map(({ name }) => name));
  const call = firstCall(routes.data, paced, dataPlane);
  if (call === undefined) return null;
  const { curl, variables } = call;
  return (
    <div className="min-w-0">
      <CodeBlock code={curl} label={t('welcome.curl')} />
      {variables.length > 0 && (
        <p className="mt-1 text-muted text-sm">
          {t('welcome.variable', { count: variables.length, names: variables.join(', ') })}
        </p>
      )}
    </div>
  );
}
