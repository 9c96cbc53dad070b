// `1000 per 10s` at three nodes that share a Redis, all asked at full speed by one client: how many more pass where the rule
// says `eventual`, and where it says `exact`. First nodes in one process at a stated rate, as if each had a machine of its
// own; then three gateways and three wrk on this machine's cores.
// `npm run bench -- overshoot [--nodes N] [--rounds N] [--seconds N] [--rates 1000,5000,20000] [--interval MS]`; needs
// redis-server, and wrk for the gateways.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hasRedis, startRedis } from '../test/support/redis.ts';
import { CLIENT_HEADERS, CONNECTIONS, runRefusedWrk, runWrk, wrkPath } from './support/load.ts';
import { type ServerProcess, startComporta, startServer } from './support/process.ts';
import { printMachine, printTable } from './support/report.ts';
import { type SimulatedFleet, startSimulatedFleet } from './support/simulated-fleet.ts';
import { steadyLoad } from './support/steady-load.ts';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    rates: { type: 'string', default: '1000,5000,20000' },
    interval: { type: 'string', default: '100' },
  },
});
const count = Number(values.nodes);
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const intervalMs = Number(values.interval);

const LIMIT = 1_000;
const WINDOW_S = 10;
/** A node near a limit merges so many times as often (decision 26). */
const EARLY = 20;
if (seconds >= WINDOW_S) throw new RangeError(`--seconds must be below ${WINDOW_S}: one window is looked at`);
if (!hasRedis) {
  console.log('overshoot: left out, redis-server is missing (Debian: apt-get install redis-server).');
  process.exit(0);
}

const configOf = (upstream: string, redisUrl: string, data: string): string => `
listen: 127.0.0.1:0
state: "${redisUrl}"
ledger: "sqlite://${data}.db"
data: ""
fleet: { eventual_interval: ${intervalMs}ms }
clients: { identify: ["header:client-id", ip] }
upstreams:
  api: { url: "${upstream}" }
routes:
  - { path: /*, upstream: api, cache: { ttl: 1h, shared: true } }
rules:
  - { id: eventual, path: /eventual, limit: ${LIMIT} per ${WINDOW_S}s, action: throttle, enforce: eventual }
  - { id: exact, path: /exact, limit: ${LIMIT} per ${WINDOW_S}s, action: throttle, enforce: exact }
`;

type Enforce = 'eventual' | 'exact';

interface Outcome {
  readonly perNode: number;
  readonly passed: number;
  /** How long nodes waited for Redis meanwhile, ms: questions of other clients under the exact rule. */
  readonly roundTripsMs: readonly number[];
  /** Requests that nodes decided or counted alone: Redis did not answer in time, and another bound holds. */
  readonly alone: number;
}

const HEAD = [
  '',
  'asked/s a node',
  'passed',
  'too many',
  'of the limit',
  'others’ traffic of',
  'round trip p50',
  'slowest',
  'bound',
];
/** Each node is asked so often how long Redis takes. */
const PROBE_MS = 10;

/** What passed, beside what the other nodes can have let through in two merges, each with its way there and back. */
function rowOf(name: string, enforce: Enforce, { perNode, passed, roundTripsMs, alone }: Outcome): string[] {
  const over = passed - LIMIT;
  const othersPerMs = ((count - 1) * perNode) / 1_000;
  const [middleMs, slowestMs] = [percentile(roundTripsMs, 0.5), percentile(roundTripsMs, 1)];
  const inTwoMerges = 2 * (intervalMs / EARLY + slowestMs) * othersPerMs;
  const bound = enforce === 'exact' ? 0 : Math.min((count - 1) * LIMIT, inTwoMerges);
  if (over > bound && alone === 0) process.exitCode = 1;
  return [
    name,
    perNode.toFixed(0),
    String(passed),
    String(over),
    `${((100 * over) / LIMIT).toFixed(1)} %`,
    `${(over / othersPerMs).toFixed(1)} ms`,
    `${middleMs.toFixed(1)} ms`,
    `${slowestMs.toFixed(1)} ms`,
    alone === 0 ? bound.toFixed(0) : `${alone} alone`,
  ];
}

const percentile = (times: readonly number[], share: number): number =>
  [...times].sort((one, other) => one - other)[Math.floor((times.length - 1) * share)] ?? 0;

