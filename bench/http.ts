// A cached answer and an unpaced proxied call, beside the least that Bun can do and beside nginx.
// `npm run bench -- http [--rounds N] [--seconds N] [--only cached|proxied]`; needs wrk, and nginx for its column.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CLIENT_HEADERS, CONNECTIONS, type LoadResult, runWrk, wrkPath } from './support/load.ts';
import { nginxPath, startNginx } from './support/nginx.ts';
import { type ServerProcess, startComporta, startServer } from './support/process.ts';
import { median, printMachine, printTable } from './support/report.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

const configOf = (upstream: string): string => `
listen: 127.0.0.1:0
clients: { identify: ["header:client-id", "query:client_id", ip] }
upstreams:
  api: { url: "${upstream}" }
routes:
  - path: /cached
    methods: [GET]
    upstream: api
    params: { cpf: { required: true, pattern: cpf }, priority: { control: urgency }, client_id: { control: client } }
    client: { header: client-id, required: true }
    cache: { ttl: 1h, key: ["query:cpf"], shared: false }
  - path: /ml/*
    upstream: api
    rewrite: /*
`;

interface Scenario {
  readonly name: string;
  readonly path: string;
  readonly contenders: readonly ServerProcess[];
}

const wrk = wrkPath();
if (wrk === null) {
  console.log('http: left out, wrk is missing (Debian: apt-get install wrk).');
  process.exit(0);
}
const nginx = nginxPath();
if (nginx === null)
  console.log('http: nginx is missing (Debian: apt-get install nginx-light); its rows are left out.');

const folder = mkdtempSync(join(tmpdir(), 'comporta-bench-'));
const running: ServerProcess[] = [];
const keep = async (starting: Promise<ServerProcess>): Promise<ServerProcess> => {
  const server = await starting;
  running.push(server);
  return server;
};

try {
  const upstream = await keep(startServer('upstream', 'upstream.ts'));
  const bareHandler = await keep(startServer('bare Bun.serve', 'bare-handler.ts'));
  const bareProxy = await keep(startServer('bare Bun.serve + fetch', 'bare-proxy.ts', [upstream.url]));
  const configFile = join(folder, 'comporta.yaml');
  writeFileSync(configFile, configOf(upstream.url));
  const comporta = await keep(startComporta(configFile));
  const rival =
    nginx === null ? [] : [await keep(startNginx(nginx, folder, Number(new URL(upstream.url).port)))];

  printMachine(nginx === null ? '' : `, ${versionOf(nginx)}`);
  const scenarios: Scenario[] = [
    {
      name: 'cached answer',
      path: '/cached?cpf=52998224725',
      contenders: [comporta, bareHandler, ...rival],
    },
    { name: 'proxied call, unpaced', path: '/ml/items/MLB1', contenders: [comporta, bareProxy, ...rival] },
  ];
  for (const scenario of scenarios) {
    if (values.only === undefined || scenario.name.startsWith(values.only)) await measure(wrk, scenario);
  }
} finally {
  for (const server of running.reverse()) await server.stop();
  rmSync(folder, { recursive: true });
}

/** Contenders by turns, several rounds: what disturbs the machine disturbs them all. */
async function measure(wrk: string, { name, path, contenders }: Scenario): Promise<void> {
  for (const server of contenders) {
    const answer = await fetch(server.url + path, { headers: CLIENT_HEADERS });
    if (answer.status !== 200) throw new Error(`${server.name} answered ${answer.status}`);
    await answer.arrayBuffer();
    await runWrk(wrk, server, path, 2);
  }
  const results = contenders.map((): LoadResult[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      // Each round begins with another one, so that nobody always runs after the same neighbour.
      const index = (turn + round) % contenders.length;
      results[index]!.push(await runWrk(wrk, contenders[index]!, path, seconds));
    }
  }
  const ratioTo = (index: number, other: number): string => {
    if (other < 0) return '-';
    const ratios = results[index]!.map(({ cpuUs }, round) => cpuUs / results[other]![round]!.cpuUs);
    return `${median(ratios).toFixed(2)} ×`;
  };
  const nginxAt = contenders.findIndex((server) => server.name === 'nginx');
  console.log(
    `${name}: medians of ${rounds} interleaved rounds of ${seconds} s, wrk, ${CONNECTIONS} kept connections`,
  );
  printTable(
    ['', 'CPU µs/request', 'min … max', 'requests/s', 'p99 ms', 'CPU to bare', 'CPU to nginx'],
    contenders.map((server, index) => {
      const runs = results[index]!;
      const cpu = runs.map(({ cpuUs }) => cpuUs);
      return [
        server.name,
        median(cpu).toFixed(1),
        `${Math.min(...cpu).toFixed(1)} … ${Math.max(...cpu).toFixed(1)}`,
        median(runs.map(({ perSec }) => perSec)).toFixed(0),
        median(runs.map(({ p99Ms }) => p99Ms)).toFixed(1),
        ratioTo(index, 1),
        ratioTo(index, nginxAt),
      ];
    }),
  );
  console.log('');
}

function versionOf(binary: string): string {
  return Bun.spawnSync({ cmd: [binary, '-v'] })
    .stderr.toString()
    .trim()
    .replace('nginx version: ', '');
}
