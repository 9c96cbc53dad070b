// What usage costs: a record, a flush beside a busy event loop, 1,000,000 requests of one day in the database.
// `npm run bench -- ledger [--requests N] [--postgres]`; --postgres needs PostgreSQL's programs.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Ledger, UsageQuery } from '../src/ledger/contracts.ts';
import { ledgerAt } from '../src/ledger/open-ledger.ts';
import { SqlLedger } from '../src/ledger/sql/ledger.ts';
import { SqliteEngine } from '../src/ledger/sql/sqlite.ts';
import { systemClock } from '../src/shared/clock.ts';
import { seededRandom } from '../src/shared/random.ts';
import { VirtualClock } from '../src/shared/virtual-clock.ts';
import { UsageFlusher } from '../src/usage/flush.ts';
import { MinuteRollup } from '../src/usage/minute-rollup.ts';
import type { UsageSample } from '../src/usage/rollup.ts';
import { POSTGRES_MISSING, postgresPrograms, startPostgres } from '../test/support/postgres.ts';
import { usageSample } from '../test/support/usage-samples.ts';
import { median, megabytes, printMachine, printTable } from './support/report.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000000' },
    postgres: { type: 'boolean', default: false },
  },
});
const REQUESTS = Number(values.requests);
const CLIENTS = 10_000;
const PATHS = 1_000;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const DAY = 20_000 * DAY_MS;

const folder = mkdtempSync(join(tmpdir(), 'comporta-bench-'));
const random = seededRandom(3);
const pick = (count: number): number => Math.floor(random.next() * count);
const clients = Array.from({ length: CLIENTS }, (_, index) => `client-${index}`);
const paths = Array.from({ length: PATHS }, (_, index) => `/ml/items/MLB${index}`);

const randomSample = (): UsageSample => {
  const dice = random.next();
  const facts = { client: clients[pick(CLIENTS)]!, path: paths[pick(PATHS)]!, bytes: 500 + pick(2_000) };
  if (dice < 0.6) {
    return usageSample({ ...facts, cache: 'hit', totalMs: 0.05, queueMs: undefined, upstreamMs: undefined });
  }
  if (dice < 0.97) return usageSample({ ...facts, cache: 'miss', totalMs: 5 + 200 * random.next() ** 4 });
  return usageSample({ ...facts, outcome: 'refused', status: 429, totalMs: 0.1, upstreamMs: undefined });
};

/** ns a record, over rollups of `perRollup` samples: a new one begins with every flush. */
function recordCost(samples: readonly UsageSample[], perRollup: number): number {
  const rounds: number[] = [];
  for (let round = 0; round < 7; round++) {
    let rollup = new MinuteRollup(0);
    const startedAtMs = performance.now();
    for (let index = 0; index < 400_000; index++) {
      if (index % perRollup === 0) rollup = new MinuteRollup(0);
      rollup.record(samples[index % samples.length]!);
    }
    rounds.push(((performance.now() - startedAtMs) * 1e6) / 400_000);
  }
  return median(rounds);
}

/** ns a call of `record` on the flusher, with its look at the clock; nothing is sent meanwhile. */
function flusherCost(sample: UsageSample): number {
  const sink = { upsert: async () => {} };
  const flusher = new UsageFlusher({ clock: systemClock, sink, node: 'bench' });
  const rounds: number[] = [];
  for (let round = 0; round < 7; round++) {
    const startedAtMs = performance.now();
    for (let index = 0; index < 400_000; index++) flusher.record(sample);
    rounds.push(((performance.now() - startedAtMs) * 1e6) / 400_000);
  }
  return median(rounds);
}

