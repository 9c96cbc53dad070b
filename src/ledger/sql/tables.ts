import { FACET_LATENCY_BOUNDS_MS, type Facet } from '../../usage/rollup.ts';

/** Names that statements are built of. Nothing in here comes from outside. */

export const GRAINS = ['minute', 'hour', 'day'] as const;
export type Grain = (typeof GRAINS)[number];

/** Length in minutes: starts are stored as minutes since the epoch, which is half the bytes of milliseconds. */
export const GRAIN_MINUTES: Record<Grain, number> = { minute: 1, hour: 60, day: 1_440 };

export const FACET_IDS: Record<Facet, number> = { client: 1, path: 2, pair: 3 };

export const FACET_KEYS = ['facet', 'start_minute', 'client_id', 'path_id', 'route_id', 'upstream_id'];
export const LATENCY_COLUMNS = Array.from(
  { length: FACET_LATENCY_BOUNDS_MS.length + 1 },
  (_, at) => `l${at}`,
);
/** In the order of a facet row's `values`. Null is 0. */
export const FACET_VALUES = ['count', 'errors', 'refused', 'hits', 'bytes', 'total_us', ...LATENCY_COLUMNS];

export const CORE_KEYS = ['start_minute', 'route_id', 'upstream_id', 'method', 'status', 'outcome', 'cache'];
export const CORE_VALUES = [
  'count',
  'bytes',
  'total_us',
  'total_buckets',
  'queue_count',
  'queue_us',
  'queue_buckets',
  'upstream_count',
  'upstream_us',
  'upstream_buckets',
];

export const coreTable = (grain: Grain): string => `usage_core_${grain}`;
export const facetTable = (grain: Grain): string => `usage_facet_${grain}`;

/** `($1, $2), ($3, $4)`: a statement of few fixed lengths is parsed and planned once for each. */
export function tuples(rows: number, width: number, from = 1): string {
  const tuple = (row: number) =>
    `(${Array.from({ length: width }, (_, column) => `$${from + row * width + column}`).join(', ')})`;
  return Array.from({ length: rows }, (_, row) => tuple(row)).join(', ');
}

/** The list in runs of 64, then 8, then 1: fewer statements than rows, and only three of them to prepare. */
export function* runs<T>(items: readonly T[]): Generator<readonly T[]> {
  let at = 0;
  for (const length of [64, 8, 1]) {
    for (; items.length - at >= length; at += length) yield items.slice(at, at + length);
  }
}
