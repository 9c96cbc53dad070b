import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { TimeChart } from '../../charts/time-chart.tsx';
import { bySecond, secondGrid, sumOf } from '../../live/second-grid.ts';
import { useLive } from '../../live/use-live.ts';
import { Card } from '../../ui/card.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { CacheCurl } from './cache-curl.tsx';

/** Hits, stale answers and misses of every second of the last minute. */
export function AnswersCard({ routes }: { routes: readonly string[] }) {
  const { t } = useTranslation('cache');
  const samples = useLive()?.samples;
  const { data, asked } = useMemo(() => {
    const grid = secondGrid(samples ?? []);
    const endSec = Math.round(grid.endMs / 1_000);
    return {
      data: [
        grid.seconds.map((_, index) => endSec - (grid.seconds.length - 1 - index)),
        bySecond(grid, ({ cache }) => cache.hit),
        bySecond(grid, ({ cache }) => cache.stale),
        bySecond(grid, ({ cache }) => cache.miss),
      ],
      asked: sumOf(grid, ({ cache: { hit, stale, miss } }) => hit + stale + miss),
    };
  }, [samples]);
  return (
    <Card title={t('answers.title')}>
      {samples === undefined ? (
        <Skeleton lines={6} />
      ) : (
        <>
          <TimeChart
            xTime
            height={200}
            ariaLabel={t('answers.title')}
            whole
            series={[
              { label: t('result.hits'), color: '--chart-cached', kind: 'bars' },
              { label: t('result.stale'), color: '--chart-queue', kind: 'dashed' },
              { label: t('result.misses'), color: '--chart-upstream', kind: 'line' },
            ]}
            data={data}
          />
          {asked === 0 && (
            <div className="mt-3 flex flex-col gap-2">
              <p className="text-muted text-sm">{t('answers.empty')}</p>
              <CacheCurl routes={routes} />
            </div>
          )}
        </>
      )}
    </Card>
  );
}
