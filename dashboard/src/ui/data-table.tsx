import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../i18n/format.ts';
import { cx } from './class-names.ts';
import { type SortDirection, type SortValue, sortRows } from './sort-rows.ts';

export interface Column<Row> {
  id: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  align?: 'start' | 'end';
  /** A CSS width. */
  width?: string;
  /** Makes the column sortable. */
  sortValue?: (row: Row) => SortValue;
  hideOnPhone?: boolean;
}

export interface Sort {
  column: string;
  direction: SortDirection;
}

export interface DataTableProps<Row> {
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  onRowClick?: (row: Row) => void;
  /** The order at first, or with `onSortChange` the order that holds: then the rows come in order already. */
  sort?: Sort;
  onSortChange?: (sort: Sort) => void;
  /** Shown instead of rows. */
  empty?: ReactNode;
  /** The name of the table, for a screen reader. */
  caption: string;
  /** Lets the rows scroll below a header that stays, for example `max-h-96`. */
  className?: string;
}

/** A table that scrolls in its own box. Rows are all in the document: for thousands take `VirtualList`. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { columns, rows, rowKey, onRowClick, onSortChange, empty, caption, className } = props;
  const { t } = useTranslation('common');
  const { locale } = useFormat();
  const [ownSort, setOwnSort] = useState(props.sort);
  const sort = onSortChange === undefined ? ownSort : props.sort;
  const sortValue = columns.find((column) => column.id === sort?.column)?.sortValue;
  const shown = useMemo(
    () =>
      sort === undefined || sortValue === undefined || onSortChange !== undefined
        ? rows
        : sortRows(rows, sortValue, sort.direction, locale),
    [rows, sort, sortValue, onSortChange, locale],
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group that scrolls is no fieldset, and a region would be one landmark more
    <div
      role="group"
      aria-label={caption}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by the keyboard
      tabIndex={0}
      className={cx(
        'relative min-w-0 overflow-auto rounded-md border border-line -outline-offset-2',
        className,
      )}
    >
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeaderCell
                key={column.id}
                column={column}
                sort={sort?.column === column.id ? sort.direction : undefined}
                onSort={onSortChange ?? setOwnSort}
              />
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {shown.map((row) => (
            <tr key={rowKey(row)} {...(onRowClick === undefined ? {} : rowActions(() => onRowClick(row)))}>
              {columns.map((column) => (
                <td
                  key={column.id}
                  className={cx(
                    'px-3 py-2 align-top',
                    column.align === 'end' && 'text-right',
                    column.hideOnPhone && 'hidden sm:table-cell',
                  )}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {shown.length === 0 && (
            <tr>
              <td colSpan={columns.length} className="px-3 py-4 text-center text-muted">
                {empty ?? t('noData')}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

interface HeaderCellProps<Row> {
  column: Column<Row>;
  sort: SortDirection | undefined;
  onSort: (sort: Sort) => void;
}

function HeaderCell<Row>({ column, sort, onSort }: HeaderCellProps<Row>) {
  const { t } = useTranslation('common');
  const sortable = column.sortValue !== undefined;
  const Icon = sort === undefined ? ChevronsUpDown : sort === 'ascending' ? ArrowUp : ArrowDown;
  const next: SortDirection = sort === 'ascending' ? 'descending' : 'ascending';
  return (
    <th
      scope="col"
      aria-sort={sort ?? (sortable ? 'none' : undefined)}
      style={column.width === undefined ? undefined : { width: column.width }}
      className={cx(
        'sticky top-0 z-10 whitespace-nowrap border-line border-b bg-sunken px-3 py-2 font-medium text-muted',
        column.align === 'end' ? 'text-right' : 'text-left',
        column.hideOnPhone && 'hidden sm:table-cell',
      )}
    >
      {sortable ? (
        <button
          type="button"
          title={t(next === 'ascending' ? 'sortAscending' : 'sortDescending')}
          onClick={() => onSort({ column: column.id, direction: next })}
          className="inline-flex min-h-6 items-center gap-1 font-medium hover:text-text"
        >
          {column.header}
          <Icon aria-hidden="true" className={cx('size-3.5', sort !== undefined && 'text-accent')} />
        </button>
      ) : (
        column.header
      )}
    </th>
  );
}

/** A row that opens something: by click and by Enter, except where a control inside it is meant. */
function rowActions(open: () => void) {
  return {
    tabIndex: 0,
    className: 'cursor-pointer -outline-offset-2 hover:bg-sunken',
    onClick: (event: React.MouseEvent) => {
      if (!(event.target as Element).closest('button, a, input, select, label, textarea')) open();
    },
    onKeyDown: (event: React.KeyboardEvent) => {
      if (event.target !== event.currentTarget || (event.key !== 'Enter' && event.key !== ' ')) return;
      event.preventDefault();
      open();
    },
  };
}
