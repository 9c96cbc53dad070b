import { afterEach, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { seededRandom } from '../../src/shared/random.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { ok, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { startTestSandbox, type TestSandbox } from '../support/sandbox.ts';
import { call, postData, SHIPPED, until } from '../support/score.ts';

const RATE_LIMITED = '{"status":"error","message":"Rate limit exceeded. Please try again later."}';
const CIRCUIT_OPEN =
  '{"status":"error","message":"External service is currently unavailable (Circuit Open)."}';

let gateway: TestGateway | undefined;
let sandbox: TestSandbox | undefined;
let upstream: RawUpstream | undefined;

afterEach(async () => {
  await gateway?.stop();
  await sandbox?.stop();
  upstream?.stop();
  gateway = undefined;
  sandbox = undefined;
  upstream = undefined;
});

async function withSandbox(env: Record<string, string>, ...flags: string[]): Promise<string> {
  sandbox = await startTestSandbox('--external-latency', '1ms', ...flags);
  gateway = await startGateway({ file: SHIPPED, env, sandboxUrl: sandbox.url });
  return gateway.url;
}

const externalCalls = async (): Promise<number> => (await sandbox!.report()).totals.external.calls;

test('a success carries the answer of the external service', async () => {
  const url = await withSandbox({});
  const answer = await postData(url, { value: 1 });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(Object.keys(answer.json)).toEqual(['status', 'external_response', 'proxy_notes']);
  expect(answer.json.status).toBe('success');
  expect(answer.json.external_response).toEqual({ processed: true, received: { value: 1 }, id: 'ext-1' });
  expect(typeof answer.json.proxy_notes).toBe('string');
});

test('ten calls pass within 60 s, the eleventh is 429 with the exact body and never leaves', async () => {
  const url = await withSandbox({});
  for (let left = 9; left >= 0; left--) {
    const answer = await postData(url, {});
    expect(answer.status).toBe(200);
    expect(answer.headers.get('ratelimit-policy')).toBe('"client";q=10;w=60');
    expect(answer.headers.get('ratelimit')).toMatch(new RegExp(`^"client";r=${left};t=\\d+$`));
  }
  const refused = await postData(url, {});
  expect(refused.status).toBe(429);
  expect(refused.text).toBe(RATE_LIMITED);
  expect(refused.headers.get('content-type')).toBe('application/json');
  const retryAfter = Number(refused.headers.get('retry-after'));
  expect(retryAfter).toBeGreaterThanOrEqual(1);
  expect(retryAfter).toBeLessThanOrEqual(60);
  expect(await externalCalls()).toBe(10);
});

test('RATE_LIMIT_MAX_REQUESTS and RATE_LIMIT_WINDOW_SECONDS: two per second, and then again', async () => {
  const url = await withSandbox({ RATE_LIMIT_MAX_REQUESTS: '2', RATE_LIMIT_WINDOW_SECONDS: '1' });
  const first = [await postData(url, {}), await postData(url, {}), await postData(url, {})];
  expect(first.map(({ status }) => status)).toEqual([200, 200, 429]);
  await until(async () => (await postData(url, {})).status === 200, 4_000);
}, 10_000);

test('a spoofed X-Forwarded-For makes no new client', async () => {
  const url = await withSandbox({ RATE_LIMIT_MAX_REQUESTS: '1' });
  expect((await postData(url, {}, { 'X-Forwarded-For': '192.0.2.1' })).status).toBe(200);
  expect((await postData(url, {}, { 'X-Forwarded-For': '192.0.2.2' })).status).toBe(429);
});

test('from a trusted proxy, X-Forwarded-For tells the clients apart', async () => {
  sandbox = await startTestSandbox('--external-latency', '1ms');
  const shipped = readFileSync(SHIPPED, 'utf8');
  gateway = await startGateway({
    yaml: shipped.replace('trust_proxies: []', 'trust_proxies: [127.0.0.1]'),
    env: { RATE_LIMIT_MAX_REQUESTS: '1' },
    sandboxUrl: sandbox.url,
  });
  const from = async (address: string): Promise<number> =>
    (await postData(gateway!.url, {}, { 'X-Forwarded-For': address })).status;
  expect([await from('192.0.2.1'), await from('192.0.2.2'), await from('192.0.2.1')]).toEqual([
    200, 200, 429,
  ]);
  // What stands left of the first untrusted address is the client's own invention.
  expect(await from('203.0.113.9, 192.0.2.1')).toBe(429);
});

test('with EXTERNAL_FAIL_RATE=1 the breaker opens after 5 failed calls and answers the exact 503 body', async () => {
  const url = await withSandbox({ RETRY_INITIAL_DELAY_MS: '1' }, '--external-fail-rate', '1');
  // Three attempts, then two: the fifth failure opens it in the middle of the second call.
  const first = await postData(url, {});
  expect(first.status).toBe(500);
  expect(first.json.status).toBe('error');
  const second = await postData(url, {});
  expect([500, 503]).toContain(second.status);
  for (let count = 0; count < 3; count++) {
    const refused = await postData(url, {});
    expect(refused.status).toBe(503);
    expect(refused.text).toBe(CIRCUIT_OPEN);
    expect(refused.headers.get('content-type')).toBe('application/json');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(30);
  }
  expect(await externalCalls()).toBe(5);
});

test('CB_FAILURE_THRESHOLD and CB_RESET_TIMEOUT_SECONDS: opens after 2, and is tried again after 1 s', async () => {
  const url = await withSandbox({
    CB_FAILURE_THRESHOLD: '2',
    CB_RESET_TIMEOUT_SECONDS: '1',
    RETRY_MAX_ATTEMPTS: '1',
    RATE_LIMIT_MAX_REQUESTS: '1000',
  });
  await sandbox!.setFaults({ failureRate: 1, status: 503, path: '/external-api' });
  expect((await postData(url, {})).status).toBe(503);
  expect((await postData(url, {})).status).toBe(503);
  const refused = await postData(url, {});
  expect({ text: refused.text, after: refused.headers.get('retry-after') }).toEqual({
    text: CIRCUIT_OPEN,
    after: '1',
  });
  expect(await externalCalls()).toBe(2);
  await sandbox!.setFaults({});
  await until(async () => (await postData(url, {})).status === 200, 4_000);
  expect(await externalCalls()).toBe(3);
}, 10_000);

test('with a failure rate of 0.3, retries hide most failures, and no request costs more than its attempts', async () => {
  const random = seededRandom(7);
  const attempts = new Map<number, boolean[]>();
  upstream = await startRawUpstream(({ body }, socket) => {
    const { n } = JSON.parse(body) as { n: number };
    const failed = random.next() < 0.3;
    attempts.set(n, [...(attempts.get(n) ?? []), failed]);
    const answer = ok('{"done":true}');
    socket.write(failed ? answer.replace('200 OK', '500 Internal Server Error') : answer);
  });
  const env = { EXTERNAL_SERVICE_URL: upstream.url, RETRY_INITIAL_DELAY_MS: '1' };
  const statuses: number[] = [];
  // What one address may ask in a minute, four times over.
  for (let minute = 0; minute < 4; minute++) {
    gateway = await startGateway({ file: SHIPPED, env, sandboxUrl: upstream.url });
    for (let n = 0; n < 10; n++) {
      statuses.push((await postData(gateway.url, { n: 10 * minute + n })).status);
    }
    await gateway.stop();
  }
  gateway = undefined;
  const all = [...attempts.values()];
  const firstFailed = all.filter(([first]) => first).length;
  const toldOfFailure = statuses.filter((status) => status !== 200).length;
  expect(firstFailed).toBeGreaterThanOrEqual(8);
  expect(toldOfFailure).toBeLessThan(firstFailed / 2);
  expect(Math.max(...all.map(({ length }) => length))).toBeLessThanOrEqual(3);
  // Nothing is repeated that succeeded.
  expect(all.every((tries) => tries.slice(0, -1).every((failed) => failed))).toBe(true);
});

test('invalid JSON, no body and the wrong method are refused in the envelope and never leave', async () => {
  const url = `${await withSandbox({})}/api/proxy/data`;
  for (const body of ['{', 'nonsense', '', '{"a":1,}', new Uint8Array([0xff, 0xfe])]) {
    const answer = await call(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({ status: 'error', message: expect.stringContaining('JSON') });
  }
  const get = await call(url);
  expect(get.status).toBe(405);
  expect(get.headers.get('allow')).toBe('POST');
  expect(await externalCalls()).toBe(0);
});
