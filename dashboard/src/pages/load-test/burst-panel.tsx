import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CircleStop, Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ask, download } from '../../api/client.ts';
import { ApiError } from '../../api/problem.ts';
import { useMayAct } from '../../api/session.ts';
import type { Burst } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useToast } from '../../ui/toaster.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { BurstNumbers } from './burst-numbers.tsx';
import { BurstPlots } from './burst-plots.tsx';
import { BurstTables, VerdictNotice } from './burst-result.tsx';
import { useBurst } from './use-bursts.ts';

/** One burst, while it runs and afterwards. */
export function BurstPanel({ id }: { id: string }) {
  const { t } = useTranslation('loadTest');
  const { data, error, refetch } = useBurst(id);
  const isGone = error instanceof ApiError && error.status === 404;
  if (data === undefined) {
    return (
      <Card title={t('burstTitle', { id })}>
        {isGone ? (
          <Notice tone="info" title={t('gone.title')}>
            {t('gone.text')}
          </Notice>
        ) : error !== null ? (
          <ProblemNotice error={error} onRetry={() => void refetch()} />
        ) : (
          <Skeleton lines={6} />
        )}
      </Card>
    );
  }
  const { burst, calls } = data;
  return (
    <div data-testid="burst" data-status={burst.status} className="flex min-w-0 flex-col gap-4">
      <Card
        title={
          <span className="flex flex-wrap items-center gap-2">
            {t('burstTitle', { id: burst.id })}
            <StatusBadge status={burst.status} />
          </span>
        }
        actions={<BurstActions burst={burst} />}
      >
        <div className="flex flex-col gap-3">
          <p className="text-muted text-sm">
            <Settings burst={burst} />
          </p>
          <VerdictNotice burst={burst} />
          <BurstNumbers burst={burst} />
          {isGone ? (
            <Notice tone="warn" title={t('gone.title')}>
              {t('gone.text')}
            </Notice>
          ) : (
            <ProblemNotice error={error} onRetry={() => void refetch()} />
          )}
        </div>
      </Card>
      <BurstPlots burst={burst} calls={calls} />
      <BurstTables burst={burst} />
    </div>
  );
}

const STATUS_TONE = { running: 'info', done: 'ok', aborted: 'warn' } as const;

export function StatusBadge({ status }: { status: Burst['status'] }) {
  const { t } = useTranslation('loadTest');
  return <Badge tone={STATUS_TONE[status]}>{t(`status.${status}`)}</Badge>;
}

/** What was asked for, in one line. */
function Settings({ burst: { route, settings, started_at: startedAt } }: { burst: Burst }) {
  const { t } = useTranslation('loadTest');
  const format = useFormat();
  const { count, concurrency, priority_mix: mix, rate, client, same } = settings;
  return [
    format.dateTime(startedAt),
    t('settings.calls', { number: format.number(count), route }),
    t('settings.concurrency', { number: format.number(concurrency) }),
    ...(rate === null ? [] : [t('settings.rate', { rate })]),
    ...(mix === null ? [] : [t('settings.mix', { mix })]),
    ...(same ? [t('settings.same')] : []),
    t('settings.client', { client }),
  ].join(' · ');
}

function BurstActions({ burst: { id, status } }: { burst: Burst }) {
  const { t } = useTranslation('loadTest');
  const { t: tCommon } = useTranslation();
  const mayAct = useMayAct();
  const client = useQueryClient();
  const toast = useToast();
  const path = `/bursts/${encodeURIComponent(id)}`;
  const abort = useMutation({
    mutationFn: () => ask<Burst>(path, { method: 'DELETE' }),
    onSuccess: () => {
      toast({ tone: 'info', title: t('aborted') });
      return client.invalidateQueries({ queryKey: ['bursts'] });
    },
  });
  const save = useMutation({ mutationFn: () => download(`${path}/report`, `comporta-burst-${id}.json`) });
  const isRunning = status === 'running';
  const abortButton = (
    <Button
      size="sm"
      variant="danger"
      icon={CircleStop}
      busy={abort.isPending}
      aria-disabled={!mayAct}
      onClick={() => mayAct && abort.mutate()}
    >
      {t('abort')}
    </Button>
  );
  return (
    <>
      {isRunning && (mayAct ? abortButton : <Tooltip label={tCommon('viewerOnly')}>{abortButton}</Tooltip>)}
      <Button size="sm" icon={Download} busy={save.isPending} onClick={() => save.mutate()}>
        {t('export')}
      </Button>
      <ProblemNotice error={abort.error ?? save.error} />
    </>
  );
}
