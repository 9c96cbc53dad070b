import { ChartColumn } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Search } from '../../address/page-search.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { CombinationNotice } from './combination-notice.tsx';
import { GroupCard } from './group-card.tsx';
import { UsageCharts } from './usage-charts.tsx';
import { filteredBy, NO_FILTERS, type UsageQuestion } from './usage-question.ts';
import { bucketFor, refetchMs, spanOf, timesOf, type UsageRange } from './usage-range.ts';
import { UsageTiles } from './usage-tiles.tsx';
import { useFirstCurl } from './use-first-curl.ts';
import { useUsage } from './use-usage.ts';

export interface UsageReportProps {
  range: Exclude<UsageRange, { kind: 'incomplete' }>;
  question: UsageQuestion;
  onChange: (change: Search) => void;
}

/** The numbers of a range: in total, over time, and by group. */
export function UsageReport({ range, question, onChange }: UsageReportProps) {
  const now = Date.now();
  const bucket = bucketFor(range, now);
  const everyMs = refetchMs(range, now);
  const asked = { ...timesOf(range), ...question.filters };
  const total = useUsage(asked, everyMs);
  const series = useUsage({ ...asked, bucket }, everyMs);
  const problem = total.error ?? series.error;
  const hasFilters = filteredBy(question.filters).length > 0;
  const summary = total.data?.rows[0];
  const notice = problem !== null && (
    <CombinationNotice
      error={problem}
      dimensions={filteredBy(question.filters)}
      hasFilters={hasFilters}
      onRetry={() => {
        void total.refetch();
        void series.refetch();
      }}
      onChange={onChange}
    />
  );
  if (total.data === undefined) {
    if (notice !== false) return notice;
    return (
      <Card>
        <Skeleton lines={8} />
      </Card>
    );
  }
  if (summary === undefined || summary.count === 0) {
    return (
      <>
        {notice}
        <NothingThere hasFilters={hasFilters} onChange={onChange} />
      </>
    );
  }
  return (
    <>
      {/* What was there before a question failed stays: it is as old as the notice says. */}
      {notice}
      <UsageTiles summary={summary} />
      {series.data === undefined ? (
        series.error === null && (
          <Card>
            <Skeleton lines={6} />
          </Card>
        )
      ) : (
        <UsageCharts answer={series.data} spanMs={spanOf(range)} />
      )}
      <GroupCard
        asked={asked}
        bucket={bucket}
        everyMs={everyMs}
        question={question}
        totalCount={summary.count}
        onChange={onChange}
      />
    </>
  );
}

function NothingThere({ hasFilters, onChange }: { hasFilters: boolean; onChange: (change: Search) => void }) {
  const { t } = useTranslation('usage');
  const curl = useFirstCurl();
  return (
    <Card>
      <EmptyState
        icon={ChartColumn}
        title={t(hasFilters ? 'empty.filtered' : 'empty.title')}
        {...(hasFilters || curl === undefined ? {} : { curl })}
        action={hasFilters && <Button onClick={() => onChange(NO_FILTERS)}>{t('filter.clearAll')}</Button>}
      >
        <p>{t(hasFilters ? 'empty.filteredExplain' : 'empty.explain')}</p>
      </EmptyState>
    </Card>
  );
}
