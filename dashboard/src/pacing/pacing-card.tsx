import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { usePageSearch } from '../address/page-search.ts';
import type { UpstreamStatus } from '../api/types.ts';
import type { ChartData } from '../charts/chart-options.ts';
import { TimeChart } from '../charts/time-chart.tsx';
import { useFormat } from '../i18n/format.ts';
import type { SecondGrid } from '../live/second-grid.ts';
import { Card } from '../ui/card.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { Select } from '../ui/select.tsx';
import { type PacingModel, pacingModel } from './pacing-model.ts';
import { PacingPlot } from './pacing-plot.tsx';
import { PACING_CURSOR } from './pacing-plot-options.ts';

export interface PacingCardProps {
  grid: SecondGrid;
  upstreams: readonly UpstreamStatus[];
}

/** As many as fit side by side; more are a list. */
const MOST_SIDE_BY_SIDE = 3;

/** What the product is for, of one upstream: what came, what was let out, and who waits meanwhile. */
export function PacingCard({ grid, upstreams }: PacingCardProps) {
  const { t } = useTranslation('overview');
  const [search, changeSearch] = usePageSearch();
  const paced = upstreams.filter((upstream) => upstream.paced);
  const choice = paced.length > 0 ? paced : upstreams;
  const chosen = choice.find(({ name }) => name === search.upstream) ?? choice[0];
  if (chosen === undefined) {
    return (
      <Card title={t('pacing.title')}>
        <p className="text-muted">{t('pacing.none')}</p>
      </Card>
    );
  }
  const options = choice.map(({ name }) => ({ value: name, label: name }));
  const choose = (upstream: string) => changeSearch({ upstream });
  const Choice = choice.length > MOST_SIDE_BY_SIDE ? Select : Segmented;
  return (
    <Card
      title={t('pacing.titleOf', { upstream: chosen.name })}
      actions={
        choice.length > 1 && (
          <Choice
            label={t('pacing.choose')}
            value={chosen.name}
            onChange={choose}
            options={options}
            className="max-w-full"
          />
        )
      }
    >
      <PacingCharts grid={grid} upstream={chosen} />
    </Card>
  );
}

function PacingCharts({ grid, upstream }: { grid: SecondGrid; upstream: UpstreamStatus }) {
  const { t } = useTranslation('overview');
  const format = useFormat();
  const { name, ceiling_per_second: ceiling } = upstream;
  const model = useMemo(() => pacingModel(grid, name, ceiling), [grid, name, ceiling]);
  const waiting = useMemo(() => waitingData(model), [model]);
  const summary = t('pacing.summary', {
    upstream: name,
    arrivals: format.number(model.totals.arrivals),
    sends: format.number(model.totals.sends),
    seen: format.number(model.mostSent),
    cached: format.number(model.totals.cached),
  });
  return (
    <div className="flex flex-col gap-3">
      <div>
        <PacingPlot
          model={model}
          ceilingLabel={useCeilingLabel(upstream, model)}
          summary={summary}
          height={230}
        />
        <Caption model={model} />
      </div>
      <div>
        <div className="mb-1 flex flex-wrap items-baseline justify-between gap-x-4">
          <h3 className="font-medium text-sm">{t('pacing.waitingTitle')}</h3>
          <p className="live-number text-muted text-sm">
            {upstream.waiting > 0 && upstream.drained_in_ms !== null
              ? t('pacing.drained', {
                  number: format.number(upstream.waiting),
                  time: format.duration(upstream.drained_in_ms),
                })
              : t('pacing.drainedUnknown', { number: format.number(upstream.waiting) })}
          </p>
        </div>
        <TimeChart
          series={[{ label: t('pacing.waiting'), color: '--chart-queue', kind: 'line', fill: true }]}
          data={waiting}
          height={110}
          xTime
          yMax={5}
          className="live-number"
          syncKey={PACING_CURSOR}
          ariaLabel={t('pacing.waitingAria', { upstream: name })}
          whole
        />
      </div>
    </div>
  );
}

/** At the ends of the seconds, from the left edge of the chart above to its right one. */
function waitingData({ x, waiting }: PacingModel): ChartData {
  return [
    [(x[0] ?? 0) - 0.5, ...x.map((middle) => middle + 0.5)],
    [null, ...waiting],
  ];
}

/** What holds in words: the claim, and what was seen of it. */
function Caption({ model }: { model: PacingModel }) {
  const { t } = useTranslation('overview');
  const format = useFormat();
  const { ceiling, mostSent, cuts, yMax } = model;
  const seen = format.number(mostSent);
  return (
    <p className="mt-1 text-sm">
      <span className="live-number font-medium">
        {ceiling === null
          ? t('pacing.captionFree', { seen })
          : t(mostSent > ceiling ? 'pacing.captionOver' : 'pacing.caption', {
              ceiling: format.number(ceiling),
              seen,
            })}
      </span>{' '}
      {cuts.length > 0 && (
        <span className="text-muted">{t('pacing.cut', { number: format.number(Math.round(yMax)) })}</span>
      )}
    </p>
  );
}

/** The limit as it is set where that is per second, else what it comes to within one. */
function useCeilingLabel({ limits }: UpstreamStatus, { ceiling, yMax }: PacingModel): string | undefined {
  const { t } = useTranslation('overview');
  const format = useFormat();
  if (ceiling === null) return undefined;
  const number = format.number(ceiling);
  const perSecond = limits.some(({ count, window_ms }) => window_ms === 1_000 && count === ceiling);
  const label = perSecond ? t('pacing.limitLabel', { number }) : t('pacing.ceilingLabel', { number });
  return ceiling > yMax ? t('pacing.farAbove', { label }) : label;
}
