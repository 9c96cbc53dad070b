import { afterEach, expect, test } from 'bun:test';
import net from 'node:net';
import { cpfAt } from '../../src/shared/cpf.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { call, postData, SHIPPED, score } from '../support/score.ts';

let gateway: TestGateway;
let upstream: RawUpstream | undefined;

afterEach(async () => {
  await gateway.stop();
  upstream?.stop();
  upstream = undefined;
});

/** An address where nothing listens. */
async function deadUrl(): Promise<string> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

async function startAt(url: string, env: Record<string, string> = {}): Promise<void> {
  gateway = await startGateway({
    file: SHIPPED,
    env: {
      RATE_LIMIT_SECONDS: '0.05',
      SCORE_API_URL: url,
      EXTERNAL_SERVICE_URL: url,
      MERCADOLIBRE_URL: url,
      RETRY_INITIAL_DELAY_MS: '1',
      ...env,
    },
  });
}

test('an unreachable upstream is 502 upstream_unreachable, paced or not, long before the timeout', async () => {
  await startAt(await deadUrl());
  const paced = await score(gateway.url, cpfAt(1));
  expect({ status: paced.status, code: paced.json.code }).toEqual({
    status: 502,
    code: 'upstream_unreachable',
  });
  const unpaced = await call(`${gateway.url}/ml/items/1`);
  expect({ status: unpaced.status, code: unpaced.json.code }).toEqual({
    status: 502,
    code: 'upstream_unreachable',
  });
  const enveloped = await postData(gateway.url, {});
  expect({ status: enveloped.status, word: enveloped.json.status }).toEqual({ status: 502, word: 'error' });
  for (const { text } of [paced, unpaced, enveloped]) expect(text).not.toMatch(/127\.0\.0\.1|ECONN|\.ts/);
});

test('three failed connections open the breaker, as configured', async () => {
  await startAt(await deadUrl());
  for (let index = 0; index < 3; index++) {
    expect((await score(gateway.url, cpfAt(index))).json.code).toBe('upstream_unreachable');
  }
  expect((await score(gateway.url, cpfAt(9))).json.code).toBe('circuit_open');
});

test('a slow upstream is 504 upstream_timeout, on every kind of route', async () => {
  upstream = await startRawUpstream(() => {});
  gateway = await startGateway({
    yaml: `
upstreams:
  paced: { url: "${upstream.url}", timeout: 300ms, limits: ["100 per 1s"] }
  open: { url: "${upstream.url}", timeout: 300ms }
routes:
  - { path: "/paced/*", upstream: paced }
  - { path: "/open/*", upstream: open }
  - { path: "/envelope", methods: [POST], upstream: open, envelope: status }
`,
  });
  for (const path of ['/paced/x', '/open/x']) {
    const answer = await call(gateway.url + path);
    expect({ path, status: answer.status, code: answer.json.code }).toEqual({
      path,
      status: 504,
      code: 'upstream_timeout',
    });
  }
  const enveloped = await call(`${gateway.url}/envelope`, { method: 'POST', body: '{}' });
  expect({ status: enveloped.status, word: enveloped.json.status }).toEqual({ status: 504, word: 'error' });
  expect((await gateway.metrics()).processing).toBe(0);
});

test('an upstream that hangs up, or answers no HTTP, is 502', async () => {
  const ways: ReadonlyArray<(socket: net.Socket) => void> = [
    (socket) => socket.destroy(),
    (socket) => socket.end(),
    (socket) => socket.resetAndDestroy(),
    (socket) => socket.end('this is no HTTP\r\n\r\n'),
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Len'),
  ];
  for (const [index, way] of ways.entries()) {
    const here = await startRawUpstream((_request, socket) => way(socket));
    await startAt(here.url, { CIRCUIT_BREAKER_FAIL_MAX: '100' });
    const paced = await score(gateway.url, cpfAt(1));
    const unpaced = await call(`${gateway.url}/ml/x`);
    expect({ index, paced: paced.status, unpaced: unpaced.status }).toEqual({
      index,
      paced: 502,
      unpaced: 502,
    });
    expect((await gateway.metrics()).in_flight).toBe(0);
    await gateway.stop();
    here.stop();
  }
  await startAt(await deadUrl());
});

test('an answer of a paced upstream that breaks off is not taken for whole', async () => {
  upstream = await startRawUpstream((_request, socket) =>
    socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"score":'),
  );
  await startAt(upstream.url);
  const result = await fetch(`${gateway.url}/proxy/score?cpf=${cpfAt(1)}`, { headers: { 'client-id': 'a' } })
    .then(async (response) => ({ status: response.status, text: await response.text() }))
    .catch(() => ({ status: 0, text: '' }));
  expect([0, 502]).toContain(result.status);
});
