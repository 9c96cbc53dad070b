import { afterEach, describe, expect, test } from 'bun:test';
import { cpfAt } from '../../src/shared/cpf.ts';
import { runCli } from '../support/cli.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { ok, type RawRequest, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { startTestSandbox } from '../support/sandbox.ts';
import { call, postData, SHIPPED, score, until } from '../support/score.ts';
import { startProcess } from '../support/started.ts';

/**
 * Every environment variable that the shipped configuration names does what it says. Those of the queue, the
 * breakers and the client limit have their tests where those are tested: QUEUE_MAX_SIZE, CIRCUIT_BREAKER_FAIL_MAX,
 * CIRCUIT_BREAKER_RESET_TIMEOUT, CB_FAILURE_THRESHOLD, CB_RESET_TIMEOUT_SECONDS, RATE_LIMIT_MAX_REQUESTS,
 * RATE_LIMIT_WINDOW_SECONDS, CLIENT_ID and CACHE_TTL_SECONDS.
 */

let gateway: TestGateway | undefined;
let upstream: RawUpstream | undefined;

afterEach(async () => {
  await gateway?.stop();
  upstream?.stop();
  gateway = undefined;
  upstream = undefined;
});

async function start(
  env: Record<string, string>,
  answer: (request: RawRequest, write: (text: string) => void) => void = (_request, write) => write(ok('{}')),
): Promise<string> {
  const raw = await startRawUpstream((request, socket) => answer(request, (text) => void socket.write(text)));
  upstream = raw;
  const leadThere = { SCORE_API_URL: raw.url, EXTERNAL_SERVICE_URL: raw.url, MERCADOLIBRE_URL: raw.url };
  gateway = await startGateway({ file: SHIPPED, env: { ...leadThere, ...env } });
  return gateway.url;
}

const SILENT = (): void => {};

