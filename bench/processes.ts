// Several processes on one port: what a request costs with 1 and 2 of them, and what it asks of Redis.
// `npm run bench -- processes [--rounds N] [--seconds N] [--counts 1,2] [--only cached|eventual|exact|proxied]`; needs
// wrk and redis-server. wrk runs on the same cores: requests per second understate what the gateway could answer.
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hasRedis } from '../test/support/redis.ts';
import { CALLS, type CallName, type FleetGateway, startFleetGateway } from './support/fleet-gateway.ts';
import { CLIENT_HEADERS, CONNECTIONS, type LoadResult, runWrk, wrkPath } from './support/load.ts';
import { type ServerProcess, startServer } from './support/process.ts';
import { aboveIdle, loadBetween, perSecond, type RedisLoad, readRedisLoad } from './support/redis-load.ts';
import { median, printMachine, printTable } from './support/report.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    idle: { type: 'string', default: '10' },
    counts: { type: 'string', default: '1,2' },
    only: { type: 'string', default: 'cached,eventual,exact,proxied' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const idleSeconds = Number(values.idle);

const wrk = wrkPath();
if (wrk === null) {
  console.log('processes: left out, wrk is missing (Debian: apt-get install wrk).');
  process.exit(0);
}
if (!hasRedis) {
  console.log('processes: left out, redis-server is missing (Debian: apt-get install redis-server).');
  process.exit(0);
}

interface Run extends LoadResult {
  /** Commands of Redis a request, those inside scripts included, and without those of an idle gateway. */
  readonly commands: number;
  readonly scripts: number;
}

const folder = mkdtempSync(join(tmpdir(), 'comporta-bench-'));
const running: ServerProcess[] = [];
const keep = async <Server extends ServerProcess>(starting: Promise<Server>): Promise<Server> => {
  const server = await starting;
  running.push(server);
  return server;
};

try {
  const upstream = await keep(startServer('upstream', 'upstream.ts'));
  const gateways = [
    await keep(startFleetGateway('start', upstream.url, folder, { redis: false })),
    await keep(startFleetGateway('start, Redis', upstream.url, folder, { redis: true })),
  ];
  for (const processes of values.counts.split(',').map(Number)) {
    const name = `start --processes ${processes}`;
    gateways.push(await keep(startFleetGateway(name, upstream.url, folder, { redis: true, processes })));
  }
  printMachine(`, load average before: ${loadavg()[0]!.toFixed(2)}`);
  const idle = await idleLoads(gateways);
  for (const name of values.only.split(',') as CallName[]) await measure(wrk, name, gateways, idle);
  console.log(`load average after: ${loadavg()[0]!.toFixed(2)}\n`);
} finally {
  for (const server of running.reverse()) await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** What each Redis does while nobody asks the gateway for anything: heartbeats, and news of rules. */
async function idleLoads(gateways: readonly FleetGateway[]): Promise<Array<RedisLoad | undefined>> {
  const look = () => Promise.all(gateways.map(({ redis }) => redis && readRedisLoad(redis)));
  const before = await look();
  await Bun.sleep(idleSeconds * 1_000);
  const loads = (await look()).map((after, index) => after && loadBetween(before[index]!, after));
  console.log(`Redis while the gateway is idle, ${idleSeconds} s, one paced upstream configured:`);
  printTable(
    ['', 'commands/s', 'scripts/s', 'Redis CPU ms/s', 'kB/s out'],
    gateways.flatMap(({ name }, index) => {
      const load = loads[index];
      if (load === undefined) return [];
      const { commands, scripts, cpuUs, outBytes } = load;
      return [
        [
          name,
          perSecond(commands, load).toFixed(1),
          perSecond(scripts, load).toFixed(1),
          perSecond(cpuUs / 1_000, load).toFixed(2),
          perSecond(outBytes / 1_024, load).toFixed(2),
        ],
      ];
    }),
  );
  console.log('(commands include those inside scripts)\n');
  return loads;
}

/** By turns, several rounds: what disturbs the machine disturbs them all. */
async function measure(
  wrk: string,
  call: CallName,
  gateways: readonly FleetGateway[],
  idle: ReadonlyArray<RedisLoad | undefined>,
): Promise<void> {
  const { name, path } = CALLS[call];
  for (const gateway of gateways) {
    const answer = await fetch(gateway.url + path, { headers: CLIENT_HEADERS });
    if (answer.status !== 200) throw new Error(`${gateway.name} answered ${answer.status}`);
    await answer.arrayBuffer();
    await runWrk(wrk, gateway, path, 2);
  }
  const results = gateways.map((): Run[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < gateways.length; turn++) {
      const index = (turn + round) % gateways.length;
      results[index]!.push(await runOnce(wrk, gateways[index]!, path, idle[index]));
    }
  }
  const ratio = (index: number, of: (run: Run) => number): string => {
    const ratios = results[index]!.map((run, round) => of(run) / of(results[0]![round]!));
    return `${median(ratios).toFixed(2)} ×`;
  };
  console.log(
    `${name}: medians of ${rounds} interleaved rounds of ${seconds} s, wrk, ${CONNECTIONS} kept connections`,
  );
  printTable(
    [
      name,
      'CPU µs/request',
      'min … max',
      'requests/s',
      'gateway cores',
      'p99 ms',
      'CPU to start',
      'requests/s to start',
      'Redis commands/request',
      'scripts/request',
    ],
    gateways.map((gateway, index) => {
      const runs = results[index]!;
      const cpu = runs.map(({ cpuUs }) => cpuUs);
      return [
        gateway.name,
        median(cpu).toFixed(1),
        `${Math.min(...cpu).toFixed(1)} … ${Math.max(...cpu).toFixed(1)}`,
        median(runs.map(({ perSec }) => perSec)).toFixed(0),
        median(runs.map(({ cpuUs, perSec }) => (cpuUs * perSec) / 1e6)).toFixed(2),
        median(runs.map(({ p99Ms }) => p99Ms)).toFixed(1),
        ratio(index, ({ cpuUs }) => cpuUs),
        ratio(index, ({ perSec }) => perSec),
        gateway.redis === undefined ? '-' : median(runs.map(({ commands }) => commands)).toFixed(5),
        gateway.redis === undefined ? '-' : median(runs.map(({ scripts }) => scripts)).toFixed(5),
      ];
    }),
  );
  console.log('');
}

async function runOnce(
  wrk: string,
  gateway: FleetGateway,
  path: string,
  idle: RedisLoad | undefined,
): Promise<Run> {
  const { redis } = gateway;
  const before = redis && (await readRedisLoad(redis));
  const result = await runWrk(wrk, gateway, path, seconds);
  if (redis === undefined || before === undefined || idle === undefined) {
    return { ...result, commands: 0, scripts: 0 };
  }
  const load = loadBetween(before, await readRedisLoad(redis));
  const { commands, scripts } = aboveIdle(load, idle);
  return { ...result, commands: commands / result.requests, scripts: scripts / result.requests };
}
