import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { BurstLink } from './burst-link.tsx';
import { StatusBadge } from './burst-panel.tsx';
import { useBurstList } from './use-bursts.ts';

/** The last bursts, whoever started them; the gateway keeps ten. */
export function BurstList() {
  const { t } = useTranslation('loadTest');
  const format = useFormat();
  const { data, error, refetch } = useBurstList();
  return (
    <Card title={t('list.title')}>
      <ProblemNotice error={error} onRetry={() => void refetch()} />
      {data === undefined && error === null && <Skeleton lines={3} />}
      {data !== undefined && (
        <DataTable
          caption={t('list.title')}
          rows={data.items}
          rowKey={({ id }) => id}
          empty={t('list.empty')}
          columns={[
            {
              id: 'id',
              header: t('list.id'),
              cell: ({ id }) => (
                <BurstLink id={id}>
                  <span className="whitespace-nowrap">{id}</span>
                </BurstLink>
              ),
            },
            { id: 'status', header: t('list.status'), cell: ({ status }) => <StatusBadge status={status} /> },
            {
              id: 'succeeded',
              header: t('list.succeeded'),
              align: 'end',
              cell: ({ succeeded, settings }) => (
                <span className="live-number">
                  {format.number(succeeded)}/{format.number(settings.count)}
                </span>
              ),
            },
            {
              id: 'elapsed',
              header: t('list.elapsed'),
              align: 'end',
              cell: ({ elapsed_ms: elapsedMs }) => (
                <span className="live-number">{format.duration(elapsedMs)}</span>
              ),
            },
            {
              id: 'route',
              header: t('list.route'),
              hideOnPhone: true,
              cell: ({ route }) => <span className="break-all font-mono">{route}</span>,
            },
            {
              id: 'started',
              header: t('list.started'),
              hideOnPhone: true,
              cell: ({ started_at: startedAt }) => format.dateTime(startedAt),
            },
          ]}
        />
      )}
    </Card>
  );
}