describe('in this process', () => {
  test('SCORE_API_URL, EXTERNAL_SERVICE_URL and MERCADOLIBRE_URL lead to three upstreams; a path is kept', async () => {
    const [one, two, three] = await Promise.all(
      ['one', 'two', 'three'].map((name) =>
        startRawUpstream((_request, socket) => socket.write(ok(`{"from":"${name}"}`))),
      ),
    );
    gateway = await startGateway({
      file: SHIPPED,
      env: {
        SCORE_API_URL: `${one!.url}/base/`,
        EXTERNAL_SERVICE_URL: `${two!.url}/v2`,
        MERCADOLIBRE_URL: three!.url,
      },
    });
    expect((await score(gateway.url, cpfAt(1))).json.from).toBe('one');
    expect((await postData(gateway.url, {})).json.external_response.from).toBe('two');
    expect((await call(`${gateway.url}/ml/items/1`)).json.from).toBe('three');
    expect(one!.requests[0]!.target).toBe(`/base/api/score?cpf=${cpfAt(1)}`);
    expect(two!.requests[0]!.target).toBe('/v2/external-api/process');
    expect(three!.requests[0]!.target).toBe('/items/1');
    for (const each of [one, two, three]) each!.stop();
  });

  test('RATE_LIMIT_SECONDS=0.3: calls are 0.3 s apart', async () => {
    const url = await start({ RATE_LIMIT_SECONDS: '0.3' });
    await Promise.all([1, 2, 3, 4].map((index) => score(url, cpfAt(index))));
    const times = upstream!.requests.map(({ atMs }) => atMs);
    for (let index = 1; index < 4; index++) {
      // The upstream shares this process: a pause of it between a write and its reading counts, too.
      expect(times[index]! - times[index - 1]!).toBeGreaterThanOrEqual(270);
    }
  });

  test('EXTERNAL_API_TIMEOUT=1: an upstream that says nothing is 504 upstream_timeout', async () => {
    const url = await start({ EXTERNAL_API_TIMEOUT: '1' }, SILENT);
    const answer = await score(url, cpfAt(1));
    expect({ status: answer.status, code: answer.json.code }).toEqual({
      status: 504,
      code: 'upstream_timeout',
    });
  });

  test('REQUEST_TIMEOUT_SECONDS=1: whoever would wait longer is told at once, and whoever waited so long is told then', async () => {
    const url = await start({ REQUEST_TIMEOUT_SECONDS: '1', RATE_LIMIT_SECONDS: '0.7' });
    const calls = [1, 2, 3, 4].map((index) => score(url, cpfAt(index)));
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 503, 503]);
    const refused = answers.filter(({ status }) => status === 503);
    for (const answer of refused) {
      expect(['deadline_unmeetable', 'queue_timeout']).toContain(answer.json.code);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    expect(refused.some(({ json }) => json.estimated_wait_ms > 1_000)).toBe(true);
  });

  test('RETRY_MAX_ATTEMPTS=2: a failing service is asked twice', async () => {
    const failing = ok('{}').replace('200 OK', '500 Oops');
    const url = await start({ RETRY_MAX_ATTEMPTS: '2', RETRY_INITIAL_DELAY_MS: '1' }, (_request, write) =>
      write(failing),
    );
    await postData(url, {});
    expect(upstream!.requests).toHaveLength(2);
  });

  test('RETRY_MAX_ATTEMPTS=1 asks once', async () => {
    const failing = ok('{}').replace('200 OK', '500 Oops');
    const url = await start({ RETRY_MAX_ATTEMPTS: '1' }, (_request, write) => write(failing));
    await postData(url, {});
    expect(upstream!.requests).toHaveLength(1);
  });

  test('LOG_LEVEL=debug is taken, and an unknown one is an error', async () => {
    await start({ LOG_LEVEL: 'debug' });
    const error = await startGateway({ file: SHIPPED, env: { LOG_LEVEL: 'loud' } }).catch(String);
    expect(error).toMatch(/comporta\.yaml:\d+:\d+ log\.level: .*debug/);
  });

  const wrong: ReadonlyArray<readonly [name: string, value: string, where: string]> = [
    ['SCORE_API_URL', 'ftp://x', 'upstreams.score.url'],
    ['EXTERNAL_API_TIMEOUT', 'soon', 'upstreams.score.timeout'],
    ['RATE_LIMIT_SECONDS', '-1', 'upstreams.score.limits[0]'],
    ['QUEUE_MAX_SIZE', 'many', 'upstreams.score.queue.max_size'],
    ['REQUEST_TIMEOUT_SECONDS', 'x', 'upstreams.score.queue.max_wait'],
    ['CIRCUIT_BREAKER_FAIL_MAX', '0', 'upstreams.score.breaker.consecutive'],
    ['CIRCUIT_BREAKER_RESET_TIMEOUT', 'x', 'upstreams.score.breaker.open_for'],
    ['EXTERNAL_SERVICE_URL', '//x', 'upstreams.external.url'],
    ['CB_FAILURE_THRESHOLD', 'x', 'upstreams.external.breaker.consecutive'],
    ['CB_RESET_TIMEOUT_SECONDS', 'x', 'upstreams.external.breaker.open_for'],
    ['MERCADOLIBRE_URL', 'x', 'upstreams.mercadolibre.url'],
    ['CACHE_TTL_SECONDS', 'x', 'routes[0].cache.ttl'],
    ['RATE_LIMIT_MAX_REQUESTS', 'x', 'routes[1].client_limit.limit'],
    ['RATE_LIMIT_WINDOW_SECONDS', 'x', 'routes[1].client_limit.limit'],
    ['RETRY_MAX_ATTEMPTS', 'x', 'routes[1].retry.attempts'],
    ['RETRY_INITIAL_DELAY_MS', 'x', 'routes[1].retry.initial_delay'],
    ['RETRY_BACKOFF_MULTIPLIER', 'x', 'routes[1].retry.multiplier'],
    ['EXTERNAL_FAIL_RATE', '2', 'sandbox.external_fail_rate'],
    ['EXTERNAL_LATENCY_MS', 'x', 'sandbox.external_latency'],
    ['SANDBOX_LISTEN', 'x', 'sandbox.listen'],
  ];
  for (const [name, value, where] of wrong) {
    test(`a wrong ${name} is an error that names ${where}, and nothing starts`, async () => {
      const started = await startGateway({ file: SHIPPED, env: { [name]: value } }).then(
        (running) => running.stop().then(() => 'it started'),
        (error: Error) => error.message,
      );
      expect(started).toContain(`${where}: `);
      expect(started).toMatch(/comporta\.yaml:\d+:\d+ /);
    });
  }
});

