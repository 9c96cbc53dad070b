// A fleet of up to 50 nodes in one process over one real Redis: what it costs Redis, by the number of nodes, and the plan
// for 50,000 and 500,000 requests a second that follows. A node is all that a gateway has of a fleet (hot state, gates,
// heartbeat) without its ports; CPU of a gateway is measured beside it, with wrk.
// `npm run bench -- fleet-scale [--nodes 1,3,10,25,50] [--rate N] [--heavy N] [--heavy-nodes 2,4] [--intervals 100,1000,5000]
// [--seconds N]`;
// options of the plan: [--plan 50000,500000] [--use 0.7] [--paced-share 0.01], and in place of what is measured with wrk
// [--cached-us N] [--eventual-us N] [--exact-us N] [--proxied-us N] [--paced-us N], as `bench -- processes` or `http` told.
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { hasRedis, startRedis } from '../test/support/redis.ts';
import { CALLS, type CallName } from './support/fleet-gateway.ts';
import { printPlan, type RedisCost } from './support/fleet-plan.ts';
import { type GatewayCost, measureGatewayCosts } from './support/gateway-costs.ts';
import { wrkPath } from './support/load.ts';
import { aboveIdle, loadBetween, perSecond, type RedisLoad, readRedisLoad } from './support/redis-load.ts';
import { printMachine, printTable } from './support/report.ts';
import { type SimulatedFleet, startSimulatedFleet } from './support/simulated-fleet.ts';
import { steadyLoad } from './support/steady-load.ts';
import { WireCommands } from './support/wire-commands.ts';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1,3,10,25,50' },
    rate: { type: 'string', default: '1000' },
    'exact-rate': { type: 'string', default: '100' },
    heavy: { type: 'string', default: '25000' },
    'heavy-nodes': { type: 'string', default: '2,4' },
    intervals: { type: 'string', default: '100,1000,5000' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    plan: { type: 'string', default: '50000,500000' },
    use: { type: 'string', default: '0.7' },
    'paced-share': { type: 'string', default: '0.01' },
    'cached-us': { type: 'string' },
    'eventual-us': { type: 'string' },
    'exact-us': { type: 'string' },
    'proxied-us': { type: 'string' },
    'paced-us': { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const heavy = Number(values.heavy);
const listOf = (text: string): number[] => text.split(',').map(Number);

/** Clients of the rules: most come seldom, a few take a tenth of all requests and go over their limit. */
const CLIENTS = 10_000;
const GREEDY = 5;
const GREEDY_SHARE = 0.1;
/** Paced upstreams, and what each allows. */
const UPSTREAMS = 5;
const PACED_PER_SEC = 200;
/** Of the limit, in the paced load that is not a backlog. */
const PACED_USE = 0.8;
/** Callers that always wait in a backlog, all nodes together. */
const BACKLOG = 100;
const SERVICE_MS = 5;
/** The default of `fleet.eventual_interval`, ms. */
const INTERVAL_MS = 100;

const upstreams = Array.from({ length: UPSTREAMS }, (_, index) => `paced${index}`);

const configOf = (url: string, intervalMs: number): string => `
state: "${url}"
fleet: { eventual_interval: ${intervalMs}ms }
clients: { identify: ["header:client-id", ip] }
upstreams:
${upstreams.map((name) => `  ${name}: { url: "http://127.0.0.1:1", limits: ["${PACED_PER_SEC} per 1s"], queue: { max_size: 10000, max_wait: 1m } }`).join('\n')}
routes:
  - { path: /*, upstream: ${upstreams[0]} }
rules:
  - { id: eventual, path: /eventual, limit: 1000 per 10s, action: throttle, enforce: eventual }
  - { id: exact, path: /exact, limit: 1000 per 10s, action: throttle, enforce: exact }
`;

if (!hasRedis) {
  console.log('fleet-scale: left out, redis-server is missing (Debian: apt-get install redis-server).');
  process.exit(0);
}

const anyUpstream = (): string => upstreams[Math.floor(Math.random() * UPSTREAMS)]!;

interface Measured {
  readonly requests: number;
  readonly load: RedisLoad;
  /** Commands over the wire. */
  readonly wire: number;
  /** CPU of this process, cores: near 1 it is the load's bottleneck. */
  readonly cores: number;
}

const wire = new WireCommands();

/** A fleet with its Redis, and how both are looked at. */
class Stage {
  constructor(
    readonly fleet: SimulatedFleet,
    private readonly client: Redis,
  ) {}

  /** What Redis does while `load` runs; the load tells how many requests it made. */
  async during(load: () => Promise<number>): Promise<Measured> {
    const before = await readRedisLoad(this.client);
    const wireBefore = wire.count;
    const cpu = process.cpuUsage();
    const requests = await load();
    const { user, system } = process.cpuUsage(cpu);
    const between = loadBetween(before, await readRedisLoad(this.client));
    const cores = (user + system) / 1_000 / between.ms;
    return { requests, load: between, wire: wire.count - wireBefore, cores };
  }

  async idle(): Promise<Measured> {
    return this.during(async () => {
      await Bun.sleep(seconds * 1_000);
      return 0;
    });
  }

  /** Requests of many clients below a path, over all nodes alike. */
  rules(path: string, perSec: number, forSeconds = seconds): Promise<Measured> {
    const { nodes } = this.fleet;
    return this.during(async () => {
      const { calls } = await steadyLoad(perSec, forSeconds, (index) => {
        const isGreedy = Math.random() < GREEDY_SHARE;
        const client = isGreedy ? `greedy${index % GREEDY}` : `c${Math.floor(Math.random() * CLIENTS)}`;
        void nodes[index % nodes.length]!.check(client, path);
      });
      return calls;
    });
  }

  /** Calls at a steady rate below the limit. */
  paced(): Promise<Measured> {
    const { nodes } = this.fleet;
    let done = 0;
    return this.during(async () => {
      await steadyLoad(PACED_USE * PACED_PER_SEC * UPSTREAMS, seconds, (index) => {
        void nodes[index % nodes.length]!.call(anyUpstream(), SERVICE_MS).then(() => done++);
      });
      return done;
    });
  }

  /** More callers than the limit lets go, all the time. */
  async backlog(): Promise<Measured> {
    const { nodes } = this.fleet;
    let isOver = false;
    let done = 0;
    const caller = async (index: number): Promise<void> => {
      while (!isOver) {
        await nodes[index % nodes.length]!.call(anyUpstream(), SERVICE_MS);
        done++;
      }
    };
    const callers = Array.from({ length: BACKLOG }, (_, index) => caller(index));
    await Bun.sleep(1_000);
    const measured = await this.during(async () => {
      const before = done;
      await Bun.sleep(seconds * 1_000);
      return done - before;
    });
    isOver = true;
    await Promise.all(callers);
    return measured;
  }
}

async function staged<Result>(
  nodes: number,
  intervalMs: number,
  play: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const redis = await startRedis();
  const client = new Redis(redis.url);
  wire.leaveOut(client);
  try {
    const fleet = await startSimulatedFleet(redis.url, nodes, configOf(redis.url, intervalMs));
    try {
      return await play(new Stage(fleet, client));
    } finally {
      await fleet.close();
    }
  } finally {
    client.disconnect();
    await redis.stop();
  }
}

const HEAD = [
  'nodes',
  'requests/s',
  'commands/request',
  'scripts/request',
  'messages/request',
  'Redis µs/request',
  'commands/s',
  'Redis core',
  'kB/s out',
  'bench core',
];

/** A row: per request above what the idle fleet costs, per second all of it. */
function rowOf(nodes: number, { requests, load, wire, cores }: Measured, idle: Measured): string[] {
  const above = aboveIdle(load, idle.load);
  const wireAbove = Math.max(0, wire - (idle.wire * load.ms) / idle.load.ms);
  return [
    String(nodes),
    perSecond(requests, load).toFixed(0),
    (wireAbove / requests).toFixed(4),
    (above.scripts / requests).toFixed(4),
    (above.messages / requests).toFixed(4),
    (above.cpuUs / requests).toFixed(2),
    perSecond(wire, load).toFixed(0),
    `${(perSecond(load.cpuUs, load) / 1e4).toFixed(1)} %`,
    perSecond(load.outBytes / 1_024, load).toFixed(1),
    `${(100 * cores).toFixed(0)} %`,
  ];
}

function costOf({ requests, load, wire }: Measured, idle: Measured): RedisCost {
  const wireAbove = Math.max(0, wire - (idle.wire * load.ms) / idle.load.ms);
  return { commands: wireAbove / requests, cpuUs: aboveIdle(load, idle.load).cpuUs / requests };
}

printMachine(`, load average before: ${loadavg()[0]!.toFixed(2)}`);
const rows: Record<'idle' | 'eventual' | 'exact' | 'paced' | 'backlog', string[][]> = {
  idle: [],
  eventual: [],
  exact: [],
  paced: [],
  backlog: [],
};
let idleEach: RedisCost = { commands: 0, cpuUs: 0 };
let exactEach = idleEach;
let pacedEach = idleEach;
for (const nodes of listOf(values.nodes)) {
  await staged(nodes, INTERVAL_MS, async (stage) => {
    const idle = await stage.idle();
    const eventual = await stage.rules('/eventual', nodes * Number(values.rate));
    const exact = await stage.rules('/exact', nodes * Number(values['exact-rate']));
    const paced = await stage.paced();
    const backlog = await stage.backlog();
    rows.idle.push([
      String(nodes),
      perSecond(idle.wire, idle.load).toFixed(1),
      (perSecond(idle.wire, idle.load) / nodes).toFixed(2),
      (perSecond(idle.load.cpuUs, idle.load) / 1e3 / nodes).toFixed(3),
      `${(perSecond(idle.load.cpuUs, idle.load) / 1e4).toFixed(2)} %`,
      (perSecond(idle.load.outBytes, idle.load) / 1_024 / nodes).toFixed(2),
    ]);
    rows.eventual.push(rowOf(nodes, eventual, idle));
    rows.exact.push(rowOf(nodes, exact, idle));
    rows.paced.push(rowOf(nodes, paced, idle));
    rows.backlog.push(rowOf(nodes, backlog, idle));
    // The greatest fleet's figures are the plan's.
    idleEach = {
      commands: perSecond(idle.wire, idle.load) / nodes,
      cpuUs: perSecond(idle.load.cpuUs, idle.load) / nodes,
    };
    exactEach = costOf(exact, idle);
    const [light, full] = [costOf(paced, idle), costOf(backlog, idle)];
    pacedEach = light.cpuUs > full.cpuUs ? light : full;
  });
  console.error(`${nodes} nodes measured`);
}
const heavyRows: string[][] = [];
const heavyCosts: Array<{ readonly intervalMs: number; readonly cost: RedisCost }> = [];
for (const intervalMs of listOf(values.intervals)) {
  for (const nodes of listOf(values['heavy-nodes'])) {
    await staged(nodes, intervalMs, async (stage) => {
      const idle = await stage.idle();
      const measured = await stage.rules(
        '/eventual',
        nodes * heavy,
        Math.max(seconds, (2 * intervalMs) / 1_000),
      );
      heavyRows.push([`${intervalMs} ms`, ...rowOf(nodes, measured, idle)]);
      if (nodes === listOf(values['heavy-nodes']).at(-1)) {
        heavyCosts.push({ intervalMs, cost: costOf(measured, idle) });
      }
    });
  }
}

console.log(
  `Idle: heartbeat, revisions, and a look at each of ${UPSTREAMS} paced upstreams now and then; ${seconds} s a figure\n`,
);
printTable(
  ['nodes', 'commands/s', 'a node', 'Redis CPU ms/s a node', 'Redis core', 'kB/s out a node'],
  rows.idle,
);
const of = `of ${CLIENTS} clients, ${100 * GREEDY_SHARE} % of ${GREEDY} that go over 1000 per 10s`;
console.log(`\nEventual rule, ${values.rate} requests/s a node ${of}, merged every ${INTERVAL_MS} ms\n`);
printTable(HEAD, rows.eventual);
console.log(`\nEventual rule, ${heavy} requests/s a node, the same clients\n`);
printTable(['merged every', ...HEAD], heavyRows);
console.log(`\nExact rule, ${values['exact-rate']} requests/s a node, the same clients\n`);
printTable(HEAD, rows.exact);
console.log(
  `\nPaced calls, ${UPSTREAMS} upstreams with ${PACED_PER_SEC} per 1s each, ${100 * PACED_USE} % of it asked for\n`,
);
printTable(HEAD, rows.paced);
console.log(`\nPaced calls, the same upstreams, ${BACKLOG} callers that always wait\n`);
printTable(HEAD, rows.backlog);
console.log(
  '\n(commands over the wire; per request without those of the idle fleet, per second all of them)\n',
);

await plan();
console.log(`load average after: ${loadavg()[0]!.toFixed(2)}\n`);

async function plan(): Promise<void> {
  const given: Partial<Record<CallName, number>> = {};
  for (const name of ['cached', 'eventual', 'exact', 'proxied', 'paced'] as const) {
    const value = values[`${name}-us`];
    if (value !== undefined) given[name] = Number(value);
  }
  const wrk = wrkPath();
  const isGiven = Object.keys(given).length === 5;
  if (wrk === null && !isGiven) {
    console.log(
      'The plan is left out: wrk is missing (Debian: apt-get install wrk), and not all of --cached-us,',
    );
    console.log('--eventual-us, --exact-us, --proxied-us and --paced-us were given.');
    return;
  }
  const measured = wrk === null || isGiven ? undefined : await costsOf(wrk);
  const costs = { ...given } as Record<CallName, number>;
  for (const name of Object.keys(CALLS) as CallName[]) costs[name] ??= measured![name].gatewayUs;
  // A busy Redis wakes up for many commands at once: what one costs in a flood is what a full core is filled with.
  const exact = { ...exactEach, cpuUs: measured?.exact.redisUs ?? exactEach.cpuUs };
  console.log('What a request costs, CPU µs of one gateway process over Redis, and of Redis:\n');
  const redisOf: Partial<Record<CallName, RedisCost>> = {
    eventual: heavyCosts[0]!.cost,
    exact,
    paced: pacedEach,
  };
  printTable(
    ['', 'gateway µs', 'from', 'requests/s then', 'Redis commands', 'Redis µs'],
    (Object.keys(CALLS) as CallName[]).map((name) => {
      const redis = redisOf[name];
      return [
        CALLS[name].name,
        costs[name].toFixed(1),
        given[name] === undefined ? 'this run, wrk' : 'given',
        measured?.[name].perSec.toFixed(0) ?? '-',
        redis?.commands.toFixed(4) ?? '0',
        redis?.cpuUs.toFixed(2) ?? '0',
      ];
    }),
  );
  console.log('');
  printPlan(listOf(values.plan), {
    gatewayUs: costs,
    idle: idleEach,
    eventual: heavyCosts,
    exact,
    paced: pacedEach,
    use: Number(values.use),
    pacedShare: Number(values['paced-share']),
  });
}

async function costsOf(wrk: string): Promise<Record<CallName, GatewayCost>> {
  const folder = mkdtempSync(join(tmpdir(), 'comporta-bench-'));
  try {
    return await measureGatewayCosts(wrk, folder, {
      rounds: Number(values.rounds),
      seconds: Math.min(4, seconds),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

wire.stop();
