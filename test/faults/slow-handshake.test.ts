import { afterEach, describe, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { readUntil } from '../support/cli.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const UPSTREAM = fileURLToPath(new URL('../support/slow-handshake-upstream.ts', import.meta.url));
const CA = fileURLToPath(new URL('../support/tls/localhost-cert.pem', import.meta.url));

/** When a request arrived: no later than it was read, and no earlier than the upstream had last looked. */
interface Arrival {
  readonly readAtMs: number;
  readonly sinceMs: number;
}

interface Report {
  /** In order. */
  readonly arrivals: Arrival[];
  readonly connections: number;
}

const opened: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function startUpstream(): Promise<{ readonly url: string; report(): Promise<Report> }> {
  const child = Bun.spawn({ cmd: [process.execPath, UPSTREAM], stdout: 'pipe', stderr: 'inherit' });
  opened.push(async () => {
    child.kill();
    await child.exited;
  });
  const { port, reportPort } = JSON.parse(await readUntil(child.stdout, /\}\n/)) as Record<string, number>;
  return {
    url: `https://localhost:${port}`,
    report: async () => (await fetch(`http://127.0.0.1:${reportPort}`)).json() as Promise<Report>,
  };
}

async function startPaced(url: string, limit: string): Promise<TestGateway> {
  const gateway = await startGateway({
    yaml: `
upstreams:
  score: { url: "${url}", limits: ["${limit}"], tls: { ca_file: "${CA}" } }
routes:
  - { path: "/*", upstream: score, coalesce: false }
`,
  });
  opened.push(() => gateway.stop());
  return gateway;
}

/** Sends so many calls at once; answers how long all took. */
async function burst(gateway: TestGateway, calls: number): Promise<number> {
  const startedAtMs = performance.now();
  const statuses = await Promise.all(
    Array.from({ length: calls }, async (_, index) => {
      const response = await fetch(`${gateway.url}/score?call=${index}`);
      await response.arrayBuffer();
      return response.status;
    }),
  );
  expect(statuses).toEqual(Array(calls).fill(200));
  return performance.now() - startedAtMs;
}

/**
 * The time from each arrival to the one `places` later. The upstream's own lateness is taken off, so that a machine
 * that is too busy to run it is not taken for a call that was sent too early.
 */
function spans(arrivals: readonly Arrival[], places: number): number[] {
  return arrivals.slice(places).map(({ readAtMs }, index) => readAtMs - arrivals[index]!.sinceMs);
}

describe('a TLS upstream where every other handshake takes 300 ms and each connection serves one call', () => {
  test('1 per 1s: closest spacing at the upstream at least 1 s, goodput at least 97 %', async () => {
    const upstream = await startUpstream();
    const gateway = await startPaced(upstream.url, '1 per 1s');
    const tookMs = await burst(gateway, 12);
    const { arrivals } = await upstream.report();
    expect(arrivals.length).toBe(12);
    const spacings = spans(arrivals, 1);
    const asRead = arrivals.slice(1).map(({ readAtMs }, index) => readAtMs - arrivals[index]!.readAtMs);
    console.info(
      `12 calls in ${tookMs.toFixed(0)} ms, closest spacing ${Math.min(...spacings).toFixed(1)} ms, as read ${Math.min(...asRead).toFixed(1)} ms`,
    );
    expect(Math.min(...spacings)).toBeGreaterThanOrEqual(1_000);
    expect(tookMs).toBeLessThanOrEqual(12_000 / 0.97);
  }, 30_000);

  test('20 per 1s: no window of 1 s holds more than 20 calls, goodput at least 90 %', async () => {
    const upstream = await startUpstream();
    const gateway = await startPaced(upstream.url, '20 per 1s');
    await burst(gateway, 60);
    const { arrivals, connections } = await upstream.report();
    expect(arrivals.length).toBe(60);
    const closest = Math.min(...spans(arrivals, 20));
    // From the end of the first burst, which waits for the first connections, 40 calls in at best 2 s.
    const goodputFrom = (index: number) =>
      40 / 20 / ((arrivals[59]!.readAtMs - arrivals[index]!.readAtMs) / 1_000);
    const goodput = goodputFrom(19);
    console.info(
      `20 calls within ${closest.toFixed(1)} ms at the closest, goodput ${(goodput * 100).toFixed(1)} %, from the first call ${(goodputFrom(0) * 100).toFixed(1)} %, ${connections} connections`,
    );
    expect(closest).toBeGreaterThanOrEqual(1_000);
    expect(goodput).toBeGreaterThanOrEqual(0.9);
  }, 30_000);
});
