import { Play, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { NoRouteCard } from '../../calls/no-route-card.tsx';
import { useRouteChoice } from '../../calls/use-route-choice.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { BurstButton } from './burst-button.tsx';
import { CallCard } from './call-card.tsx';
import { RequestCard } from './request-card.tsx';
import { callList, useCalls } from './use-calls.ts';

/** One request and its whole life: where it waits, for how long, what came back and what it took. */
export function PlaygroundPage() {
  const { t } = useTranslation('playground');
  const { query, routes, route, method, choose } = useRouteChoice();
  return (
    <Page
      title={t('title')}
      subtitle={t('subtitle')}
      actions={route !== undefined && <BurstButton route={route} method={method} />}
    >
      <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
      <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-[minmax(20rem,26rem)_minmax(0,1fr)]">
        {route !== undefined ? (
          <RequestCard routes={routes} route={route} method={method} onChoose={choose} />
        ) : (
          <NoRouteCard title={t('formTitle')} text={t('noRoutes')} isPending={query.isPending} />
        )}
        <Calls />
      </div>
    </Page>
  );
}

function Calls() {
  const { t } = useTranslation('playground');
  const calls = useCalls();
  const hasEnded = calls.some(({ life }) => life.end !== undefined);
  return (
    <section aria-labelledby="playground-calls" className="min-w-0">
      <div className="mb-3 flex min-h-8 flex-wrap items-center justify-between gap-2">
        <h2 id="playground-calls" className="font-semibold text-base">
          {t('callsTitle')}
        </h2>
        {hasEnded && (
          <Button size="sm" variant="quiet" icon={Trash2} onClick={() => callList.clear()}>
            {t('clearEnded')}
          </Button>
        )}
      </div>
      {calls.length === 0 ? (
        <Card>
          <EmptyState icon={Play} title={t('emptyTitle')}>
            {t('emptyText')}
          </EmptyState>
        </Card>
      ) : (
        <ol className="flex flex-col gap-3">
          {calls.map((call, index) => (
            <CallCard key={call.id} call={call} newest={index === 0} />
          ))}
        </ol>
      )}
    </section>
  );
}
