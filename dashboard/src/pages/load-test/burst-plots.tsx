import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { TimeChart } from '../../charts/time-chart.tsx';
import { useFormat } from '../../i18n/format.ts';
import { Card } from '../../ui/card.tsx';
import type { FollowedBurst } from './burst-calls.ts';
import { completionLines, type DotKind, dotsOf } from './burst-charts.ts';

const DOT_COLOR: Readonly<Record<DotKind, string>> = {
  plain: '--chart-sends',
  urgent: '--chart-queue',
  patient: '--chart-upstream',
  cached: '--chart-cached',
  failed: '--bad',
};

/** Each request at its completion, and predicted against actual. */
export function BurstPlots({ burst, calls }: FollowedBurst) {
  const { t } = useTranslation('loadTest');
  const format = useFormat();
  const spanMs = Math.max(burst.elapsed_ms, burst.forecast.expected_ms ?? 0);
  const dots = useMemo(() => dotsOf(calls, spanMs), [calls, spanMs]);
  const isPredicted = burst.forecast.expected_ms !== null;
  const lines = useMemo(() => {
    const [x = [], predicted = [], actual = []] = completionLines(burst, calls);
    return isPredicted ? [x, actual, predicted] : [x, actual];
  }, [burst, calls, isPredicted]);
  return (
    <div className="grid grid-cols-1 gap-4 xl:grid-cols-2">
      <Card title={t('dots.title')} headingLevel={3}>
        <TimeChart
          height={220}
          xTime={false}
          data={dots.data}
          series={dots.kinds.map((kind) => ({
            label: t(`dots.${kind}`),
            color: DOT_COLOR[kind],
            kind: 'points' as const,
          }))}
          formatX={(ms) => format.duration(ms)}
          formatY={(ms) => format.duration(ms)}
          ariaLabel={t('dots.label', {
            ended: format.number(burst.done),
            failed: format.number(burst.failed),
          })}
        />
        <p className="mt-1 text-muted text-sm">
          {dots.callsPerDot === 1
            ? t('dots.hint')
            : t('dots.thinned', { calls: format.number(dots.callsPerDot) })}
        </p>
      </Card>
      <Card title={t('lines.title')} headingLevel={3}>
        <TimeChart
          height={220}
          xTime={false}
          data={lines}
          yMax={burst.settings.count}
          whole
          series={[
            { label: t('lines.actual'), color: '--chart-sends', kind: 'stepped', fill: true },
            ...(isPredicted
              ? [{ label: t('lines.predicted'), color: '--chart-limit', kind: 'dashed' as const }]
              : []),
          ]}
          formatX={(ms) => format.duration(ms)}
          formatY={(ended) => format.number(ended, { maximumFractionDigits: 0 })}
          ariaLabel={t('lines.label', {
            ended: format.number(burst.done),
            all: format.number(burst.settings.count),
          })}
        />
        <p className="mt-1 text-muted text-sm">{t(isPredicted ? 'lines.hint' : 'lines.unknown')}</p>
      </Card>
    </div>
  );
}
