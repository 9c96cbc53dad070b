import { afterEach, expect, test } from 'bun:test';
import { cpfAt } from '../../src/shared/cpf.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { ok, type RawRequest, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { call, SHIPPED, score, until } from '../support/score.ts';

let gateway: TestGateway;
let upstream: RawUpstream;

afterEach(async () => {
  await gateway.stop();
  upstream.stop();
});

const paramOf = ({ target }: RawRequest, name: string): string | null =>
  new URL(target, 'http://upstream').searchParams.get(name);

async function startScore(env: Record<string, string> = {}): Promise<void> {
  upstream = await startRawUpstream((_request, socket) => socket.write(ok('{"score":1}')));
  gateway = await startGateway({
    file: SHIPPED,
    env: { RATE_LIMIT_SECONDS: '0.2', SCORE_API_URL: upstream.url, ...env },
    sandboxUrl: upstream.url,
  });
}

const waiting = async (count: number): Promise<void> =>
  until(async () => (await gateway.metrics()).upstreams.score?.queue_size === count);

test('in a burst of 50 at default urgency, a priority=0 call sent last is the next one served', async () => {
  await startScore();
  const burst = Array.from({ length: 50 }, (_, index) => score(gateway.url, cpfAt(index)));
  await until(() => upstream.requests.length >= 1);
  await until(async () => Number((await gateway.metrics()).upstreams.score?.queue_size) >= 45);
  const before = upstream.requests.length;
  const urgent = score(gateway.url, cpfAt(900), '&priority=0');
  const answer = await urgent;
  expect(answer.status).toBe(200);
  const order = upstream.requests.map((request) => paramOf(request, 'cpf'));
  const place = order.indexOf(cpfAt(900));
  // One more may have left between the look and the call's arrival.
  expect(place).toBeGreaterThanOrEqual(before);
  expect(place).toBeLessThanOrEqual(before + 1);
  const answers = await Promise.all(burst);
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(upstream.requests.length).toBe(51);
  const target = upstream.requests[place]!.target;
  expect(target).toBe(`/api/score?cpf=${cpfAt(900)}`);
}, 30_000);

test('the header `Priority: u=0` does the same as the parameter', async () => {
  await startScore();
  const burst = Array.from({ length: 12 }, (_, index) => score(gateway.url, cpfAt(index)));
  await until(async () => Number((await gateway.metrics()).upstreams.score?.queue_size) >= 9);
  const before = upstream.requests.length;
  await score(gateway.url, cpfAt(900), '', { Priority: 'u=0' });
  const place = upstream.requests.findIndex((request) => paramOf(request, 'cpf') === cpfAt(900));
  expect(place).toBeGreaterThanOrEqual(before);
  expect(place).toBeLessThanOrEqual(before + 1);
  await Promise.all(burst);
}, 15_000);

/** A paced catch-all with the aging that the test wants. */
async function startAged(aging: string): Promise<void> {
  upstream = await startRawUpstream((_request, socket) => socket.write(ok('{}')));
  gateway = await startGateway({
    yaml: `
upstreams:
  api:
    url: "${upstream.url}"
    limits: ["1 per 100ms"]
    queue: { policy: priority, aging: ${aging}, max_wait: 60s }
routes: [{ path: "/*", upstream: api, params: { priority: { control: urgency } } }]
`,
  });
}

/** A steady stream of urgent calls, always three of them waiting, and one at urgency 7 among them. */
async function placeOfPatientAmongUrgent(urgentCalls: number): Promise<number> {
  let started = 0;
  const worker = async (): Promise<void> => {
    while (started < urgentCalls) await call(`${gateway.url}/urgent?n=${started++}&priority=0`);
  };
  const workers = Array.from({ length: 4 }, worker);
  await until(() => upstream.requests.length >= 2);
  const patient = call(`${gateway.url}/patient?priority=7`);
  await Promise.all([...workers, patient]);
  return upstream.requests.findIndex(({ target }) => target === '/patient');
}

