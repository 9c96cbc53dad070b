import { Histogram } from '../../usage/histogram.ts';
import type { UsageDimension } from '../../usage/rollup.ts';
import { addLatency } from '../../usage/rollup-buckets.ts';
import type { UsageQuery, UsageRow } from '../contracts.ts';
import type { Database } from './database.ts';
import type { SqlRow, SqlValue } from './dialect.ts';
import { CORE_KEYS, CORE_VALUES, coreTable } from './tables.ts';
import { nameFilter, plainFilter, statusName } from './usage-filter.ts';
import { coreSummary } from './usage-latency.ts';
import { BUCKET_MINUTES, type Segment } from './usage-plan.ts';
import { coreOf } from './usage-write.ts';

const PAGE_ROWS = 2_000;
const MINUTE_MS = 60_000;

/** Numbers of one group, open for more. */
class Group {
  count = 0;
  errors = 0;
  refused = 0;
  hits = 0;
  bytes = 0;
  private readonly total = new Histogram();
  private readonly queue = new Histogram();
  private readonly upstream = new Histogram();

  constructor(private readonly group: UsageRow['group']) {}

  add(row: SqlRow): void {
    const core = coreOf(row);
    this.count += core.count;
    this.bytes += core.bytes;
    if (core.outcome !== 'success') this.errors += core.count;
    if (core.outcome === 'refused') this.refused += core.count;
    if (core.cache === 'hit' || core.cache === 'stale') this.hits += core.count;
    addLatency(this.total, core.total);
    addLatency(this.queue, core.queue);
    addLatency(this.upstream, core.upstreamLatency);
  }

  row(startMs: number | undefined): UsageRow {
    const { group, count, errors, refused, hits, bytes } = this;
    return {
      startMs,
      group,
      count,
      errors,
      refused,
      hits,
      bytes,
      total: coreSummary(this.total),
      queue: coreSummary(this.queue),
      upstream: coreSummary(this.upstream),
    };
  }
}

/** Rows without client and path. Read in order of time, so that only the groups of one bucket are held at once. */
export async function* coreRows(
  database: Database,
  query: UsageQuery,
  segments: readonly Segment[],
): AsyncGenerator<UsageRow> {
  const values: SqlValue[] = [];
  const step = query.bucket === undefined ? undefined : BUCKET_MINUTES[query.bucket];
  const filters = nameFilter(query.filters ?? {}, values) + plainFilter(query.filters ?? {}, values);
  const columns = [...CORE_KEYS, ...CORE_VALUES].join(', ');
  const pieces = segments.map(
    ({ grain, from, to }) =>
      `select ${columns} from ${coreTable(grain)} where start_minute >= ${from} and start_minute < ${to}${filters}`,
  );
  const text = `select pieces.*, route_name.text as route, upstream_name.text as upstream
    from (${pieces.join(' union all ')}) as pieces
    left join usage_name as route_name on route_name.id = route_id
    left join usage_name as upstream_name on upstream_name.id = upstream_id
    order by start_minute`;
  let bucket: number | undefined;
  let groups = new Map<string, Group>();
  for await (const page of database.pages(text, values, PAGE_ROWS)) {
    for (const row of page) {
      const start = Number(row.start_minute);
      const here = step === undefined ? undefined : start - (start % step);
      if (here !== bucket) {
        yield* ordered(groups, query, bucket);
        groups = new Map();
        bucket = here;
      }
      groupOf(groups, query.groupBy, row).add(row);
    }
  }
  yield* ordered(groups, query, bucket);
}

function groupOf(groups: Map<string, Group>, groupBy: readonly UsageDimension[], row: SqlRow): Group {
  const names = groupBy.map((dimension) =>
    dimension === 'status' ? statusName(Number(row.status)) : String(row[dimension]),
  );
  const key = JSON.stringify(names);
  let group = groups.get(key);
  if (group === undefined) {
    group = new Group(Object.fromEntries(groupBy.map((dimension, index) => [dimension, names[index]!])));
    groups.set(key, group);
  }
  return group;
}

function ordered(groups: Map<string, Group>, query: UsageQuery, bucket: number | undefined): UsageRow[] {
  const orderBy = query.orderBy ?? 'count';
  return [...groups.values()]
    .sort((one, two) => two[orderBy] - one[orderBy])
    .slice(0, query.limit)
    .map((group) => group.row(bucket === undefined ? undefined : bucket * MINUTE_MS));
}
