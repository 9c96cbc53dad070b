import { afterEach, expect, test } from 'bun:test';
import { cpfAt } from '../../src/shared/cpf.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { ok, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { SHIPPED, score, until } from '../support/score.ts';

let gateway: TestGateway;
let upstream: RawUpstream;

afterEach(async () => {
  await gateway.stop();
  upstream.stop();
});

const TOO_MANY = 'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n';

const cpfs = (): Array<string | null> =>
  upstream.requests.map(({ target }) => new URL(target, 'http://upstream').searchParams.get('cpf'));

/** Sends them one after the other, so that their order of arrival is known. */
async function queueUp(indexes: readonly number[]) {
  const calls: Array<ReturnType<typeof score>> = [];
  for (const index of indexes) {
    calls.push(score(gateway.url, cpfAt(index)));
    await until(
      async () => Number((await gateway.metrics()).in_flight) + upstream.requests.length >= calls.length,
    );
  }
  return calls;
}

/** The second call is told to wait 3 s. */
async function startUpstream(): Promise<void> {
  let count = 0;
  upstream = await startRawUpstream((_request, socket) => {
    count++;
    socket.write(count === 2 ? TOO_MANY : ok('{"score":1}'));
  });
}

function expectPause(): void {
  const [, second, third] = upstream.requests;
  expect(third!.atMs - second!.atMs).toBeGreaterThanOrEqual(3_000);
}

test('429 with Retry-After: 3: nothing reaches the upstream for 3 s, the refused one is told, the rest keep their order', async () => {
  await startUpstream();
  gateway = await startGateway({
    file: SHIPPED,
    env: { RATE_LIMIT_SECONDS: '0.3', SCORE_API_URL: upstream.url },
    sandboxUrl: upstream.url,
  });
  const calls = await queueUp([1, 2, 3, 4, 5]);
  await until(() => upstream.requests.length === 2);
  await until(async () => (await gateway.metrics()).upstreams.score?.paused !== null);
  // Calls that come during the pause wait for its end too.
  calls.push(score(gateway.url, cpfAt(6)));
  const answers = await Promise.all(calls);
  expectPause();
  expect(answers.map(({ status }) => status)).toEqual([200, 429, 200, 200, 200, 200]);
  expect(answers[1]!.headers.get('retry-after')).toBe('3');
  expect(cpfs()).toEqual([1, 2, 3, 4, 5, 6].map(cpfAt));
  const { upstreams } = await gateway.metrics();
  expect(upstreams.score).toMatchObject({ circuit_breaker_state: 'closed', breaker_opened: 0, paused: null });
}, 15_000);

test('with a second attempt the refused one is retried after the pause, at its first rank', async () => {
  await startUpstream();
  gateway = await startGateway({
    yaml: `
upstreams:
  score:
    url: "${upstream.url}"
    limits: ["1 per 300ms"]
    breaker: { consecutive: 1 }
    retry: { attempts: 2, initial_delay: 10ms, on: [429, 5xx] }
routes: [{ path: /proxy/score, upstream: score, rewrite: /api/score }]
`,
  });
  const answers = await Promise.all(await queueUp([1, 2, 3, 4]));
  expectPause();
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(cpfs().slice(0, 2)).toEqual([cpfAt(1), cpfAt(2)]);
  expect(cpfs().filter((cpf) => cpf === cpfAt(2))).toHaveLength(2);
  expect(cpfs().filter((cpf) => cpf !== cpfAt(2))).toEqual([1, 3, 4].map(cpfAt));
  expect((await gateway.metrics()).upstreams.score).toMatchObject({ breaker_opened: 0 });
}, 15_000);

test('a pause that outlasts the deadline is told at once, with the time to come back', async () => {
  upstream = await startRawUpstream((_request, socket) => socket.write(TOO_MANY.replace('3', '30')));
  gateway = await startGateway({
    file: SHIPPED,
    env: { RATE_LIMIT_SECONDS: '0.2', REQUEST_TIMEOUT_SECONDS: '5', SCORE_API_URL: upstream.url },
    sandboxUrl: upstream.url,
  });
  expect((await score(gateway.url, cpfAt(1))).status).toBe(429);
  const told = await score(gateway.url, cpfAt(2));
  expect(told.status).toBe(503);
  expect(told.json.code).toBe('upstream_paused');
  expect(Number(told.headers.get('retry-after'))).toBeGreaterThanOrEqual(28);
  expect(Number(told.headers.get('retry-after'))).toBeLessThanOrEqual(31);
  expect(upstream.requests).toHaveLength(1);
});
