import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../../api/client.ts';
import type { CacheStats, UsageAnswer } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { SearchInput } from '../../ui/search-input.tsx';
import { PurgeButton } from './purge-button.tsx';
import { type RouteUse, routeUse } from './route-use.ts';

const MOST_ROUTES = 100;
const SEARCH_ABOVE = 10;

/** The routes that have a cache, with what they got from it in the last hour. */
export function RoutesCard({ stats }: { stats: CacheStats }) {
  const { t } = useTranslation('cache');
  const format = useFormat();
  const [wanted, setWanted] = useState('');
  const usage = useQuery({
    queryKey: ['usage', 'by-cache'],
    queryFn: ({ signal }) =>
      ask<UsageAnswer>('/usage', {
        query: { from: '-1h', group_by: 'route,cache', limit: 1_000 },
        signal,
      }),
    refetchInterval: 5_000,
  });
  const found = useMemo(() => {
    const text = wanted.trim().toLowerCase();
    const routes = stats.routes.filter((route) => route.toLowerCase().includes(text));
    return routeUse(routes, usage.data?.rows ?? []);
  }, [stats.routes, usage.data, wanted]);
  const isKnown = usage.data !== undefined;
  const number = (of: (row: RouteUse) => number) => (row: RouteUse) =>
    isKnown ? format.number(of(row)) : '–';
  return (
    <Card
      title={t('routes.title')}
      actions={
        stats.routes.length > SEARCH_ABOVE && (
          <SearchInput label={t('routes.search')} value={wanted} onChange={setWanted} />
        )
      }
    >
      <ProblemNotice className="mb-3" error={usage.error} onRetry={() => void usage.refetch()} />
      <DataTable<RouteUse>
        caption={t('routes.title')}
        rows={found.slice(0, MOST_ROUTES)}
        rowKey={({ route }) => route}
        empty={t('routes.nothing')}
        className="max-h-[32rem]"
        columns={[
          {
            id: 'route',
            header: t('routes.route'),
            cell: ({ route }) => (
              <code className="inline-block min-w-28 [overflow-wrap:anywhere] font-mono">{route}</code>
            ),
            sortValue: ({ route }) => route,
          },
          {
            id: 'ratio',
            header: t('routes.ratio'),
            align: 'end',
            cell: ({ ratio }) => (ratio === null ? '–' : format.percent(ratio)),
            sortValue: ({ ratio }) => ratio,
          },
          {
            id: 'hits',
            header: t('result.hits'),
            align: 'end',
            hideOnPhone: true,
            cell: number(({ hits }) => hits),
            sortValue: ({ hits }) => hits,
          },
          {
            id: 'stale',
            header: t('result.stale'),
            align: 'end',
            hideOnPhone: true,
            cell: number(({ stale }) => stale),
            sortValue: ({ stale }) => stale,
          },
          {
            id: 'misses',
            header: t('result.misses'),
            align: 'end',
            hideOnPhone: true,
            cell: number(({ misses }) => misses),
            sortValue: ({ misses }) => misses,
          },
          {
            id: 'purge',
            header: <span className="sr-only">{t('purge.header')}</span>,
            align: 'end',
            cell: ({ route }) => <PurgeButton stats={stats} route={route} />,
          },
        ]}
      />
      <p className="mt-2 text-muted text-xs">
        {found.length > MOST_ROUTES && `${t('routes.more', { number: format.number(MOST_ROUTES) })} `}
        {t('routes.hint')}
      </p>
    </Card>
  );
}