describe('of the process', () => {
  test('comporta check --print shows what each of them comes to', async () => {
    const { stdout, code } = await runCli(['check', '--print', SHIPPED], {
      env: {
        LISTEN: '127.0.0.1:1',
        SANDBOX_LISTEN: '127.0.0.1:2',
        LOG_LEVEL: 'warn',
        CLIENT_ID: 'us',
        SCORE_API_URL: 'https://score.example',
        EXTERNAL_SERVICE_URL: 'https://external.example',
        MERCADOLIBRE_URL: 'https://ml.example',
        EXTERNAL_API_TIMEOUT: '3',
        RATE_LIMIT_SECONDS: '0.5',
        QUEUE_MAX_SIZE: '4',
        REQUEST_TIMEOUT_SECONDS: '5',
        CIRCUIT_BREAKER_FAIL_MAX: '6',
        CIRCUIT_BREAKER_RESET_TIMEOUT: '7',
        CB_FAILURE_THRESHOLD: '8',
        CB_RESET_TIMEOUT_SECONDS: '9',
        CACHE_TTL_SECONDS: '10',
        RATE_LIMIT_MAX_REQUESTS: '11',
        RATE_LIMIT_WINDOW_SECONDS: '12',
        RETRY_MAX_ATTEMPTS: '2',
        RETRY_INITIAL_DELAY_MS: '14',
        RETRY_BACKOFF_MULTIPLIER: '1.5',
        EXTERNAL_FAIL_RATE: '0.25',
        EXTERNAL_LATENCY_MS: '16',
      },
    });
    expect(code).toBe(0);
    const { listen, sandbox, log, upstreams, routes } = JSON.parse(stdout);
    expect({ listen, sandbox, level: log.level }).toMatchObject({
      listen: { port: 1 },
      sandbox: { listen: { port: 2 }, externalFailRate: 0.25, externalLatencyMs: 16 },
      level: 'warn',
    });
    expect(upstreams).toMatchObject({
      score: {
        url: { url: 'https://score.example' },
        timeoutMs: 3_000,
        limits: [{ rate: { count: 1, windowMs: 500 } }],
        queue: { maxSize: 4, maxWaitMs: 5_000 },
        breaker: { consecutive: 6, openForMs: 7_000 },
      },
      external: {
        url: { url: 'https://external.example' },
        breaker: { consecutive: 8, openForMs: 9_000 },
      },
      mercadolibre: { url: { url: 'https://ml.example' } },
    });
    expect(routes[0]).toMatchObject({ client: { default: 'us' }, cache: { ttlMs: 10_000 } });
    expect(routes[1]).toMatchObject({
      clientLimit: { rate: { count: 11, windowMs: 12_000 } },
      retry: { attempts: 2, initialDelayMs: 14, multiplier: 1.5 },
    });
  });

  test('LISTEN and SANDBOX_LISTEN choose the ports; EXTERNAL_FAIL_RATE and EXTERNAL_LATENCY_MS reach the sandbox', async () => {
    const process = await startProcess([], {
      env: { EXTERNAL_FAIL_RATE: '1', EXTERNAL_LATENCY_MS: '300', RETRY_MAX_ATTEMPTS: '1' },
    });
    try {
      expect(new URL(process.url).port).not.toBe('8000');
      expect(new URL(process.sandboxUrl!).port).not.toBe('5001');
      const startedAtMs = performance.now();
      expect((await postData(process.url, {})).status).toBe(500);
      expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(300);
    } finally {
      await process.stop();
    }
  });

  test('--listen wins over LISTEN', async () => {
    const elsewhere = await startTestSandbox();
    // LISTEN names a port that is taken: only the flag can make this work.
    const process = await startProcess(['--listen', '127.0.0.1:0'], {
      env: { LISTEN: new URL(elsewhere.url).host },
    });
    await until(async () => (await call(`${process.url}/health`)).status === 200);
    await process.stop();
    await elsewhere.stop();
  });
});
