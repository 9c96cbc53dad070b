// What flushing costs whoever is being answered: cached answers at full load, with the ledger flushing
// and with a flush that never comes, by turns. `npm run bench -- usage-overhead [--rounds N] [--seconds N]`; needs wrk.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CLIENT_HEADERS, CONNECTIONS, type LoadResult, runWrk, wrkPath } from './support/load.ts';
import { type ServerProcess, startComporta, startServer } from './support/process.ts';
import { median, printMachine, printTable } from './support/report.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '5' } },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

/** Cached per path below a wildcard, so that every path and client is a row of its own in the ledger. */
const configOf = (upstream: string, folder: string, name: string, flush: string): string => `
listen: 127.0.0.1:0
ledger: sqlite://${folder}/${name}.db
data: ""
usage: { flush_interval: ${flush} }
clients: { identify: ["header:client-id", ip] }
upstreams:
  api: { url: "${upstream}" }
routes:
  - { path: /cached/*, upstream: api, rewrite: /*, cache: { ttl: 1h } }
`;

const PATHS = 500;
const CONTENDERS = [
  ['flush every second', '1s'],
  ['flush every 5 s (default)', '5s'],
  ['no flush', '10m'],
] as const;

const wrk = wrkPath();
if (wrk === null) {
  console.log('usage-overhead: left out, wrk is missing (Debian: apt-get install wrk).');
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'comporta-bench-'));
const script = join(folder, 'paths.lua');
writeFileSync(
  script,
  `local n = 0\nrequest = function()\n  n = n + 1\n  return wrk.format("GET", "/cached/items/" .. (n % ${PATHS}))\nend\n`,
);
const running: ServerProcess[] = [];
try {
  const upstream = await startServer('upstream', 'upstream.ts');
  running.push(upstream);
  const servers: ServerProcess[] = [];
  for (const [index, [name, flush]] of CONTENDERS.entries()) {
    const file = join(folder, `${index}.yaml`);
    writeFileSync(file, configOf(upstream.url, folder, String(index), flush));
    const server = await startComporta(file, {}, name);
    running.push(server);
    servers.push(server);
  }
  printMachine();
  for (const server of servers) {
    for (let path = 0; path < PATHS; path++) {
      await (await fetch(`${server.url}/cached/items/${path}`, { headers: CLIENT_HEADERS })).arrayBuffer();
    }
    await runWrk(wrk, server, '/cached/items/1', 1, script);
  }
  const results = servers.map((): LoadResult[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < servers.length; turn++) {
      const index = (turn + round) % servers.length;
      results[index]!.push(await runWrk(wrk, servers[index]!, '/cached/items/1', seconds, script));
    }
  }
  console.log(
    `cached answers of ${PATHS} paths: medians of ${rounds} interleaved rounds of ${seconds} s, wrk, ${CONNECTIONS} kept connections`,
  );
  const none = results.length - 1;
  printTable(
    ['', 'CPU µs/request', 'to no flush', 'requests/s', 'p50 ms', 'p99 ms', 'p99 min … max'],
    servers.map(({ name }, index) => {
      const runs = results[index]!;
      const p99 = runs.map(({ p99Ms }) => p99Ms);
      const ratios = runs.map(({ cpuUs }, round) => cpuUs / results[none]![round]!.cpuUs);
      return [
        name,
        median(runs.map(({ cpuUs }) => cpuUs)).toFixed(1),
        `${median(ratios).toFixed(2)} ×`,
        median(runs.map(({ perSec }) => perSec)).toFixed(0),
        median(runs.map(({ p50Ms }) => p50Ms)).toFixed(2),
        median(p99).toFixed(2),
        `${Math.min(...p99).toFixed(2)} … ${Math.max(...p99).toFixed(2)}`,
      ];
    }),
  );
  console.log('');
} finally {
  for (const server of running.reverse()) await server.stop();
  rmSync(folder, { recursive: true });
}
