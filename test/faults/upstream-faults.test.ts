import { afterEach, describe, expect, test } from 'bun:test';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { ok, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';

const opened: Array<() => void | Promise<void>> = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

type Answer = Parameters<typeof startRawUpstream>[0];

async function setUp(
  answer: Answer,
  settings = '',
): Promise<{ upstream: RawUpstream; gateway: TestGateway }> {
  const upstream = await startRawUpstream(answer);
  opened.push(() => upstream.stop());
  const gateway = await startGateway({
    yaml: `
upstreams:
  up: { url: "${upstream.url}", timeout: 2s${settings} }
routes:
  - { path: "/*", upstream: up, coalesce: false }
`,
  });
  opened.push(() => gateway.stop());
  return { upstream, gateway };
}

const PACED = ', limits: ["1000 per 1s"]';

async function codeOf(response: Response): Promise<unknown> {
  return ((await response.json()) as { code: unknown }).code;
}

async function eventually(condition: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) {
    if (await condition()) return true;
    await Bun.sleep(10);
  }
  return false;
}

describe.each([
  ['paced', PACED],
  ['unpaced', ''],
])('an upstream that is %s', (_name, settings) => {
  test.each([
    ['a status that HTTP does not know', 'HTTP/1.1 999 Strange\r\nContent-Length: 0\r\n\r\n'],
    ['garbage', 'nothing of HTTP\r\n\r\n'],
    ['a truncated answer', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
  ])('and answers %s: 502, and the next call goes through', async (_fault, text) => {
    let count = 0;
    const { gateway } = await setUp((_request, socket) => {
      if (++count === 1) socket.end(text);
      else socket.write(ok('{}'));
    }, settings);
    const failed = await fetch(`${gateway.url}/a`);
    expect([failed.status, await codeOf(failed)]).toEqual([502, 'upstream_unreachable']);
    expect((await fetch(`${gateway.url}/b`)).status).toBe(200);
  });

  test('a streamed answer that breaks off breaks off for the client too', async () => {
    const { gateway } = await setUp((_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
      setTimeout(() => socket.destroy(), 50);
    }, settings);
    const response = await fetch(`${gateway.url}/a`);
    expect(response.status).toBe(200);
    expect(await response.text().catch((error: unknown) => error)).toBeInstanceOf(Error);
  });
});

describe('a paced upstream', () => {
  test('a reused connection that is closed on the request: GET is tried once more, POST never', async () => {
    let count = 0;
    const { gateway, upstream } = await setUp((_request, socket) => {
      // Every second request of the test finds its connection closed.
      if (++count % 2 === 1) socket.write(ok('{}'));
      else socket.destroy();
    }, PACED);
    expect((await fetch(`${gateway.url}/warm`)).status).toBe(200);
    expect((await fetch(`${gateway.url}/read`)).status).toBe(200);
    expect(upstream.requests.map(({ target }) => target)).toEqual(['/warm', '/read', '/read']);
    const written = await fetch(`${gateway.url}/write`, { method: 'POST', body: '{}' });
    expect([written.status, await codeOf(written)]).toEqual([502, 'upstream_unreachable']);
    expect(upstream.requests.filter(({ target }) => target === '/write').length).toBe(1);
  });

  test('with a single connection that closes after each answer every call is served', async () => {
    const { gateway, upstream } = await setUp(
      (_request, socket) => void socket.end(ok('{}', 'Connection: close\r\n')),
      `${PACED}, max_connections: 1`,
    );
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => (await fetch(`${gateway.url}/${index}`)).status),
    );
    expect(statuses).toEqual(Array(8).fill(200));
    expect(upstream.connections()).toBeGreaterThanOrEqual(8);
  });

  test('bounded by calls in flight only, with connections that close: every call is served', async () => {
    let running = 0;
    let most = 0;
    const { gateway } = await setUp((_request, socket) => {
      most = Math.max(most, ++running);
      setTimeout(() => {
        running--;
        socket.end(ok('{}', 'Connection: close\r\n'));
      }, 15);
    }, ', concurrency: 3');
    const statuses = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => (await fetch(`${gateway.url}/${index}`)).status),
    );
    expect(statuses).toEqual(Array(12).fill(200));
    expect(most).toBe(3);
  });

  test('one that cannot be reached: everybody is told, nobody waits for ever', async () => {
    const { gateway, upstream } = await setUp(() => {}, PACED);
    upstream.stop();
    const codes = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => codeOf(await fetch(`${gateway.url}/${index}`))),
    );
    expect(codes).toEqual(Array(6).fill('upstream_unreachable'));
  });

  test('a client that leaves while it is answered frees its place', async () => {
    let count = 0;
    const { gateway } = await setUp((_request, socket) => {
      if (++count > 1) socket.write(ok('{}'));
      else socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    }, ', concurrency: 1');
    const controller = new AbortController();
    const response = await fetch(`${gateway.url}/slow`, { signal: controller.signal });
    expect(response.status).toBe(200);
    controller.abort();
    expect((await fetch(`${gateway.url}/next`)).status).toBe(200);
  });

  test('a client that leaves the queue costs no call', async () => {
    const { gateway, upstream } = await setUp(
      (_request, socket) => void socket.write(ok('{}')),
      ', limits: ["1 per 400ms"]',
    );
    await fetch(`${gateway.url}/first`);
    const controller = new AbortController();
    const gone = fetch(`${gateway.url}/gone`, { signal: controller.signal }).catch(() => 'gone');
    const waits = async () => (await gateway.metrics()).queue_size === 1;
    expect(await eventually(waits)).toBe(true);
    const next = fetch(`${gateway.url}/next`);
    controller.abort();
    expect([await gone, (await next).status]).toEqual(['gone', 200]);
    expect(upstream.requests.map(({ target }) => target)).toEqual(['/first', '/next']);
    const [first, second] = upstream.requests;
    expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(400);
  });
});
