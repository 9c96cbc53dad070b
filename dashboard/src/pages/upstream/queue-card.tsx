import { Hourglass } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { usePageSearch } from '../../address/page-search.ts';
import type { UpstreamDetail, UpstreamStatus } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Running } from './countdown.tsx';
import { EmptyQueue } from './empty-queue.tsx';
import { urgencyOf } from './lanes.ts';
import { PolicySwitch } from './policy-switch.tsx';
import { ClearQueueButton } from './queue-clear.tsx';
import { QueueLanes } from './queue-lanes.tsx';
import { QueueList } from './queue-list.tsx';

/** Who waits: by urgency, in order, and what can be done about it. */
export function QueueCard({
  detail,
  status,
  asOfMs,
}: {
  detail: UpstreamDetail | undefined;
  status: UpstreamStatus;
  asOfMs: number;
}) {
  const { t } = useTranslation('upstream');
  const format = useFormat();
  const [search, setSearch] = usePageSearch();
  const urgency = urgencyOf(search.urgency);
  const { name, waiting, waiting_by_urgency: byUrgency } = status;
  const inLane = urgency === undefined ? waiting : (byUrgency[urgency] ?? 0);
  return (
    <Card title={t('queue.title')} actions={<ClearQueueButton name={name} waiting={waiting} />}>
      <div className="flex flex-col gap-4">
        <PolicySwitch status={status} detail={detail} />
        <dl className="flex flex-wrap gap-x-8 gap-y-2">
          <Figure label={t('queue.waiting')}>
            <span className="live-number" data-testid="waiting">
              {format.number(waiting)}
            </span>
            {detail !== undefined && (
              <span className="font-normal text-muted text-sm">
                {' '}
                {t('queue.ofMost', { most: format.number(detail.settings.queue.max_size) })}
              </span>
            )}
          </Figure>
          {waiting > 0 && (
            <>
              <Figure label={t('queue.oldest')}>
                <Running ms={status.oldest_wait_ms} asOfMs={asOfMs} way="up" />
              </Figure>
              <Figure label={t('queue.drained')}>
                {status.drained_in_ms === null ? (
                  t('queue.unknown')
                ) : (
                  <Running ms={status.drained_in_ms} asOfMs={asOfMs} way="down" />
                )}
              </Figure>
            </>
          )}
        </dl>
        <div className="grid gap-4 xl:grid-cols-[22rem_minmax(0,1fr)]">
          <QueueLanes
            waitingByUrgency={byUrgency}
            chosen={urgency}
            onChoose={(next) => setSearch({ urgency: next === undefined ? undefined : String(next) })}
          />
          <div className="min-w-0">
            <div className="mb-2 flex min-h-8 flex-wrap items-center justify-between gap-2">
              <h3 className="font-semibold text-sm">
                {urgency === undefined ? t('queue.inOrder') : t('queue.inLane', { urgency })}
              </h3>
              {urgency !== undefined && waiting > 0 && (
                <Button size="sm" variant="quiet" onClick={() => setSearch({ urgency: undefined })}>
                  {t('queue.showAll', { shown: format.number(waiting) })}
                </Button>
              )}
            </div>
            {waiting === 0 ? (
              <EmptyQueue name={name} canWait={status.limits.length > 0 || status.concurrency !== null} />
            ) : inLane === 0 ? (
              <p className="flex items-center gap-2 py-6 text-muted">
                <Hourglass aria-hidden size={18} />
                {t('queue.laneEmpty')}
              </p>
            ) : (
              <QueueList key={`${name} ${urgency}`} name={name} urgency={urgency} waiting={inLane} />
            )}
          </div>
        </div>
      </div>
    </Card>
  );
}

function Figure({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-muted text-sm">{label}</dt>
      <dd className="font-semibold text-lg">{children}</dd>
    </div>
  );
}