test('with a small aging, a priority=7 call is not starved by a steady stream of priority=0', async () => {
  await startAged('100ms');
  // Seven levels are worth 0.7 s, and the stream serves 10 a second.
  const place = await placeOfPatientAmongUrgent(40);
  expect(place).toBeGreaterThan(0);
  expect(place).toBeLessThan(20);
}, 20_000);

test('with a large aging it waits until the urgent ones are through: aging is what saves it', async () => {
  await startAged('1h');
  const place = await placeOfPatientAmongUrgent(25);
  expect(place).toBeGreaterThanOrEqual(24);
}, 20_000);

test('a client that disconnects while waiting costs no slot', async () => {
  await startScore();
  const leaving = new AbortController();
  const calls = Array.from({ length: 12 }, (_, index) => {
    const signal = index % 2 === 1 ? leaving.signal : null;
    return call(`${gateway.url}/proxy/score?cpf=${cpfAt(index)}`, { headers: { 'client-id': 'a' }, signal });
  });
  const settled = Promise.allSettled(calls);
  await until(async () => Number((await gateway.metrics()).upstreams.score?.queue_size) >= 10);
  const servedBefore = new Set(upstream.requests.map((request) => paramOf(request, 'cpf')));
  leaving.abort();
  const answers = await settled;
  const staying = answers.filter((_, index) => index % 2 === 0);
  expect(staying.every((answer) => answer.status === 'fulfilled' && answer.value.status === 200)).toBe(true);
  // Nobody who left before their turn was ever called for.
  const called = upstream.requests.map((request) => paramOf(request, 'cpf'));
  const goneButCalled = Array.from({ length: 6 }, (_, index) => cpfAt(index * 2 + 1)).filter(
    (cpf) => called.includes(cpf) && !servedBefore.has(cpf),
  );
  expect(goneButCalled.length).toBeLessThanOrEqual(1);
  expect(upstream.requests.length).toBeLessThanOrEqual(6 + 2);
  const { upstreams, queue_size, processing } = await gateway.metrics();
  expect(Number(upstreams.score?.cancelled)).toBeGreaterThanOrEqual(4);
  expect({ queue_size, processing }).toEqual({ queue_size: 0, processing: 0 });
}, 15_000);

test('QUEUE_MAX_SIZE=2: with the queue full, a cached CPF is answered and an uncached one is told queue_full', async () => {
  await startScore({ QUEUE_MAX_SIZE: '2', RATE_LIMIT_SECONDS: '2' });
  expect((await score(gateway.url, cpfAt(1))).status).toBe(200);
  const waiters = [score(gateway.url, cpfAt(2)), score(gateway.url, cpfAt(3))];
  await waiting(2);
  const cached = await score(gateway.url, cpfAt(1));
  expect(cached.status).toBe(200);
  expect(cached.headers.get('cache-status')).toMatch(/^comporta; hit; ttl=\d+$/);
  const refused = await score(gateway.url, cpfAt(4));
  expect(refused.status).toBe(503);
  expect(refused.headers.get('content-type')).toBe('application/problem+json');
  expect(refused.json.code).toBe('queue_full');
  // Two wait before it, 2 s each, of which a part has gone by.
  expect(refused.json.estimated_wait_ms).toBeGreaterThan(4_000);
  expect(refused.json.estimated_wait_ms).toBeLessThanOrEqual(6_200);
  expect(Number(refused.headers.get('retry-after'))).toBe(Math.ceil(refused.json.estimated_wait_ms / 1_000));
  const calls = await Promise.all(waiters);
  expect(calls.map(({ status }) => status)).toEqual([200, 200]);
  expect(upstream.requests.length).toBe(3);
}, 15_000);

test('two callers who chose the same X-Request-Id are both served', async () => {
  await startScore();
  const answers = await Promise.all(
    [1, 2, 3].map((index) => score(gateway.url, cpfAt(index), '', { 'X-Request-Id': 'same' })),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(answers.map(({ headers }) => headers.get('x-request-id'))).toEqual(['same', 'same', 'same']);
  const { queue_size, processing } = await gateway.metrics();
  expect({ queue_size, processing }).toEqual({ queue_size: 0, processing: 0 });
});
