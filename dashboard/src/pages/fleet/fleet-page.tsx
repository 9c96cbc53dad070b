import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ask } from '../../api/client.ts';
import type { FleetView } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Card } from '../../ui/card.tsx';
import { CodeText } from '../../ui/code-text.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { DriftCard } from './drift-card.tsx';
import { FleetTiles } from './fleet-tiles.tsx';
import { NodesCard } from './nodes-card.tsx';
import { StateCard } from './state-card.tsx';

/** Who is there, whether they are alike, and how what they share is. */
export function FleetPage() {
  const { t } = useTranslation('fleet');
  const format = useFormat();
  const { data, error, refetch } = useQuery({
    queryKey: ['fleet'],
    queryFn: ({ signal }) => ask<FleetView>('/fleet', { signal }),
    refetchInterval: 1_000,
  });
  return (
    <Page title={t('title')} subtitle={t('subtitle')}>
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined ? (
        error === null && (
          <Card>
            <Skeleton lines={6} />
          </Card>
        )
      ) : (
        <>
          {data.state.status === 'away' && (
            <Notice
              tone="bad"
              title={t('state.awayTitle', {
                time: data.state.since === null ? '?' : format.time(data.state.since),
              })}
            >
              <CodeText text={t('state.awayText')} />
            </Notice>
          )}
          <FleetTiles fleet={data} />
          <NodesCard fleet={data} />
          <div className="grid grid-cols-1 gap-4 lg:grid-cols-3">
            <DriftCard fleet={data} />
            <StateCard fleet={data} />
          </div>
        </>
      )}
    </Page>
  );
}