/** Pauses of the event loop in ms while `work` runs: the longest, and the share of time lost to those above 1 ms. */
async function pausesDuring(work: () => Promise<void>): Promise<{ longestMs: number; lostShare: number }> {
  let running = true;
  let longestMs = 0;
  let lostMs = 0;
  const startedAtMs = performance.now();
  const watch = (async () => {
    let last = performance.now();
    while (running) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = performance.now();
      longestMs = Math.max(longestMs, now - last);
      if (now - last > 1) lostMs += now - last;
      last = now;
    }
  })();
  await work();
  running = false;
  await watch;
  return { longestMs, lostShare: lostMs / (performance.now() - startedAtMs) };
}

async function flushBeside(name: string, ledger: Ledger): Promise<string[]> {
  await ledger.open();
  const clock = new VirtualClock(0, DAY);
  const flusher = new UsageFlusher({ clock, sink: ledger.usage, node: name });
  const longest: number[] = [];
  const lost: number[] = [];
  for (let round = 0; round < 5; round++) {
    for (let index = 0; index < 50_000; index++) flusher.record(randomSample());
    clock.advance(MINUTE_MS);
    const { longestMs, lostShare } = await pausesDuring(() => flusher.flush());
    longest.push(longestMs);
    lost.push(lostShare);
  }
  const report = await pausesDuring(async () => {
    await read(ledger, { fromMs: DAY, toMs: DAY + DAY_MS, groupBy: ['client', 'path'], limit: 100 });
  });
  await ledger.close();
  return [
    name,
    `${median(longest).toFixed(1)} ms`,
    `${(median(lost) * 100).toFixed(0)} %`,
    `${report.longestMs.toFixed(1)} ms`,
  ];
}

async function read(ledger: Ledger, query: UsageQuery): Promise<{ rows: number; count: number; ms: number }> {
  const startedAtMs = performance.now();
  const answer = await ledger.usage.query(query);
  if (answer.kind !== 'rows') throw new Error(answer.kind);
  let rows = 0;
  let count = 0;
  for await (const row of answer.rows) {
    rows++;
    count += row.count;
  }
  return { rows, count, ms: performance.now() - startedAtMs };
}

async function day(name: string, ledger: Ledger, sizeBytes: () => Promise<number>): Promise<void> {
  await ledger.open();
  const clock = new VirtualClock(0, DAY);
  const flusher = new UsageFlusher({ clock, sink: ledger.usage, node: 'bench' });
  const forever = { minutesMs: 1e13, hoursMs: 1e13, daysMs: 1e13 };
  const sent = { count: 0, bytes: 0 };
  const startedAtMs = performance.now();
  let maintainMs = 0;
  for (let minute = 0; minute < 1_440; minute++) {
    for (let index = Math.floor(REQUESTS / 1_440) + (minute < REQUESTS % 1_440 ? 1 : 0); index > 0; index--) {
      const sample = randomSample();
      flusher.record(sample);
      sent.count++;
      sent.bytes += sample.bytes;
    }
    clock.advance(MINUTE_MS);
    await flusher.flush();
    if (minute % 60 === 2) {
      const from = performance.now();
      await ledger.usage.maintain(clock.wallNow(), forever);
      maintainMs += performance.now() - from;
    }
  }
  const writeMs = performance.now() - startedAtMs - maintainMs;
  const whole = { fromMs: DAY, toMs: DAY + DAY_MS };
  const queries: ReadonlyArray<readonly [string, UsageQuery]> = [
    ['all', { ...whole, groupBy: [] }],
    ['by client', { ...whole, groupBy: ['client'] }],
    ['by client, greatest 100', { ...whole, groupBy: ['client'], limit: 100 }],
    ['by path', { ...whole, groupBy: ['path'] }],
    ['by status and outcome', { ...whole, groupBy: ['status', 'outcome'] }],
    [
      'by client, 24 h across midnight',
      { fromMs: DAY + MINUTE_MS, toMs: DAY + DAY_MS + MINUTE_MS, groupBy: ['client'] },
    ],
    [
      'one client by path and hour',
      { ...whole, groupBy: ['path'], bucket: '1h', filters: { client: [clients[7]!] } },
    ],
    ['by client and path (everything)', { ...whole, groupBy: ['client', 'path'] }],
  ];
  const rows: string[][] = [];
  for (const [label, query] of queries) {
    const times: number[] = [];
    let result = await read(ledger, query);
    for (let round = 0; round < 3; round++) {
      result = await read(ledger, query);
      times.push(result.ms);
    }
    const whether =
      query.filters !== undefined || query.limit !== undefined || query.fromMs !== DAY
        ? '-'
        : result.count === sent.count
          ? 'yes'
          : 'NO';
    rows.push([label, `${result.rows}`, whether, `${median(times).toFixed(0)} ms`]);
  }
  const before = await sizeBytes();
  await ledger.usage.maintain(DAY + 4 * DAY_MS, { ...forever, minutesMs: 2 * DAY_MS, hoursMs: 2 * DAY_MS });
  const after = await read(ledger, { ...whole, groupBy: ['client'] });
  console.log(
    `\n${name}: ${sent.count} requests of one day from ${CLIENTS} clients over ${PATHS} paths, flushed every minute: ` +
      `${(writeMs / 1_000).toFixed(1)} s of recording and flushing, ${(maintainMs / 1_000).toFixed(1)} s of rolling up, ` +
      `${megabytes(before)} MB with minutes, hours and the day.\n`,
  );
  printTable(['a day', 'rows', 'total exact', 'answered in'], rows);
  const days = after.count === sent.count ? 'exact' : 'WRONG';
  console.log(`\nOnly the day left: total ${days}, by client in ${after.ms.toFixed(0)} ms.`);
  await ledger.close();
}

