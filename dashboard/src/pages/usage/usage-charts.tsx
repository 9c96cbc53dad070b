import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { UsageAnswer } from '../../api/types.ts';
import { TimeChart } from '../../charts/time-chart.tsx';
import { useFormat } from '../../i18n/format.ts';
import { Card } from '../../ui/card.tsx';
import { seriesOf } from './usage-series.ts';

/** Requests and latency over the range, bucket by bucket, with one cursor for both. */
export function UsageCharts({ answer, spanMs }: { answer: UsageAnswer; spanMs: number }) {
  const { t } = useTranslation('usage');
  const format = useFormat();
  const { counts, latency } = useMemo(() => {
    const { x, requests, failures, cached, p95, average } = seriesOf(answer, spanMs);
    return { counts: [x, requests, cached, failures], latency: [x, p95, average] };
  }, [answer, spanMs]);
  const bucket = answer.bucket ?? '1m';
  const [first, last] = [counts[0]?.[0], answer.to];
  return (
    <div className="grid grid-cols-1 gap-4 lg:grid-cols-5">
      <Card title={t(`chart.requests.${bucket}`)} className="lg:col-span-3">
        <TimeChart
          xTime
          height={220}
          syncKey="usage"
          ariaLabel={t(`chart.requests.${bucket}`)}
          whole
          series={[
            { label: t('chart.all'), color: '--chart-arrivals', kind: 'bars' },
            { label: t('chart.cached'), color: '--chart-cached', kind: 'dashed' },
            { label: t('chart.failures'), color: '--bad', kind: 'line' },
          ]}
          data={counts}
        />
        <p className="mt-2 text-muted text-xs">
          {t('chart.covers', {
            from: first === null || first === undefined ? '–' : format.dateTime(first * 1_000),
            to: format.dateTime(last),
          })}{' '}
          {Date.parse(answer.to) > Date.now() && `${t('chart.partial')} `}
          {bucket === '1d' && t('chart.utc')}
        </p>
      </Card>
      <Card title={t(`chart.latency.${bucket}`)} className="lg:col-span-2">
        <TimeChart
          xTime
          height={220}
          syncKey="usage"
          ariaLabel={t(`chart.latency.${bucket}`)}
          formatY={format.duration}
          series={[
            { label: 'p95', color: '--chart-upstream', kind: 'bars' },
            { label: t('chart.average'), color: '--chart-limit', kind: 'points' },
          ]}
          data={latency}
        />
        <p className="mt-2 text-muted text-xs">{t('chart.latencyHint')}</p>
      </Card>
    </div>
  );
}
