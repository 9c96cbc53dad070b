import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { hitRatioBySecond, recentRate, successBySecond, successFigures } from '../../live/last-minute.ts';
import type { LiveData } from '../../live/live-data.ts';
import { bySecond, type SecondGrid } from '../../live/second-grid.ts';
import { Stat } from '../../ui/stat.tsx';
import { BudgetTile } from './budget-tile.tsx';
import { FailuresTile } from './failures-tile.tsx';

export interface TilesProps {
  live: LiveData;
  grid: SecondGrid;
}

/** What one asks first, each with how it went over the last minute. */
export function Tiles({ live, grid }: TilesProps) {
  const { t } = useTranslation('overview');
  const format = useFormat();
  const { totals } = live.state;
  const sparks = useMemo(
    () => ({
      requests: bySecond(grid, (sample) => sample.requests),
      success: successBySecond(grid),
      waiting: bySecond(grid, (sample) => sample.waiting),
      oldest: bySecond(grid, (sample) => sample.oldest_wait_ms),
      hits: hitRatioBySecond(grid),
    }),
    [grid],
  );
  const rate = recentRate(grid);
  const success = successFigures(grid);
  const now = live.samples.at(-1);
  const hitRatio = live.state.minute.cache_hit_ratio;
  return (
    <section aria-label={t('tile.label')} className="grid grid-cols-2 gap-2 sm:gap-3 lg:grid-cols-4">
      <Stat
        label={t('tile.requests')}
        value={format.number(totals.requests)}
        hint={t('tile.requestsHint', { rate: rate === undefined ? '–' : format.rate(rate) })}
        spark={sparks.requests}
      />
      <Stat
        label={t('tile.success')}
        value={success.share === undefined ? '–' : format.percent(success.share)}
        tone={success.tone}
        hint={
          success.share === undefined
            ? t('tile.successNone')
            : t('tile.successHint', {
                successes: format.number(success.successes),
                requests: format.number(success.requests),
              })
        }
        spark={sparks.success}
        sparkTone="ok"
      />
      <FailuresTile grid={grid} errors={live.state.minute.errors} />
      <LatencyTile live={live} grid={grid} />
      <Stat
        label={t('tile.waiting')}
        value={format.number(now?.waiting ?? 0)}
        hint={t('tile.waitingHint', { number: format.number(now?.running ?? 0) })}
        spark={sparks.waiting}
        sparkTone="info"
      />
      <Stat
        label={t('tile.oldest')}
        value={now === undefined || now.waiting === 0 ? '–' : format.duration(now.oldest_wait_ms)}
        hint={now === undefined || now.waiting === 0 ? t('tile.nobodyWaits') : t('tile.oldestHint')}
        spark={sparks.oldest}
        sparkTone="info"
      />
      <Stat
        label={t('tile.cache')}
        value={hitRatio === null ? '–' : format.percent(hitRatio)}
        hint={hitRatio === null ? t('tile.cacheNone') : t('tile.cacheHint')}
        spark={sparks.hits}
      />
      <BudgetTile upstreams={live.upstreams} />
    </section>
  );
}

function LatencyTile({ live, grid }: TilesProps) {
  const { t } = useTranslation('overview');
  const format = useFormat();
  const spark = useMemo(() => bySecond(grid, ({ latency }) => latency?.p95 ?? null), [grid]);
  const { latency } = live.state.minute;
  const shown = (ms: number | undefined): string => (ms === undefined ? '–' : format.duration(ms));
  const others = [
    ['p95', latency?.p95],
    ['p99', latency?.p99],
    [t('tile.average'), latency?.average],
  ] as const;
  return (
    <Stat label={t('tile.latency')} value={shown(latency?.p50)} hint={t('tile.median')} spark={spark}>
      <dl className="flex flex-wrap gap-x-3 text-xs">
        {others.map(([label, ms]) => (
          <div key={label} className="flex gap-1">
            <dt className="text-muted">{label}</dt>
            <dd className="live-number font-medium">{shown(ms)}</dd>
          </div>
        ))}
      </dl>
    </Stat>
  );
}
