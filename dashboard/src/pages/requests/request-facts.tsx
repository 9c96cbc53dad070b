import { useTranslation } from 'react-i18next';
import type { RequestRecord } from '../../api/types.ts';
import { StackBar } from '../../charts/stack-bar.tsx';
import { nameOf } from '../../clients/rule-client.ts';
import { useFormat } from '../../i18n/format.ts';
import { useCodeText } from '../../i18n/use-code-text.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { KeyValue } from '../../ui/key-value.tsx';
import { Notice } from '../../ui/notice.tsx';
import { StatusDot } from '../../ui/status-dot.tsx';
import { OUTCOME_TONE } from './outcome-tone.ts';
import { RequestLinks } from './request-links.tsx';
import { splitOf, whyOf } from './why.ts';

/** Why it took that long, where the time went, and the facts. */
export function RequestFacts({ record }: { record: RequestRecord }) {
  const { t } = useTranslation('requests');
  const format = useFormat();
  const { queue, other, upstream } = splitOf(record);
  const codeText = useCodeText()(record.code);
  const ms = (value: number | null) => (value === null ? '–' : format.duration(value));
  return (
    <div className="flex flex-col gap-5">
      <p data-testid="why" className="font-semibold text-lg">
        <WhyText record={record} />
      </p>
      <section className="flex flex-col gap-2">
        <h3 className="font-semibold text-sm">{t('drawer.where')}</h3>
        <StackBar
          label={t('drawer.where')}
          total={record.total_ms}
          format={format.duration}
          parts={[
            { label: t('part.queue'), value: queue, color: '--chart-queue' },
            { label: t('part.gateway'), value: other, color: '--chart-gateway' },
            { label: t('part.upstream'), value: upstream, color: '--chart-upstream' },
          ]}
        />
      </section>
      {record.code !== null && (
        <Notice tone={record.outcome === 'success' ? 'info' : 'warn'} title={record.code}>
          {codeText}
        </Notice>
      )}
      <section className="flex flex-col gap-1">
        <h3 className="font-semibold text-sm">{t('drawer.facts')}</h3>
        <KeyValue
          items={[
            {
              label: t('column.outcome'),
              value: <StatusDot tone={OUTCOME_TONE[record.outcome]} label={t(`outcome.${record.outcome}`)} />,
            },
            { label: t('column.status'), value: record.status },
            { label: t('fact.ended'), value: format.dateTime(record.ended_at) },
            {
              label: t('column.request'),
              value: (
                <span className="break-all font-mono text-sm">
                  {record.method} {record.path}
                </span>
              ),
            },
            {
              label: t('column.route'),
              value: <code className="font-mono text-sm">{nameOf(record.route) ?? '–'}</code>,
            },
            { label: t('filter.upstream'), value: nameOf(record.upstream) ?? '–' },
            {
              label: t('column.client'),
              value: <span className="break-all">{nameOf(record.client) ?? '–'}</span>,
            },
            {
              label: t('fact.urgency'),
              value: record.urgency === null ? t('fact.noUrgency') : format.number(record.urgency),
            },
            { label: t('column.cache'), value: t(`cache.${record.cache}`) },
            { label: t('column.attempts'), value: format.number(record.attempts) },
            { label: t('column.total'), value: ms(record.total_ms) },
            { label: t('fact.size'), value: format.bytes(record.bytes) },
            {
              label: t('fact.id'),
              value: (
                <span className="inline-flex items-center gap-1">
                  <span className="break-all font-mono text-sm">{record.id}</span>
                  <CopyButton text={record.id} />
                </span>
              ),
            },
          ]}
        />
      </section>
      <RequestLinks record={record} />
    </div>
  );
}

/** The one sentence. */
function WhyText({ record }: { record: RequestRecord }) {
  const { t } = useTranslation('requests');
  const format = useFormat();
  const { key, times, attempts = 1, code = '' } = whyOf(record);
  const { total = 0, queue = 0, upstream = 0, other = 0 } = times;
  return t(`why.${key}`, {
    count: attempts,
    code,
    total: format.duration(total),
    queue: format.duration(queue),
    upstream: format.duration(upstream),
    other: format.duration(other),
  });
}
