// From `comporta start` to the first answer, and what the time goes into. `npm run bench -- start [--runs N]`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ended, freePort, MAIN, ROOT } from './support/process.ts';
import { median, printMachine, printTable } from './support/report.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '7' } } });
const runs = Number(values.runs);

const bun = process.execPath;
const launcher = ['node', `${ROOT}bin/comporta.mjs`];
const direct = [bun, MAIN];
const folder = mkdtempSync(join(tmpdir(), 'comporta-bench-'));
const config = (sandbox: number | undefined): string => `
ledger: sqlite://${folder}/comporta.db
data: ${folder}
${sandbox === undefined ? '' : `sandbox: { listen: "127.0.0.1:${sandbox}" }`}
upstreams:
  api: { url: "${sandbox === undefined ? 'http://127.0.0.1:9' : 'sandbox:'}" }
routes:
  - path: /*
    upstream: api
`;

const plainFile = join(folder, 'plain.yaml');
const sandboxFile = join(folder, 'sandbox.yaml');
writeFileSync(plainFile, config(undefined));
writeFileSync(sandboxFile, config(await freePort()));

const ADMIN = ['--admin-listen', '127.0.0.1:0'];

/** As `start` sets it for itself; given from outside, it has no need to begin again. */
const RESTARTED = { BUN_CONFIG_MAX_HTTP_REQUESTS: '1024' };

/** What is measured, by turns: a name, and one run of it in ms. */
const measures: ReadonlyArray<readonly [string, () => Promise<number>]> = [
  ['comporta start', () => firstAnswer(launcher, plainFile)],
  ['comporta start, with the sandbox', () => firstAnswer(launcher, sandboxFile)],
  ['bun src/main.ts start (without the Node launcher)', () => firstAnswer(direct, plainFile)],
  ['… without the restart for max_outbound', () => firstAnswer(direct, plainFile, RESTARTED)],
  ['bun src/main.ts --version (imports, nothing built)', () => wholeRun([...direct, '--version'])],
  ['bun alone', () => wholeRun([bun, '-e', '0'])],
  ['node alone', () => wholeRun(['node', '-e', '0'])],
  ...['zod', 'yaml', 'pino', 'prom-client', 'commander', 'http-cache-semantics', 'lru-cache'].map(
    (name) => [`bun with ${name} alone`, () => wholeRun([bun, '-e', `await import('${name}')`])] as const,
  ),
];

try {
  printMachine(
    `, Node ${Bun.spawnSync({ cmd: ['node', '--version'] })
      .stdout.toString()
      .trim()}`,
  );
  const times = measures.map((): number[] => []);
  for (let run = 0; run < runs; run++) {
    for (let index = 0; index < measures.length; index++) times[index]!.push(await measures[index]![1]());
  }
  console.log(`from the start of the process to the first answer, or to its end; ${runs} runs by turns:`);
  const rows = measures.map(([name], index) => {
    const ms = times[index]!;
    return [name, median(ms).toFixed(0), `${Math.min(...ms).toFixed(0)} … ${Math.max(...ms).toFixed(0)}`];
  });
  printTable(['', 'median ms', 'min … max'], rows);
  console.log('');
} finally {
  rmSync(folder, { recursive: true });
}

/** Starts a gateway and asks for /health until it answers. */
async function firstAnswer(
  command: readonly string[],
  file: string,
  env: Record<string, string> = {},
): Promise<number> {
  const port = await freePort();
  const startedAtMs = performance.now();
  const child = Bun.spawn({
    cmd: [...command, 'start', '--config', file, '--listen', `127.0.0.1:${port}`, ...ADMIN],
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
  });
  try {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
      if (answer?.status === 200) return performance.now() - startedAtMs;
      if (child.exitCode !== null) throw new Error(`${command.join(' ')} ended with ${child.exitCode}`);
      await Bun.sleep(2);
    }
  } finally {
    await ended(child);
  }
}

async function wholeRun(cmd: readonly string[]): Promise<number> {
  const startedAtMs = performance.now();
  const child = Bun.spawn({ cmd: [...cmd], cwd: ROOT, stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' });
  const code = await child.exited;
  if (code !== 0) throw new Error(`${cmd.join(' ')} ended with ${code}`);
  return performance.now() - startedAtMs;
}
