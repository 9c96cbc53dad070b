// The real command line against the real judge: 50 distinct CPFs at once, an upstream that allows 1 a second.
// `npm run bench -- burst [--count N]`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MAIN, type ServerProcess, startComporta, startSandbox } from './support/process.ts';
import { printMachine, printTable } from './support/report.ts';

const { values } = parseArgs({ options: { count: { type: 'string', default: '50' } } });

const count = Number(values.count);

const configOf = (upstream: string): string => `
listen: 127.0.0.1:0
upstreams:
  score:
    url: "${upstream}"
    limits: ["1 per 1s"]
    queue: { policy: priority, max_size: 10000, max_wait: 1h }
routes:
  - path: /proxy/score
    methods: [GET]
    upstream: score
    rewrite: /api/score
    params: { cpf: { required: true, pattern: cpf }, priority: { control: urgency }, client_id: { control: client } }
    client: { header: client-id, required: true }
    cache: { ttl: 60s, key: ["query:cpf"] }
`;

/** The part of `comporta burst --json` that is shown. */
interface Burst {
  readonly totalMs: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  readonly sandbox: {
    readonly arrivals: number;
    readonly closestSpacingMs: number;
    readonly violations: number;
  };
}

const folder = mkdtempSync(join(tmpdir(), 'comporta-bench-'));
const configFile = join(folder, 'comporta.yaml');
const running: ServerProcess[] = [];
try {
  const sandbox = await startSandbox();
  running.push(sandbox);
  writeFileSync(configFile, configOf(sandbox.url));
  const gateway = await startComporta(configFile);
  running.push(gateway);
  printMachine();
  const burst = await run(gateway.url, sandbox.url);
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(3)} s`;
  const goodput = (count - 1) / (burst.totalMs / 1_000);
  console.log(`${count} calls at once, an upstream that allows 1 per 1s:`);
  printTable(
    ['', 'figure'],
    [
      ['answered 200', `${burst.succeeded} of ${count}`],
      ['total', seconds(burst.totalMs)],
      ['calls after the first, per second', goodput.toFixed(3)],
      ['latency p50', seconds(burst.latencyMs.p50)],
      ['latency p99', seconds(burst.latencyMs.p99)],
      ['arrivals at the sandbox', String(burst.sandbox.arrivals)],
      ['closest spacing at the sandbox', `${burst.sandbox.closestSpacingMs.toFixed(1)} ms`],
      ['violations', String(burst.sandbox.violations)],
    ],
  );
  console.log('');
  if (burst.failed > 0 || burst.sandbox.violations > 0) process.exitCode = 1;
} finally {
  for (const server of running.reverse()) await server.stop();
  rmSync(folder, { recursive: true });
}

async function run(gatewayUrl: string, sandboxUrl: string): Promise<Burst> {
  const number = String(count);
  const url = `${gatewayUrl}/proxy/score`;
  const child = Bun.spawn({
    cmd: [
      ...[process.execPath, MAIN, 'burst', '--json', '--sandbox', sandboxUrl, '--url', url],
      ...['--count', number, '--concurrency', number, '--timeout', `${count + 60}s`],
    ],
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'ignore',
  });
  return JSON.parse(await new Response(child.stdout).text()) as Burst;
}
