import { Link, useParams } from '@tanstack/react-router';
import { Play, Timer } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useMayAct, useSession } from '../../api/session.ts';
import type { UpstreamStatus } from '../../api/types.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { BreakerCard } from './breaker-card.tsx';
import { CountersCard } from './counters-card.tsx';
import { LimitsCard } from './limits-card.tsx';
import { PauseButton, PauseNotice } from './pause-control.tsx';
import { QueueCard } from './queue-card.tsx';
import { UnknownUpstream } from './unknown-upstream.tsx';
import { type UpstreamNow, useUpstreamNow } from './use-upstream-now.ts';

/** Everything about one upstream, and every hand that can be laid on it. */
export function UpstreamPage() {
  const { name = '' } = useParams({ strict: false });
  const now = useUpstreamNow(name);
  if (now.isUnknown) return <UnknownUpstream name={name} />;
  // Another upstream is another page: open dialogs and ranges of the old one do not stay.
  return <KnownUpstream key={name} name={name} now={now} />;
}

function KnownUpstream({ name, now }: { name: string; now: UpstreamNow }) {
  const { t } = useTranslation('upstream');
  const { status, detail, asOfMs, error, retry } = now;
  return (
    <Page
      title={<span className="font-mono">{name}</span>}
      subtitle={
        <span className="flex flex-wrap items-center gap-2">
          {status !== undefined && (
            <Badge tone={status.paced ? 'info' : 'neutral'}>{t(status.paced ? 'paced' : 'unpaced')}</Badge>
          )}
          {detail !== undefined && <code className="break-all font-mono text-sm">{detail.url}</code>}
        </span>
      }
      actions={<Actions name={name} status={status} />}
    >
      <ViewerNote />
      <ProblemNotice error={error} onRetry={retry} />
      {status === undefined ? (
        error === undefined && <Loading />
      ) : (
        <>
          <PauseNotice status={status} />
          <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
            {detail === undefined ? (
              error === undefined && (
                <>
                  <Loading />
                  <Loading />
                </>
              )
            ) : (
              <>
                <BreakerCard detail={detail} status={status} />
                <LimitsCard detail={detail} status={status} asOfMs={asOfMs} />
              </>
            )}
          </div>
          <QueueCard detail={detail} status={status} asOfMs={asOfMs} />
          <CountersCard counters={status.counters} />
        </>
      )}
    </Page>
  );
}

const LINK_BUTTON =
  'inline-flex min-h-10 items-center gap-2 rounded-md border border-line-strong bg-surface px-4 py-1.5 font-medium hover:bg-sunken';

function Actions({ name, status }: { name: string; status: UpstreamStatus | undefined }) {
  const { t } = useTranslation('upstream');
  return (
    <>
      <Link to="/playground" search={{ upstream: name }} className={LINK_BUTTON}>
        <Play aria-hidden size={16} />
        {t('toPlayground')}
      </Link>
      <Link to="/load-test" search={{ upstream: name }} className={LINK_BUTTON}>
        <Timer aria-hidden size={16} />
        {t('toLoadTest')}
      </Link>
      {status !== undefined && <PauseButton status={status} />}
    </>
  );
}

function ViewerNote() {
  const { t } = useTranslation();
  const session = useSession();
  const mayAct = useMayAct();
  return session === undefined || mayAct ? null : <Notice tone="neutral">{t('viewerOnly')}</Notice>;
}

function Loading() {
  const { t } = useTranslation();
  return (
    <Card>
      <p role="status" className="sr-only">
        {t('loading')}
      </p>
      <Skeleton lines={5} />
    </Card>
  );
}
