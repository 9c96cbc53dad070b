import { useTranslation } from 'react-i18next';
import type { Search } from '../../address/page-search.ts';
import type { UsageDimension, UsageRow } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import {
  lookInto,
  SORTABLE,
  type SortColumn,
  sortGroups,
  successShare,
  type UsageQuestion,
} from './usage-question.ts';
import { useValueText } from './use-value-text.ts';

export interface GroupTableProps {
  /** Of the answer, which may be the one before that to the question. */
  groupBy: readonly UsageDimension[];
  rows: readonly UsageRow[];
  question: UsageQuestion;
  totalCount: number;
  onChange: (change: Search) => void;
}

export function GroupTable({ groupBy, rows, question, totalCount, onChange }: GroupTableProps) {
  const { t } = useTranslation('usage');
  const format = useFormat();
  const valueText = useValueText();
  const { sort, filters } = question;
  const numbers: readonly [SortColumn | 'share', (row: UsageRow) => React.ReactNode, boolean][] = [
    ['count', ({ count }) => format.number(count), false],
    ['share', ({ count }) => <Share share={totalCount === 0 ? 0 : count / totalCount} />, true],
    ['success', (row) => percentOr(successShare(row), format.percent), false],
    ['errors', ({ errors }) => <Failures errors={errors} text={format.number(errors)} />, false],
    ['average', ({ total }) => format.duration(total.average), true],
    ['p95', ({ total }) => format.duration(total.p95), false],
    ['bytes', ({ bytes }) => format.bytes(bytes), true],
  ];
  const columns: Column<UsageRow>[] = [
    ...groupBy.map((dimension) => ({
      id: dimension,
      header: t(`dimension.${dimension}`),
      cell: ({ group }: UsageRow) => (
        <span className="inline-block min-w-28 break-words font-medium [overflow-wrap:anywhere]">
          {valueText(dimension, group[dimension] ?? '')}
        </span>
      ),
    })),
    ...numbers.map(([id, cell, hideOnPhone]) => ({
      id,
      header: t(`column.${id}`),
      cell,
      align: 'end' as const,
      hideOnPhone,
      ...(id === 'share' ? {} : { sortValue: () => null }),
    })),
  ];
  return (
    <DataTable
      caption={t('groups.title')}
      columns={columns}
      rows={sortGroups(rows, sort)}
      rowKey={({ group }) => groupBy.map((dimension) => group[dimension]).join(' ')}
      onRowClick={({ group }) => onChange(lookInto(group, filters))}
      sort={sort}
      onSortChange={(next) => {
        // A new column begins with its greatest: that is what one looks for.
        const direction = next.column === sort.column ? next.direction : 'descending';
        const column = SORTABLE.find((one) => one === next.column);
        onChange({ sort: column, dir: direction });
      }}
      className="max-h-[36rem]"
    />
  );
}

function percentOr(share: number | null, percent: (share: number) => string): string {
  return share === null ? '–' : percent(share);
}

function Failures({ errors, text }: { errors: number; text: string }) {
  return <span className={errors > 0 ? 'font-medium text-bad' : undefined}>{text}</span>;
}

/** A share of all requests, for the eye and in digits. */
function Share({ share }: { share: number }) {
  const format = useFormat();
  return (
    <span className="inline-flex items-center justify-end gap-2">
      <span aria-hidden="true" className="h-1.5 w-16 overflow-hidden rounded bg-sunken">
        <span
          className="block h-full rounded bg-chart-arrivals"
          style={{ width: `${Math.min(1, share) * 100}%` }}
        />
      </span>
      <span className="min-w-12">{format.percent(Math.min(1, share))}</span>
    </span>
  );
}
