import { DEFAULT_BOUNDS } from '../../usage/minute-rollup.ts';
import { type Facet, OTHER } from '../../usage/rollup.ts';
import type { MaintenanceReport, UsageRetention } from '../contracts.ts';
import type { Database } from './database.ts';
import type { Run } from './dialect.ts';
import type { Names } from './names.ts';
import {
  coreTable,
  FACET_IDS,
  FACET_KEYS,
  FACET_VALUES,
  facetTable,
  GRAIN_MINUTES,
  GRAINS,
  type Grain,
} from './tables.ts';
import { addCore, addingFacets, coreOf, rolledUntil, startOf } from './usage-write.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = GRAIN_MINUTES.day;
/** An hour is rolled up when it has been over for so long: what is still in flight then comes in late, which costs more. */
const GRACE_MINUTES = 2;
/** Names that each facet keeps in an hour, as many as in a minute. */
const HOUR_BOUNDS: Record<Facet, number> = {
  client: DEFAULT_BOUNDS.clients,
  path: DEFAULT_BOUNDS.paths,
  pair: DEFAULT_BOUNDS.pairs,
};
/** Rows of one deleting transaction are those of so many starts. */
const STARTS_PER_DELETE: Record<Grain, number> = { minute: 10, hour: 12, day: 7 };

/**
 * Rolls up and deletes. Each hour and each slice of deletions is a transaction of its own under the usage lock, and
 * looks first what is left to do: several nodes may do this at once, and a crash loses nothing.
 */
export async function maintainUsage(
  database: Database,
  names: Names,
  nowMs: number,
  retention: UsageRetention,
): Promise<MaintenanceReport> {
  const nowMinute = Math.floor(nowMs / MINUTE_MS);
  let hoursRolled = 0;
  const days = new Set<number>();
  for (;;) {
    const hour = await rollNextHour(database, names, nowMinute);
    if (hour === undefined) break;
    hoursRolled++;
    days.add(startOf(hour, 'day'));
  }
  const keptMs: Record<Grain, number> = {
    minute: retention.minutesMs,
    hour: retention.hoursMs,
    day: retention.daysMs,
  };
  let rowsDeleted = 0;
  for (const grain of GRAINS) {
    const before = startOf(Math.floor((nowMs - keptMs[grain]) / MINUTE_MS), grain);
    for (;;) {
      const deleted = await deleteOldest(database, grain, before);
      if (deleted === undefined) break;
      rowsDeleted += deleted;
    }
  }
  await forget(database, nowMs - retention.daysMs);
  return { hoursRolled, daysRolled: days.size, rowsDeleted };
}

/** The hour that was rolled up; undefined when none is due. */
function rollNextHour(database: Database, names: Names, nowMinute: number): Promise<number | undefined> {
  return database.transaction(async (run) => {
    await database.engine.lock(run, 'usage');
    const done = await rolledUntil(run);
    const [first] = await run(
      `select min(start_minute) as start from ${coreTable('minute')} where start_minute >= $1`,
      [done],
    );
    if (first?.start == null) return undefined;
    const hour = startOf(Number(first.start), 'hour');
    const end = hour + GRAIN_MINUTES.hour;
    if (end + GRACE_MINUTES > nowMinute) return undefined;
    const core = await run(
      `select * from ${coreTable('minute')} where start_minute >= $1 and start_minute < $2`,
      [hour, end],
    );
    const rows = core.map(coreOf);
    await addCore(run, 'hour', hour, rows);
    await addCore(run, 'day', startOf(hour, 'day'), rows);
    const { ids } = await names.idsOf(run, [OTHER], Math.floor(hour / DAY_MINUTES));
    const other = ids.get(OTHER)!;
    for (const facet of Object.keys(FACET_IDS) as Facet[]) await rollFacet(run, facet, hour, other);
    await run("update ledger_counter set value = $1 where name = 'usage_rolled'", [end]);
    return hour;
  });
}

/** The heaviest names of the hour keep theirs, and go from there into the day. */
async function rollFacet(run: Run, facet: Facet, hour: number, other: number): Promise<void> {
  const id = FACET_IDS[facet];
  const sums = FACET_VALUES.map((column) => `sum(${column}) as ${column}`).join(', ');
  const heavy = (column: string, applies: boolean) =>
    applies ? `case when place <= ${HOUR_BOUNDS[facet]} then ${column} else ${other} end` : '0';
  const into = addingFacets('hour');
  await run(
    `${into.into}
     select facet, ${hour}, ${heavy('client_id', facet !== 'path')} as client,
       ${heavy('path_id', facet !== 'client')} as path, route_id, upstream_id, ${sums}
     from (
       select sums.*, row_number() over (order by count desc, client_id, path_id, route_id) as place
       from (
         select facet, client_id, path_id, route_id, upstream_id, ${sums}
         from ${facetTable('minute')}
         where facet = ${id} and start_minute >= ${hour} and start_minute < ${hour + GRAIN_MINUTES.hour}
         group by facet, client_id, path_id, route_id, upstream_id) as sums) as placed
     where true
     group by facet, client, path, route_id, upstream_id
     ${into.adding}`,
  );
  const onto = addingFacets('day');
  const rest = [...FACET_KEYS, ...FACET_VALUES].filter(
    (column) => !['facet', 'start_minute'].includes(column),
  );
  await run(
    `${onto.into}
     select facet, ${startOf(hour, 'day')}, ${rest.join(', ')} from ${facetTable('hour')}
     where facet = ${id} and start_minute = ${hour}
     ${onto.adding}`,
  );
}

/** How many rows one slice of what is over had; undefined when nothing is over that the next resolution has. */
function deleteOldest(database: Database, grain: Grain, before: number): Promise<number | undefined> {
  return database.transaction(async (run) => {
    await database.engine.lock(run, 'usage');
    const [first] = await run(`select min(start_minute) as start from ${coreTable(grain)}`);
    if (first?.start == null) return undefined;
    const from = Number(first.start);
    const limit = grain === 'minute' ? Math.min(before, await rolledUntil(run)) : before;
    const to = Math.min(limit, from + STARTS_PER_DELETE[grain] * GRAIN_MINUTES[grain]);
    if (from >= to) return undefined;
    const core = await run(
      `delete from ${coreTable(grain)} where start_minute >= $1 and start_minute < $2 returning 1 as gone`,
      [from, to],
    );
    let deleted = core.length;
    for (const facet of Object.values(FACET_IDS)) {
      const [counted] = await run(
        `select count(*) as rows from ${facetTable(grain)}
         where facet = $1 and start_minute >= $2 and start_minute < $3`,
        [facet, from, to],
      );
      deleted += Number(counted?.rows ?? 0);
      await run(
        `delete from ${facetTable(grain)} where facet = $1 and start_minute >= $2 and start_minute < $3`,
        [facet, from, to],
      );
    }
    return deleted;
  });
}

/** Names that no row can hold any more, and nodes that are long gone. */
function forget(database: Database, beforeMs: number): Promise<void> {
  const beforeDay = Math.floor(beforeMs / MINUTE_MS / DAY_MINUTES) - 1;
  return database.transaction(async (run) => {
    await database.engine.lock(run, 'usage');
    await run('delete from usage_name where seen_day < $1', [beforeDay]);
    await run('delete from usage_flush where seen_ms < $1', [beforeMs]);
  });
}
