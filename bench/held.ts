// Memory of requests that wait in a paced queue: an upstream's 429 with Retry-After pauses it, and what comes
// meanwhile is held. `npm run bench -- held [--count N]`.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { residentBytes, type ServerProcess, startComporta, startServer } from './support/process.ts';
import { megabytes, printMachine, printTable } from './support/report.ts';

const { values } = parseArgs({ options: { count: { type: 'string', default: '9000' } } });
const wanted = Number(values.count);

/** Long enough to connect everybody while it lasts. */
const PAUSE_SECONDS = 15;
/** Files that the processes need besides the held connections. */
const SPARE_FILES = 500;
const CONNECTS_AT_ONCE = 250;

const openFiles = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
const count = Math.min(wanted, openFiles - SPARE_FILES);
if (count < wanted) {
  console.log(`held: ulimit -n is ${openFiles}, so ${count} connections are held instead of ${wanted}.`);
}

const configOf = (upstream: string): string => `
listen: 127.0.0.1:0
upstreams:
  api:
    url: "${upstream}"
    limits: ["5000 per 1s"]
    queue: { policy: priority, max_size: 20000, max_wait: 60s }
routes:
  - path: /held
    upstream: api
`;

const folder = mkdtempSync(join(tmpdir(), 'comporta-bench-'));
const running: ServerProcess[] = [];
try {
  const upstream = await startServer('upstream', 'pausing-upstream.ts', [String(PAUSE_SECONDS)]);
  running.push(upstream);
  const configFile = join(folder, 'comporta.yaml');
  writeFileSync(configFile, configOf(upstream.url));
  const gateway = await startComporta(configFile);
  running.push(gateway);
  await measure(gateway);
} finally {
  for (const server of running.reverse()) await server.stop();
  rmSync(folder, { recursive: true });
}

async function measure(gateway: ServerProcess): Promise<void> {
  printMachine(`, ulimit -n ${openFiles}`);
  const paused = await fetch(`${gateway.url}/held`);
  if (paused.status !== 429) throw new Error(`the pausing call was answered ${paused.status}`);
  await Bun.sleep(500);
  const idle = residentBytes(gateway.pid);

  const startedAtMs = performance.now();
  const answers: Promise<number>[] = [];
  const { hostname, port } = new URL(gateway.url);
  for (let first = 0; first < count; first += CONNECTS_AT_ONCE) {
    const last = Math.min(count, first + CONNECTS_AT_ONCE);
    const opened = await Promise.all(
      Array.from({ length: last - first }, (_, index) => hold(hostname, Number(port), first + index)),
    );
    answers.push(...opened.map(({ answered }) => answered));
  }
  let waiting = 0;
  while (waiting < count && performance.now() - startedAtMs < PAUSE_SECONDS * 1_000) {
    waiting = await queueSize(gateway);
    await Bun.sleep(100);
  }
  if (waiting < count) throw new Error(`only ${waiting} of ${count} were waiting when the pause ended`);
  const heldAfterMs = performance.now() - startedAtMs;
  await Bun.sleep(500);
  const held = residentBytes(gateway.pid);

  const statuses = await Promise.all(answers);
  const totalMs = performance.now() - startedAtMs;
  const ok = statuses.filter((status) => status === 200).length;
  await Bun.sleep(3_000);
  const after = residentBytes(gateway.pid);

  console.log(`${count} requests, each on a connection of its own, held by a paused upstream:`);
  printTable(
    ['gateway process', 'resident MB'],
    [
      ['before the first connection', megabytes(idle)],
      [`with ${waiting} waiting`, megabytes(held)],
      ['3 s after the last answer', megabytes(after)],
    ],
  );
  console.log(
    `${Math.round((held - idle) / waiting)} bytes for each held request; all were waiting after ` +
      `${(heldAfterMs / 1_000).toFixed(1)} s; ${ok} of ${count} answered 200, the last after ${(totalMs / 1_000).toFixed(1)} s\n`,
  );
  if (ok !== count) throw new Error(`${count - ok} held requests were not answered 200`);
}

async function queueSize(gateway: ServerProcess): Promise<number> {
  const metrics = (await (await fetch(`${gateway.url}/metrics`)).json()) as { queue_size: number };
  return metrics.queue_size;
}

/** Opens a connection and sends a request on it; `answered` tells the status, or 0 when it was closed before. */
async function hold(
  hostname: string,
  port: number,
  index: number,
): Promise<{ readonly answered: Promise<number> }> {
  const { promise: answered, resolve } = Promise.withResolvers<number>();
  await Bun.connect({
    hostname,
    port,
    socket: {
      open: (socket) => {
        socket.write(
          `GET /held?n=${index} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAccept: application/json\r\n` +
            `User-Agent: bench/1.0\r\nclient-id: client-${index % 100}\r\n\r\n`,
        );
      },
      data: (socket, data) => {
        resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(data.toString('latin1'))?.[1] ?? 0));
        socket.end();
      },
      close: () => resolve(0),
      error: () => resolve(0),
    },
  });
  return { answered };
}