/** Asks each node now and then, until the answer is called, which tells how long it took. */
function probe(ask: (node: number) => Promise<unknown>): () => Promise<number[]> {
  const timesMs: number[] = [];
  let isOver = false;
  const asking = Array.from({ length: count }, async (_, node) => {
    while (!isOver) {
      const startMs = performance.now();
      const isAnswered = await ask(node).then(
        () => true,
        () => false,
      );
      if (isAnswered) timesMs.push(performance.now() - startMs);
      await Bun.sleep(PROBE_MS);
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(asking);
    return timesMs;
  };
}

const aloneOf = ({ nodes }: SimulatedFleet): number =>
  nodes.reduce((sum, { state }) => {
    const { decidedAlone, unmerged } = state.access.snapshot();
    return sum + decidedAlone + unmerged;
  }, 0);

async function simulated(): Promise<void> {
  const redis = await startRedis();
  const rows: string[][] = [];
  try {
    const config = configOf('http://127.0.0.1:1', redis.url, 'bench');
    const fleet = await startSimulatedFleet(redis.url, count, config);
    try {
      const play = async (enforce: Enforce, rate: number, client: string): Promise<Outcome> => {
        let passed = 0;
        const aloneBefore = aloneOf(fleet);
        const stop = probe((node) =>
          Promise.resolve(fleet.nodes[node]!.check(`probe${node}-${client}`, '/exact')),
        );
        const { perSec } = await steadyLoad(rate * count, seconds, (index) => {
          const answer = fleet.nodes[index % count]!.check(client, `/${enforce}`);
          if (!(answer instanceof Promise)) passed += Number(answer);
          else {
            void answer.then((isPassed) => {
              passed += Number(isPassed);
            });
          }
        });
        const roundTripsMs = await stop();
        return { perNode: perSec / count, passed, roundTripsMs, alone: aloneOf(fleet) - aloneBefore };
      };
      await play('exact', 100, 'warm-up');
      for (const rate of values.rates.split(',').map(Number)) {
        for (const enforce of ['exact', 'eventual'] as const) {
          for (let round = 0; round < (enforce === 'exact' ? 1 : rounds); round++) {
            const outcome = await play(enforce, rate, `${enforce}-${rate}-${round}`);
            rows.push(rowOf(`${enforce}, round ${round + 1}`, enforce, outcome));
          }
        }
      }
    } finally {
      await fleet.close();
    }
  } finally {
    await redis.stop();
  }
  console.log(`${LIMIT} per ${WINDOW_S}s, ${count} simulated nodes, one client, ${seconds} s a round:\n`);
  printTable(HEAD, rows);
  console.log('');
}

async function real(wrk: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'comporta-bench-'));
  const redis = await startRedis();
  const running: ServerProcess[] = [];
  try {
    const upstream = await startServer('upstream', 'upstream.ts');
    running.push(upstream);
    const nodes: ServerProcess[] = [];
    for (let index = 0; index < count; index++) {
      const file = join(folder, `${index}.yaml`);
      writeFileSync(file, configOf(upstream.url, redis.url, join(folder, String(index))));
      const node = await startComporta(file, {}, `node ${index + 1}`);
      running.push(node);
      nodes.push(node);
    }
    for (const node of nodes) {
      for (const path of ['/eventual', '/exact', '/free']) {
        await (await fetch(node.url + path, { headers: CLIENT_HEADERS })).arrayBuffer();
      }
      await runWrk(wrk, node, '/free', 1);
    }
    /** Another client each time: its count begins anew. */
    const play = async (enforce: Enforce, client: string): Promise<Outcome> => {
      const stop = probe(async (node) => {
        const headers = { ...CLIENT_HEADERS, 'client-id': `probe${node}-${client}` };
        await (await fetch(`${nodes[node]!.url}/exact`, { headers })).arrayBuffer();
      });
      const loads = await Promise.all(
        nodes.map((node) => runRefusedWrk(wrk, node, `/${enforce}`, seconds, client)),
      ).finally(stop);
      return {
        passed: loads.reduce((sum, load) => sum + load.passed, 0),
        perNode: loads.reduce((sum, load) => sum + load.perSec, 0) / count,
        roundTripsMs: await stop(),
        // Nobody outside sees it.
        alone: 0,
      };
    };
    const rows: string[][] = [];
    for (const enforce of ['exact', 'eventual'] as const) {
      for (let round = 0; round < rounds; round++) {
        rows.push(
          rowOf(`${enforce}, round ${round + 1}`, enforce, await play(enforce, `${enforce}-${round}`)),
        );
      }
    }
    console.log(
      `${LIMIT} per ${WINDOW_S}s, ${count} gateways and ${count} wrk with ${CONNECTIONS} connections each on this ` +
        `machine, one client, ${seconds} s a round:\n`,
    );
    printTable(HEAD, rows);
    console.log('');
  } finally {
    for (const server of running.reverse()) await server.stop();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

printMachine(`, load average before: ${loadavg()[0]!.toFixed(2)}`);
await simulated();
const wrk = wrkPath();
if (wrk === null) console.log('The gateways are left out: wrk is missing (Debian: apt-get install wrk).');
else await real(wrk);
console.log(
  `The bound: what the ${count - 1} others let through in two merges, of ${intervalMs / EARLY} ms and the slowest round trip each, since ` +
    'neither what they did since their last one nor since its own is known to a node.\n' +
    `Whatever the load, no more than ${(count - 1) * LIMIT} while Redis answers: each node stops at the limit by itself.\n` +
    `load average after: ${loadavg()[0]!.toFixed(2)}\n`,
);
