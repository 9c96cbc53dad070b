import type { Facet, UsageDimension } from '../../usage/rollup.ts';
import type { UsageQuery, UsageRow } from '../contracts.ts';
import type { Database } from './database.ts';
import type { SqlRow, SqlValue } from './dialect.ts';
import { FACET_IDS, FACET_VALUES, facetTable, LATENCY_COLUMNS } from './tables.ts';
import { nameFilter } from './usage-filter.ts';
import { facetSummary } from './usage-latency.ts';
import { BUCKET_MINUTES, type Segment } from './usage-plan.ts';

const PAGE_ROWS = 2_000;
const MINUTE_MS = 60_000;

/** Rows by client, path or both: grouped, ordered and cut by the database, and named at the very end. */
export async function* facetRows(
  database: Database,
  facet: Facet,
  query: UsageQuery,
  segments: readonly Segment[],
): AsyncGenerator<UsageRow> {
  const values: SqlValue[] = [];
  const { bucket, groupBy, limit } = query;
  const orderBy = query.orderBy ?? 'count';
  const step = bucket === undefined ? undefined : BUCKET_MINUTES[bucket];
  const columns = groupBy.map((dimension) => `${dimension}_id`);
  const keys = [...(step === undefined ? [] : ['bucket']), ...columns];
  const sums = FACET_VALUES.map((column) => `coalesce(sum(${column}), 0) as ${column}`);
  const filters = nameFilter(query.filters ?? {}, values);
  const pieces = segments.map(({ grain, from, to }) => {
    const start = step === undefined ? [] : [`start_minute - start_minute % ${step} as bucket`];
    return `select ${[...start, ...columns, ...FACET_VALUES].join(', ')} from ${facetTable(grain)}
      where facet = ${FACET_IDS[facet]} and start_minute >= ${from} and start_minute < ${to}${filters}`;
  });
  const grouping = keys.length === 0 ? 'having count(*) > 0' : `group by ${keys.join(', ')}`;
  let grouped = `select ${[...keys, ...sums].join(', ')} from (${pieces.join(' union all ')}) as pieces ${grouping}`;
  const order = [`${orderBy} desc`, ...columns].join(', ');
  if (limit !== undefined) {
    const within = step === undefined ? '' : 'partition by bucket ';
    grouped = `select * from (select grouped.*, row_number() over (${within}order by ${order}) as place
      from (${grouped}) as grouped) as placed where place <= ${limit}`;
  }
  const named = groupBy.map((dimension) => `${dimension}_name.text as ${dimension}`);
  const joins = groupBy.map(
    (dimension) =>
      `left join usage_name as ${dimension}_name on ${dimension}_name.id = answer.${dimension}_id`,
  );
  const text = `select answer.*${named.map((name) => `, ${name}`).join('')} from (${grouped}) as answer
    ${joins.join(' ')} order by ${step === undefined ? order : `bucket, ${order}`}`;
  for await (const page of database.pages(text, values, PAGE_ROWS)) {
    for (const row of page) yield usageRow(row, groupBy);
  }
}

function usageRow(row: SqlRow, groupBy: readonly UsageDimension[]): UsageRow {
  const count = Number(row.count);
  return {
    startMs: row.bucket === undefined ? undefined : Number(row.bucket) * MINUTE_MS,
    group: Object.fromEntries(groupBy.map((dimension) => [dimension, String(row[dimension])])),
    count,
    errors: Number(row.errors),
    refused: Number(row.refused),
    hits: Number(row.hits),
    bytes: Number(row.bytes),
    total: facetSummary(
      LATENCY_COLUMNS.map((column) => Number(row[column])),
      count,
      Number(row.total_us),
    ),
    queue: undefined,
    upstream: undefined,
  };
}
