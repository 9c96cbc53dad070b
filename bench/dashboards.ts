// What open dashboards cost: cached answers at a steady rate with nobody and with N streams of live data open, by turns,
// and the bytes of one stream. `npm run bench -- dashboards [--rounds N] [--seconds N] [--rate N] [--streams N]`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CLIENT_HEADERS } from './support/load.ts';
import { cpuMs, freePort, type ServerProcess, startComporta, startServer } from './support/process.ts';
import { median, printMachine, printTable } from './support/report.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '5000' },
    streams: { type: 'string', default: '20' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const rate = Number(values.rate);
const streams = Number(values.streams);

/** As the shipped configuration: three upstreams, so that a frame is as large as a newcomer's. */
const configOf = (upstream: string, folder: string): string => `
listen: 127.0.0.1:0
ledger: sqlite://${folder}/comporta.db
data: ""
upstreams:
  api: { url: "${upstream}" }
  paced: { url: "${upstream}", limits: ["1 per 1s"] }
  external: { url: "${upstream}", breaker: { consecutive: 5 } }
routes:
  - { path: /cached/*, upstream: api, rewrite: /*, cache: { ttl: 1h } }
  - { path: /paced/*, upstream: paced, rewrite: /* }
  - { path: /external/*, upstream: external, rewrite: /* }
`;

interface Round {
  readonly cpuUs: number;
  readonly perSec: number;
}

async function measure(server: ServerProcess, path: string): Promise<Round> {
  const script = fileURLToPath(new URL('./servers/steady-load.ts', import.meta.url));
  const beforeMs = cpuMs(server.pid);
  const child = Bun.spawn({
    cmd: [process.execPath, script, server.url + path, String(rate), String(seconds)],
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const { done, failed, late } = JSON.parse(await new Response(child.stdout).text()) as Record<
    string,
    number
  >;
  const usedMs = cpuMs(server.pid) - beforeMs;
  if (failed! > 0 || done! < rate * seconds * 0.9) {
    throw new Error(`the load did not go well: ${done} done, ${failed} failed, ${late} late`);
  }
  return { cpuUs: (usedMs * 1_000) / done!, perSec: done! / seconds };
}

/** Listens to the live stream and counts its bytes. */
function listen(adminUrl: string): { bytes(): number; close(): void } {
  const stop = new AbortController();
  let bytes = 0;
  void (async () => {
    const response = await fetch(`${adminUrl}/api/v1/live`, { signal: stop.signal });
    if (response.status !== 200) throw new Error(`the live stream was answered ${response.status}`);
    for await (const chunk of response.body!) bytes += chunk.byteLength;
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return { bytes: () => bytes, close: () => stop.abort() };
}

const folder = mkdtempSync(join(tmpdir(), 'comporta-bench-'));
const running: ServerProcess[] = [];
try {
  const upstream = await startServer('upstream', 'upstream.ts');
  running.push(upstream);
  const file = join(folder, 'comporta.yaml');
  writeFileSync(file, configOf(upstream.url, folder));
  const adminPort = await freePort();
  const server = await startComporta(file, {}, 'comporta', `127.0.0.1:${adminPort}`);
  running.push(server);
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const path = '/cached/items/1';
  await (await fetch(server.url + path, { headers: CLIENT_HEADERS })).arrayBuffer();
  printMachine();
  await measure(server, path);
  const results: Record<'nobody' | 'watched', Round[]> = { nobody: [], watched: [] };
  let bytesPerSec = 0;
  for (let round = 0; round < rounds; round++) {
    for (const who of round % 2 === 0 ? (['nobody', 'watched'] as const) : (['watched', 'nobody'] as const)) {
      const listeners = who === 'nobody' ? [] : Array.from({ length: streams }, () => listen(adminUrl));
      await Bun.sleep(1_500);
      const beforeBytes = listeners.map((listener) => listener.bytes());
      results[who].push(await measure(server, path));
      if (who === 'watched') {
        const got = listeners.map((listener, index) => listener.bytes() - beforeBytes[index]!);
        bytesPerSec = median(got) / (seconds + 0.2);
      }
      for (const listener of listeners) listener.close();
      await Bun.sleep(500);
    }
  }
  const alone = median(results.nobody.map(({ cpuUs }) => cpuUs));
  console.log(
    `cached answers at ${rate} a second: medians of ${rounds} interleaved rounds of ${seconds} s, CPU of the server process`,
  );
  printTable(
    ['live streams', 'CPU µs/request', 'min … max', 'to none', 'requests/s'],
    (['nobody', 'watched'] as const).map((who) => {
      const cpu = results[who].map(({ cpuUs }) => cpuUs);
      return [
        who === 'nobody' ? '0' : String(streams),
        median(cpu).toFixed(2),
        `${Math.min(...cpu).toFixed(2)} … ${Math.max(...cpu).toFixed(2)}`,
        `${(median(cpu) / alone).toFixed(3)} ×`,
        median(results[who].map(({ perSec }) => perSec)).toFixed(0),
      ];
    }),
  );
  console.log(`\none stream: ${bytesPerSec.toFixed(0)} bytes a second`);
} finally {
  for (const server of running.reverse()) await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
