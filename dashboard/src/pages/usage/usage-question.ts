import type { Search } from '../../address/page-search.ts';
import type { UsageDimension, UsageRow } from '../../api/types.ts';
import { sortRows } from '../../ui/sort-rows.ts';
import { choicesBeside, DIMENSIONS, isDimension } from './usage-dimensions.ts';

export const SORTABLE = ['count', 'success', 'errors', 'average', 'p95', 'bytes'] as const;
export type SortColumn = (typeof SORTABLE)[number];

export interface UsageSort {
  readonly column: SortColumn;
  readonly direction: 'ascending' | 'descending';
}

/** What the page asks, by its address. */
export interface UsageQuestion {
  /** One or two. */
  readonly groupBy: readonly UsageDimension[];
  readonly filters: Partial<Readonly<Record<UsageDimension, string>>>;
  readonly sort: UsageSort;
}

/** `by=client,path&status=5xx&sort=bytes&dir=ascending`; what is not known is passed over. */
export function readQuestion(search: Search): UsageQuestion {
  const asked = (search.by ?? '').split(',').filter(isDimension);
  const groupBy = [...new Set(asked)].slice(0, 2);
  const filters = Object.fromEntries(
    DIMENSIONS.flatMap((dimension) => {
      const value = search[dimension];
      return value === undefined || value === '' ? [] : [[dimension, value]];
    }),
  );
  return {
    groupBy: groupBy.length === 0 ? ['route'] : groupBy,
    filters,
    sort: {
      column: SORTABLE.find((column) => column === search.sort) ?? 'count',
      direction: search.dir === 'ascending' ? 'ascending' : 'descending',
    },
  };
}

export function filteredBy(filters: UsageQuestion['filters']): UsageDimension[] {
  return DIMENSIONS.filter((dimension) => filters[dimension] !== undefined);
}

/** Changes of the address that take all filters away. */
export const NO_FILTERS: Search = Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, undefined]));

/** The order in which the API picks the groups: it has one for these three. */
export function orderOf({ column }: UsageSort): 'count' | 'errors' | 'bytes' {
  return column === 'errors' || column === 'bytes' ? column : 'count';
}

/** 0…1; null when there was nothing. */
export function successShare({ count, errors }: Pick<UsageRow, 'count' | 'errors'>): number | null {
  return count === 0 ? null : (count - errors) / count;
}

const VALUE: Readonly<Record<SortColumn, (row: UsageRow) => number | null>> = {
  count: ({ count }) => count,
  success: successShare,
  errors: ({ errors }) => errors,
  average: ({ total }) => total.average,
  p95: ({ total }) => total.p95,
  bytes: ({ bytes }) => bytes,
};

export function sortGroups(rows: readonly UsageRow[], { column, direction }: UsageSort): UsageRow[] {
  return sortRows(rows, VALUE[column], direction, 'en');
}

/** What one wants to know next of a group. */
const NEXT: readonly UsageDimension[] = [
  'route',
  'client',
  'path',
  'outcome',
  'status',
  'cache',
  'method',
  'upstream',
];

/** The address that looks into one group: filtered on it, and grouped by what tells it apart further. */
export function lookInto(group: UsageRow['group'], filters: UsageQuestion['filters']): Search {
  const narrowed = { ...filters, ...group };
  const taken = filteredBy(narrowed);
  const possible = choicesBeside(taken);
  const by = NEXT.find((dimension) => !taken.includes(dimension) && possible.includes(dimension));
  return { ...group, by };
}
