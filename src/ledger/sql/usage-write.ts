import {
  type CoreRow,
  FACET_WIDTH,
  type FacetRow,
  type LatencyRow,
  type UsageChunk,
} from '../../usage/rollup.ts';
import { mergedLatency } from '../../usage/rollup-buckets.ts';
import type { Database } from './database.ts';
import type { Run, SqlRow, SqlValue } from './dialect.ts';
import type { Names } from './names.ts';
import {
  CORE_KEYS,
  CORE_VALUES,
  coreTable,
  FACET_IDS,
  FACET_KEYS,
  FACET_VALUES,
  facetTable,
  GRAIN_MINUTES,
  GRAINS,
  type Grain,
  runs,
  tuples,
} from './tables.ts';

const MINUTE_MS = 60_000;
const FACET_COLUMNS = [...FACET_KEYS, ...FACET_VALUES];
const CORE_COLUMNS = [...CORE_KEYS, ...CORE_VALUES];

/** A core row by its place in the table. */
export interface StoredCore extends Omit<CoreRow, 'source' | 'upstream'> {
  readonly routeId: number;
  readonly upstreamId: number;
  readonly upstreamLatency: LatencyRow;
}

/**
 * Adds a chunk, once. Minutes whose hour has already been rolled up go into the hour and the day as well, so that
 * every resolution has the same sum, however late a node's rollups come.
 */
export async function writeChunk(database: Database, names: Names, chunk: UsageChunk): Promise<void> {
  const committed = await database.transaction(async (run) => {
    await database.engine.lock(run, 'usage');
    if (!(await isNew(run, chunk))) return undefined;
    const minute = Math.floor(chunk.startMs / MINUTE_MS);
    const { ids, committed } = await names.idsOf(run, namesIn(chunk), Math.floor(minute / 1_440));
    const grains = minute < (await rolledUntil(run)) ? GRAINS : (['minute'] as const);
    const idOf = (name: string): number => (name === '' ? 0 : ids.get(name)!);
    const sources = chunk.sources.map(({ route, upstream }) => [idOf(route), idOf(upstream)] as const);
    for (const grain of grains) {
      const start = startOf(minute, grain);
      const core = chunk.core.map((row) => storedCore(row, sources[row.source]!));
      await addCore(run, grain, start, core);
      const facets = chunk.facets.map((row) => {
        const [routeId, upstreamId] = sources[row.source]!;
        return [
          FACET_IDS[row.facet],
          start,
          idOf(row.client),
          idOf(row.path),
          routeId,
          upstreamId,
          ...valuesOf(row),
        ];
      });
      await addFacets(run, grain, facets);
    }
    return committed;
  });
  committed?.();
}

/** Minutes before this one have been rolled up into hours and days. */
export async function rolledUntil(run: Run): Promise<number> {
  const [row] = await run("select value from ledger_counter where name = 'usage_rolled'");
  return Number(row?.value ?? 0);
}

export const startOf = (minute: number, grain: Grain): number => minute - (minute % GRAIN_MINUTES[grain]);

/** `… on conflict` that adds every value to what is there. */
export function addingFacets(grain: Grain): { into: string; adding: string } {
  const additions = FACET_VALUES.map(
    (column) =>
      `${column} = coalesce(there.${column} + excluded.${column}, there.${column}, excluded.${column})`,
  );
  return {
    into: `insert into ${facetTable(grain)} as there (${FACET_COLUMNS.join(', ')})`,
    adding: `on conflict (${FACET_KEYS.join(', ')}) do update set ${additions.join(', ')}`,
  };
}

/** Histograms are merged here, not by the database: the lock makes reading and writing back one step. */
export async function addCore(
  run: Run,
  grain: Grain,
  start: number,
  rows: readonly StoredCore[],
): Promise<void> {
  if (rows.length === 0) return;
  const there = new Map<string, StoredCore>();
  for (const row of await run(`select * from ${coreTable(grain)} where start_minute = $1`, [start])) {
    const core = coreOf(row);
    there.set(keyOf(core), core);
  }
  const merged = new Map<string, StoredCore>();
  for (const row of rows) {
    const key = keyOf(row);
    const before = merged.get(key) ?? there.get(key);
    merged.set(key, before === undefined ? row : mergedCore(before, row));
  }
  const updates = CORE_VALUES.map((column) => `${column} = excluded.${column}`).join(', ');
  for (const batch of runs([...merged.values()])) {
    await run(
      `insert into ${coreTable(grain)} (${CORE_COLUMNS.join(', ')})
       values ${tuples(batch.length, CORE_COLUMNS.length)}
       on conflict (${CORE_KEYS.join(', ')}) do update set ${updates}`,
      batch.flatMap((row) => coreValues(start, row)),
    );
  }
}

