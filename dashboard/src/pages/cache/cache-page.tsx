import { useQuery } from '@tanstack/react-query';
import { Database } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ask } from '../../api/client.ts';
import type { CacheStats } from '../../api/types.ts';
import { Card } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/code-block.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { AnswersCard } from './answers-card.tsx';
import { CacheTiles } from './cache-tiles.tsx';
import { CountersCard } from './counters-card.tsx';
import { ExplainCard } from './explain-card.tsx';
import { PurgeButton } from './purge-button.tsx';
import { RoutesCard } from './routes-card.tsx';

/** What the cache saves, what it holds, and how to empty it. */
export function CachePage() {
  const { t } = useTranslation('cache');
  const { data, error, refetch } = useQuery({
    queryKey: ['cache'],
    queryFn: ({ signal }) => ask<CacheStats>('/cache', { signal }),
    refetchInterval: 2_000,
  });
  return (
    <Page
      title={t('title')}
      subtitle={t('subtitle')}
      actions={data !== undefined && data.routes.length > 0 && <PurgeButton stats={data} />}
    >
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined ? (
        error === null && (
          <Card>
            <Skeleton lines={6} />
          </Card>
        )
      ) : data.routes.length === 0 ? (
        <NoCache />
      ) : (
        <>
          <CacheTiles stats={data} />
          <div className="grid grid-cols-1 gap-4 lg:grid-cols-3">
            <div className="flex min-w-0 flex-col gap-4 lg:col-span-2">
              <AnswersCard routes={data.routes} />
              <RoutesCard stats={data} />
            </div>
            <ExplainCard />
          </div>
          <CountersCard stats={data} />
        </>
      )}
    </Page>
  );
}

/** A route with a cache, as the configuration writes it. */
const EXAMPLE = `routes:
  - path: /prices
    upstream: prices
    cache: { ttl: 60s, stale_if_error: 10m }`;

function NoCache() {
  const { t } = useTranslation('cache');
  return (
    <Card>
      <EmptyState
        icon={Database}
        title={t('none.title')}
        action={<CodeBlock code={EXAMPLE} label="comporta.yaml" className="w-full text-left" />}
      >
        {t('none.explain')}
      </EmptyState>
    </Card>
  );
}