try {
  printMachine();
  const spread = Array.from({ length: 100_000 }, randomSample);
  printTable(
    ['recording', 'ns'],
    [
      ['one client, one path', recordCost([usageSample({ cache: 'hit' })], 100_000).toFixed(0)],
      ['the same through the flusher', flusherCost(usageSample({ cache: 'hit' })).toFixed(0)],
      ['10,000 clients, 1,000 paths, 100,000 a rollup', recordCost(spread, 100_000).toFixed(0)],
      ['10,000 clients, 1,000 paths, 1,000 a rollup', recordCost(spread, 1_000).toFixed(0)],
      [
        'every command from a new client on a new path',
        recordCost(
          Array.from({ length: 100_000 }, (_, index) =>
            usageSample({ client: `n${index}`, path: `/n/${index}` }),
          ),
          100_000,
        ).toFixed(0),
      ],
    ],
  );
  console.log(
    '\nA flush of 50,000 commands (about 30,000 rows) beside an event loop that does nothing else:\n',
  );
  printTable(
    ['SQLite on', 'longest pause', 'time in pauses > 1 ms', 'longest pause in a report'],
    [
      await flushBeside('this thread', new SqlLedger(new SqliteEngine(join(folder, 'inline.db')))),
      await flushBeside('a thread of its own', ledgerAt(`sqlite://${join(folder, 'worker.db')}`)),
    ],
  );
  const file = join(folder, 'day.db');
  await day('SQLite', ledgerAt(`sqlite://${file}`), async () =>
    readdirSync(folder)
      .filter((entry) => entry.startsWith('day.db') && !entry.endsWith('-wal'))
      .reduce((sum, entry) => sum + statSync(join(folder, entry)).size, 0),
  );
  if (values.postgres && postgresPrograms() === undefined)
    console.log(`\nPostgreSQL: left out. ${POSTGRES_MISSING}`);
  else if (values.postgres) {
    const server = await startPostgres();
    try {
      const url = await server.database('bench');
      await day('PostgreSQL', ledgerAt(url), async () => {
        const sql = new Bun.SQL(url);
        const [row] = await sql`select pg_database_size('bench') as bytes`;
        await sql.close();
        return Number(row.bytes);
      });
    } finally {
      await server.stop();
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
