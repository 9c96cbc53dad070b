import { useTranslation } from 'react-i18next';
import type { Burst } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { useCodeText } from '../../i18n/use-code-text.ts';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Notice } from '../../ui/notice.tsx';
import { failuresOf, predictedMs, verdictOf } from './burst-verdict.ts';

/** How it ended, in one sentence. */
export function VerdictNotice({ burst }: { burst: Burst }) {
  const { t } = useTranslation('loadTest');
  const format = useFormat();
  const verdict = verdictOf(burst);
  if (verdict === undefined) return null;
  const { settings, done, succeeded, failed, elapsed_ms: elapsedMs, sandbox } = burst;
  const parts = [
    t(`verdict.${verdict.kind}`, {
      succeeded: format.number(succeeded),
      failed: format.number(failed),
      done: format.number(done),
      all: format.number(settings.count),
      time: format.duration(elapsedMs),
    }),
  ];
  const expectedMs = predictedMs(burst);
  if (verdict.hasPrediction && expectedMs !== undefined) {
    parts.push(t('verdict.predicted', { time: format.duration(expectedMs) }));
  }
  if (sandbox !== null) {
    const violations = t('verdict.violations', {
      count: sandbox.violations,
      number: format.number(sandbox.violations),
    });
    parts.push(
      sandbox.closest_spacing_ms === null
        ? t('verdict.judged', { violations })
        : t('verdict.spacing', {
            spacing: format.number(sandbox.closest_spacing_ms, { maximumFractionDigits: 0 }),
            violations,
          }),
    );
  }
  return (
    <div data-testid="verdict-sentence">
      <Notice tone={verdict.tone} title={parts.join('; ')} />
    </div>
  );
}

/** The distribution of latencies, and why calls failed. */
export function BurstTables({ burst }: { burst: Burst }) {
  const { t } = useTranslation('loadTest');
  const format = useFormat();
  const failures = failuresOf(burst);
  const { latency_ms: latency } = burst;
  return (
    <>
      {latency !== null && (
        <Card title={t('latency.title')} headingLevel={3}>
          <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
            {(['p50', 'p95', 'p99', 'max'] as const).map((name) => (
              <div key={name}>
                <dt className="text-muted text-sm">
                  {name === 'max' ? t('latency.max') : t('latency.percentile', { percent: name.slice(1) })}
                </dt>
                <dd className="live-number font-semibold text-lg">{format.duration(latency[name])}</dd>
              </div>
            ))}
          </dl>
        </Card>
      )}
      {failures.length > 0 && (
        <Card title={t('failures.title')} headingLevel={3}>
          <DataTable
            caption={t('failures.title')}
            className="max-h-96"
            rows={failures}
            rowKey={({ code }) => code}
            columns={[
              {
                id: 'code',
                header: t('failures.code'),
                cell: ({ code }) => <code className="whitespace-nowrap">{code}</code>,
              },
              {
                id: 'count',
                header: t('failures.count'),
                align: 'end',
                cell: ({ count }) => <span className="live-number">{format.number(count)}</span>,
              },
              { id: 'meaning', header: t('failures.meaning'), cell: ({ code }) => <Meaning code={code} /> },
            ]}
          />
        </Card>
      )}
    </>
  );
}

function Meaning({ code }: { code: string }) {
  const { t } = useTranslation('loadTest');
  const codeText = useCodeText();
  const status = /^http_(\d+)$/.exec(code)?.[1];
  return codeText(code) ?? (status === undefined ? t('failures.other') : t('failures.http', { status }));
}