export function coreOf(row: SqlRow): StoredCore {
  const latency = (count: unknown, sum: unknown, buckets: unknown): LatencyRow => ({
    count: Number(count),
    sumUs: Number(sum),
    buckets: buckets as Uint8Array,
  });
  return {
    routeId: Number(row.route_id),
    upstreamId: Number(row.upstream_id),
    method: String(row.method),
    status: Number(row.status),
    outcome: String(row.outcome),
    cache: String(row.cache),
    count: Number(row.count),
    bytes: Number(row.bytes),
    total: latency(row.count, row.total_us, row.total_buckets),
    queue: latency(row.queue_count, row.queue_us, row.queue_buckets),
    upstreamLatency: latency(row.upstream_count, row.upstream_us, row.upstream_buckets),
  };
}

async function addFacets(run: Run, grain: Grain, rows: readonly SqlValue[][]): Promise<void> {
  const { into, adding } = addingFacets(grain);
  for (const batch of runs(rows)) {
    await run(`${into} values ${tuples(batch.length, FACET_COLUMNS.length)} ${adding}`, batch.flat());
  }
}

/** Whether this node's sequence has not been seen; remembers it in the same transaction. */
async function isNew(run: Run, { node, sequence, startMs }: UsageChunk): Promise<boolean> {
  const rows = await run(
    `insert into usage_flush as seen (node, sequence, seen_ms) values ($1, $2, $3)
     on conflict (node) do update set sequence = excluded.sequence, seen_ms = excluded.seen_ms
     where seen.sequence < excluded.sequence returning sequence`,
    [node, sequence, startMs],
  );
  return rows.length > 0;
}

function namesIn({ sources, facets }: UsageChunk): Set<string> {
  const names = new Set<string>();
  for (const { route, upstream } of sources) names.add(route).add(upstream);
  for (const { client, path } of facets) names.add(client).add(path);
  names.delete('');
  return names;
}

/** Zeros as null, which takes no room: most latency buckets of most rows are empty. */
function valuesOf(row: FacetRow): SqlValue[] {
  if (row.values.length !== FACET_WIDTH) throw new RangeError(`a facet row has ${row.values.length} values`);
  return row.values.map((value) => (value === 0 ? null : value));
}

function storedCore(row: CoreRow, [routeId, upstreamId]: readonly [number, number]): StoredCore {
  const { method, status, outcome, cache, count, bytes, total, queue, upstream } = row;
  return {
    routeId,
    upstreamId,
    method,
    status,
    outcome,
    cache,
    count,
    bytes,
    total,
    queue,
    upstreamLatency: upstream,
  };
}

const keyOf = ({ routeId, upstreamId, method, status, outcome, cache }: StoredCore): string =>
  `${routeId} ${upstreamId} ${method} ${status} ${outcome} ${cache}`;

function mergedCore(one: StoredCore, two: StoredCore): StoredCore {
  return {
    ...one,
    count: one.count + two.count,
    bytes: one.bytes + two.bytes,
    total: mergedLatency(one.total, two.total),
    queue: mergedLatency(one.queue, two.queue),
    upstreamLatency: mergedLatency(one.upstreamLatency, two.upstreamLatency),
  };
}

function coreValues(start: number, row: StoredCore): SqlValue[] {
  const { total, queue, upstreamLatency } = row;
  return [
    start,
    row.routeId,
    row.upstreamId,
    row.method,
    row.status,
    row.outcome,
    row.cache,
    row.count,
    row.bytes,
    total.sumUs,
    total.buckets,
    queue.count,
    queue.sumUs,
    queue.buckets,
    upstreamLatency.count,
    upstreamLatency.sumUs,
    upstreamLatency.buckets,
  ];
}
