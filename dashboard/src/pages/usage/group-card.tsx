import { useTranslation } from 'react-i18next';
import type { Search } from '../../address/page-search.ts';
import type { Query } from '../../api/client.ts';
import type { UsageBucket } from '../../api/types.ts';
import { Card } from '../../ui/card.tsx';
import { CodeText } from '../../ui/code-text.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { CombinationNotice } from './combination-notice.tsx';
import { CsvMenu } from './csv-menu.tsx';
import { GroupTable } from './group-table.tsx';
import { GroupingPicker } from './grouping-picker.tsx';
import { OTHER } from './usage-dimensions.ts';
import { filteredBy, orderOf, type UsageQuestion } from './usage-question.ts';
import { useUsage } from './use-usage.ts';

/** More rows than that nobody reads; the CSV has them all. */
const MOST_GROUPS = 100;

export interface GroupCardProps {
  /** Range and filters. */
  asked: Query;
  bucket: UsageBucket;
  everyMs: number | false;
  question: UsageQuestion;
  /** Requests of all groups together. */
  totalCount: number;
  onChange: (change: Search) => void;
}

/** The range by group, the greatest first. */
export function GroupCard({ asked, bucket, everyMs, question, totalCount, onChange }: GroupCardProps) {
  const { t } = useTranslation('usage');
  const query = { ...asked, group_by: question.groupBy.join(','), order_by: orderOf(question.sort) };
  // One more than is shown tells whether there are more.
  const { data, error, refetch } = useUsage({ ...query, limit: MOST_GROUPS + 1 }, everyMs);
  const rows = data?.rows.slice(0, MOST_GROUPS) ?? [];
  const hasOther = rows.some(({ group }) => group.client === OTHER || group.path === OTHER);
  const isCoarse = question.groupBy.some((one) => one === 'client' || one === 'path');
  return (
    <Card title={t('groups.title')} actions={<CsvMenu query={query} bucket={bucket} />}>
      <GroupingPicker question={question} onChange={onChange} />
      {error !== null && (
        <CombinationNotice
          error={error}
          dimensions={[...question.groupBy, ...filteredBy(question.filters)]}
          hasFilters={filteredBy(question.filters).length > 0}
          onRetry={() => void refetch()}
          onChange={onChange}
        />
      )}
      {data === undefined ? (
        error === null && <Skeleton lines={5} />
      ) : (
        <>
          <GroupTable
            groupBy={data.group_by}
            rows={rows}
            question={question}
            totalCount={totalCount}
            onChange={onChange}
          />
          <div className="mt-2 flex flex-col gap-1 text-muted text-xs">
            {data.rows.length > MOST_GROUPS && (
              <p>{t(`groups.more.${orderOf(question.sort)}`, { number: MOST_GROUPS })}</p>
            )}
            <p>{t('groups.open')}</p>
            {hasOther && (
              <p>
                <CodeText text={t('groups.other')} />
              </p>
            )}
            {isCoarse && <p>{t('groups.coarse')}</p>}
          </div>
        </>
      )}
    </Card>
  );
}
