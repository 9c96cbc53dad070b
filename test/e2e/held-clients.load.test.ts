import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, until } from '../support/score.ts';
import { type Started, startProcess } from '../support/started.ts';

/** What is asked for, or what the limit of open files leaves room for: a socket here for each client. */
const SPARE_FILES = 500;
const CLIENTS = Math.min(9_000, openFiles() - SPARE_FILES);

let folder: string;
let gateway: Started;
let upstream: ReturnType<typeof Bun.serve>;
let calls = 0;
let mostAtOnce = 0;
let open = 0;
let release: () => void;
const released = new Promise<void>((resolve) => {
  release = resolve;
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'comporta-held-'));
  upstream = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async () => {
      calls++;
      open++;
      mostAtOnce = Math.max(mostAtOnce, open);
      await released;
      open--;
      return new Response('{"done":true}', { headers: { 'content-type': 'application/json' } });
    },
  });
  const file = join(folder, 'held.yaml');
  writeFileSync(
    file,
    `listen: "127.0.0.1:0"
upstreams:
  slow:
    url: "http://127.0.0.1:${upstream.port}"
    timeout: 60s
    concurrency: 16
    queue: { policy: priority, max_size: 10000, max_wait: 5m }
routes: [{ path: "/*", upstream: slow, params: { priority: { control: urgency } } }]
`,
  );
  gateway = await startProcess(['--config', file]);
}, 20_000);

afterAll(async () => {
  await gateway.stop();
  await upstream.stop(true);
  rmSync(folder, { recursive: true, force: true });
});

test(`${CLIENTS} clients are held in the queue, and every one gets its answer`, async () => {
  expect(CLIENTS).toBeGreaterThan(100);
  const statuses = new Map<string, number>();
  let ended = 0;
  const { hostname, port } = new URL(gateway.url);
  const client = (index: number): void => {
    let text = '';
    const socket = net.connect(Number(port), hostname, () =>
      socket.write(
        `GET /call/${index}?priority=${index % 8} HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n`,
      ),
    );
    socket.setEncoding('latin1');
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      ended++;
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 'none';
      const end = text.endsWith('{"done":true}') ? status : `${status}, broken`;
      statuses.set(end, (statuses.get(end) ?? 0) + 1);
    });
  };
  const metrics = async () => (await call(`${gateway.url}/metrics`)).json;
  // In portions, as a listen queue is shorter than that.
  for (let begun = 0; begun < CLIENTS; begun += 500) {
    const portion = Math.min(500, CLIENTS - begun);
    for (let index = 0; index < portion; index++) client(begun + index);
    await until(async () => (await metrics()).in_flight === begun + portion, 20_000);
  }
  const held = await metrics();
  expect(held.upstreams.slow).toMatchObject({ queue_size: CLIENTS - 16, running: 16 });
  expect((await call(`${gateway.url}/health`)).status).toBe(200);
  expect(ended).toBe(0);
  release();
  await until(() => ended === CLIENTS, 60_000);
  expect(Object.fromEntries(statuses)).toEqual({ 200: CLIENTS });
  expect({ calls, mostAtOnce }).toEqual({ calls: CLIENTS, mostAtOnce: 16 });
  expect(await metrics()).toMatchObject({ queue_size: 0, processing: 0, in_flight: 0 });
}, 120_000);

function openFiles(): number {
  const limit = Bun.spawnSync({ cmd: ['sh', '-c', 'ulimit -n'] })
    .stdout.toString()
    .trim();
  return limit === 'unlimited' ? 1_000_000 : Number(limit);
}
