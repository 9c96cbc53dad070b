import { Timer } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { usePageSearch } from '../../address/page-search.ts';
import { NoRouteCard } from '../../calls/no-route-card.tsx';
import { useRouteChoice } from '../../calls/use-route-choice.ts';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { BurstList } from './burst-list.tsx';
import { BurstPanel } from './burst-panel.tsx';
import { NewBurst } from './new-burst.tsx';
import { UpstreamPacing } from './upstream-pacing.tsx';

/** Many calls at once: first how it would go, then how it goes. */
export function LoadTestPage() {
  const { t } = useTranslation('loadTest');
  const [{ burst }] = usePageSearch();
  const { query, routes, route, method, choose } = useRouteChoice();
  const results = useRef<HTMLDivElement>(null);
  const isReady = !query.isPending;
  // On a phone the burst stands below the form, out of sight of whoever has just started it.
  useEffect(() => {
    if (burst === undefined || !isReady || !matchMedia('(max-width: 1023px)').matches) return;
    // A frame later: whoever comes from another page is first brought to the top of this one.
    const frame = requestAnimationFrame(() => results.current?.scrollIntoView({ block: 'start' }));
    return () => cancelAnimationFrame(frame);
  }, [burst, isReady]);
  return (
    <Page title={t('title')} subtitle={t('subtitle')}>
      <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
      <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-[minmax(20rem,26rem)_minmax(0,1fr)]">
        {route !== undefined ? (
          <NewBurst routes={routes} route={route} method={method} onChoose={choose} />
        ) : (
          <NoRouteCard title={t('formTitle')} text={t('noRoutes')} isPending={query.isPending} />
        )}
        <div ref={results} className="flex min-w-0 scroll-mt-32 flex-col gap-4">
          {burst === undefined ? (
            <Card>
              <EmptyState icon={Timer} title={t('emptyTitle')}>
                {t('emptyText')}
              </EmptyState>
            </Card>
          ) : (
            <BurstPanel key={burst} id={burst} />
          )}
          {route !== undefined && <UpstreamPacing name={route.upstream} />}
          <BurstList />
        </div>
      </div>
    </Page>
  );
}
