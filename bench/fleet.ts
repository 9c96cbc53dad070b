// Real gateways that share a Redis, before a provider that looks at every arrival: how strict, how fast, and how many
// scripts a call costs. `npm run bench -- fleet [--nodes 1,3] [--only 'text']`.
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { startTrial } from '../test/support/fleet-trial.ts';
import { judgeRate, sentTwice } from '../test/support/judge.ts';
import { hasRedis } from '../test/support/redis.ts';
import { aboveIdle, loadBetween, perSecond, readRedisLoad } from './support/redis-load.ts';
import { printMachine, printTable } from './support/report.ts';

const { values } = parseArgs({
  options: { nodes: { type: 'string', default: '1,3' }, only: { type: 'string', default: '' } },
});

interface Case {
  readonly limits: readonly string[];
  readonly concurrency?: number;
  readonly rates: ReadonlyArray<readonly [count: number, windowMs: number]>;
  readonly calls: number;
  /** All at once, or so many callers at each node, one call after another. */
  readonly callers: 'at once' | number;
  readonly query?: string;
  /** What the limits need for so many calls, guard left out; absent: the share of the places that was in use. */
  readonly leastMs?: number;
}

const cases: Record<string, Case> = {
  '1 per 1s, at once': {
    limits: ['1 per 1s'],
    rates: [[1, 1_000]],
    calls: 60,
    callers: 'at once',
    leastMs: 59_000,
  },
  '100 per 1s, at once': {
    limits: ['100 per 1s'],
    rates: [[100, 1_000]],
    calls: 3_000,
    callers: 'at once',
    leastMs: 29_000,
  },
  '100 per 1s, 40 callers each': {
    limits: ['100 per 1s'],
    rates: [[100, 1_000]],
    calls: 3_000,
    callers: 40,
    leastMs: 29_000,
  },
  '10 per 10s and 1000 per 1d, at once': {
    limits: ['10 per 10s', '1000 per 1d'],
    rates: [
      [10, 10_000],
      [1_000, 86_400_000],
    ],
    calls: 50,
    callers: 'at once',
    leastMs: 40_000,
  },
  'concurrency 2, held 20 ms, 4 callers each': {
    limits: [],
    concurrency: 2,
    rates: [],
    calls: 3_000,
    callers: 4,
    query: '&hold=20',
  },
  'concurrency 2, held 100 ms, 4 callers each': {
    limits: [],
    concurrency: 2,
    rates: [],
    calls: 3_000,
    callers: 4,
    query: '&hold=100',
  },
};

const IDLE_MS = 5_000;

async function measure(name: string, nodes: number, one: Case): Promise<string[]> {
  const trial = await startTrial({ ...one, nodes, maxWait: '10m' });
  const redis = new Redis(trial.redis.url);
  try {
    const begun = await readRedisLoad(redis);
    await Bun.sleep(IDLE_MS);
    const before = await readRedisLoad(redis);
    const idle = loadBetween(begun, before);
    let left = one.calls;
    const caller = async (node: number): Promise<void> => {
      while (left-- > 0) await trial.call(node, one.query);
    };
    const callers = one.callers === 'at once' ? one.calls : one.callers * nodes;
    await Promise.all(Array.from({ length: callers }, (_, index) => caller(index % nodes)));
    const busy = loadBetween(before, await readRedisLoad(redis));
    const above = aboveIdle(busy, idle);
    const { arrivals, mostAtOnce, busyMs } = await trial.judge.report();
    const verdicts = one.rates.map(([count, windowMs]) => judgeRate(arrivals, count, windowMs));
    const violations =
      verdicts.reduce((sum, verdict) => sum + verdict.violations, 0) +
      (one.concurrency !== undefined && mostAtOnce > one.concurrency ? 1 : 0);
    const spanMs = arrivals.at(-1)!.atMs - arrivals[0]!.atMs;
    const goodput =
      one.leastMs === undefined ? busyMs / (spanMs * (one.concurrency ?? 1)) : one.leastMs / spanMs;
    const answered = trial.ended.filter(({ status }) => status === 200).length;
    return [
      name,
      String(nodes),
      `${answered} of ${one.calls}`,
      String(violations),
      String(sentTwice(arrivals).length),
      verdicts.length > 0 && verdicts[0]!.closestMs < Number.POSITIVE_INFINITY
        ? `${verdicts[0]!.closestMs.toFixed(1)} ms`
        : `${mostAtOnce} at once`,
      `${(goodput * 100).toFixed(1)} %`,
      (above.scripts / one.calls).toFixed(2),
      (above.commands / one.calls).toFixed(1),
      (busy.scriptUs / busy.scripts).toFixed(0),
      (above.cpuUs / one.calls).toFixed(0),
      perSecond(idle.scripts, idle).toFixed(1),
    ];
  } finally {
    redis.disconnect();
    await trial.stop();
  }
}

if (!hasRedis) {
  console.log('redis-server is not installed (Debian: apt-get install redis-server); left out.\n');
  process.exit(0);
}
printMachine();
const rows: string[][] = [];
for (const [name, one] of Object.entries(cases)) {
  if (!name.includes(values.only)) continue;
  for (const nodes of values.nodes.split(',').map(Number)) {
    const row = await measure(name, nodes, one);
    console.error(row.join(' · '));
    rows.push(row);
  }
}
printTable(
  [
    'limits, callers',
    'nodes',
    'answered 200',
    'violations',
    'sent twice',
    'closest window',
    'of the limit',
    'scripts a call',
    'commands inside too',
    'µs a script',
    'Redis CPU µs a call',
    'scripts/s idle',
  ],
  rows,
);
