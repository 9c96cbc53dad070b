import { afterEach, expect, test } from 'bun:test';
import { cpfAt } from '../../src/shared/cpf.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startTestSandbox, type TestSandbox } from '../support/sandbox.ts';
import { SHIPPED, score, until, wrongCpf } from '../support/score.ts';

let gateway: TestGateway;
let sandbox: TestSandbox;

afterEach(async () => {
  await gateway.stop();
  await sandbox.stop();
});

const breakerOf = async (): Promise<unknown> =>
  (await gateway.metrics()).upstreams.score?.circuit_breaker_state;

/** The sandbox allows twice what the gateway sends: these tests are not about spacing. */
async function startScore(env: Record<string, string> = {}): Promise<void> {
  sandbox = await startTestSandbox('--rate', '1 per 50ms');
  gateway = await startGateway({
    file: SHIPPED,
    env: { RATE_LIMIT_SECONDS: '0.1', CIRCUIT_BREAKER_RESET_TIMEOUT: '2', ...env },
    sandboxUrl: sandbox.url,
  });
}

test('three invalid CPFs open the breaker, further calls never leave, and after the reset time one good call closes it', async () => {
  await startScore();
  for (let index = 0; index < 3; index++) {
    expect(await breakerOf()).toBe('closed');
    const answer = await score(gateway.url, wrongCpf(index));
    expect(answer.status).toBe(400);
    expect(answer.json.error).toBe('invalid_cpf');
  }
  const openedAtMs = performance.now();
  expect(await breakerOf()).toBe('open');
  for (let index = 10; index < 15; index++) {
    const refused = await score(gateway.url, cpfAt(index));
    expect(refused.status).toBe(503);
    expect(refused.json.code).toBe('circuit_open');
    expect(['1', '2']).toContain(refused.headers.get('retry-after')!);
  }
  expect((await sandbox.report()).arrivalCount).toBe(3);
  await until(() => performance.now() - openedAtMs > 2_000);
  expect((await score(gateway.url, cpfAt(20))).status).toBe(200);
  expect(await breakerOf()).toBe('closed');
  expect((await score(gateway.url, cpfAt(21))).status).toBe(200);
  const { arrivalCount, violations } = await sandbox.report();
  expect({ arrivalCount, violations }).toEqual({ arrivalCount: 5, violations: 0 });
  expect((await gateway.metrics()).system_status).toBe('healthy');
}, 15_000);

test('a failed probe opens it again for the whole time', async () => {
  await startScore({ CIRCUIT_BREAKER_RESET_TIMEOUT: '1' });
  for (let index = 0; index < 3; index++) await score(gateway.url, wrongCpf(index));
  await until(async () => (await breakerOf()) !== 'open');
  expect((await score(gateway.url, wrongCpf(9))).status).toBe(400);
  expect(await breakerOf()).toBe('open');
  expect((await score(gateway.url, cpfAt(20))).json.code).toBe('circuit_open');
  expect((await sandbox.report()).arrivalCount).toBe(4);
}, 15_000);

test('whoever waits when it opens is refused at once, not after a wait in vain', async () => {
  await startScore({ RATE_LIMIT_SECONDS: '0.3' });
  const wrong = [0, 1, 2].map((index) => score(gateway.url, wrongCpf(index)));
  await until(async () => Number((await gateway.metrics()).in_flight) === 3);
  const good = Array.from({ length: 10 }, (_, index) => score(gateway.url, cpfAt(index)));
  const told = (await Promise.all(wrong)).map(({ status }) => status);
  expect(told).toEqual([400, 400, 400]);
  const answers = await Promise.all(good);
  expect(answers.map(({ json }) => json.code)).toEqual(Array(10).fill('circuit_open'));
  expect((await sandbox.report()).arrivalCount).toBe(3);
}, 15_000);

test('CIRCUIT_BREAKER_FAIL_MAX=5: four invalid CPFs do not open it, a good one in between starts the count anew', async () => {
  await startScore({ CIRCUIT_BREAKER_FAIL_MAX: '5' });
  for (let index = 0; index < 4; index++) await score(gateway.url, wrongCpf(index));
  expect((await score(gateway.url, cpfAt(1))).status).toBe(200);
  for (let index = 10; index < 14; index++) await score(gateway.url, wrongCpf(index));
  expect(await breakerOf()).toBe('closed');
  await score(gateway.url, wrongCpf(20));
  expect(await breakerOf()).toBe('open');
}, 15_000);

test('with the default failure list of a new upstream, ten invalid CPFs do not open the breaker', async () => {
  sandbox = await startTestSandbox('--rate', '1 per 20ms');
  gateway = await startGateway({
    yaml: `
upstreams:
  score: { url: "${sandbox.url}", limits: ["1 per 50ms"], breaker: { consecutive: 3 } }
routes: [{ path: /proxy/score, upstream: score, rewrite: /api/score }]
`,
  });
  for (let index = 0; index < 10; index++) {
    expect((await score(gateway.url, wrongCpf(index))).status).toBe(400);
  }
  expect(await breakerOf()).toBe('closed');
  expect((await score(gateway.url, cpfAt(1))).status).toBe(200);
  expect((await sandbox.report()).arrivalCount).toBe(11);
}, 15_000);
