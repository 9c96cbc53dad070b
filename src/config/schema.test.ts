import { afterAll, describe, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { paramPattern } from '../shared/param-pattern.ts';
import { accepted, ConfigFolder } from './config-file.fixture.ts';
import { loadConfig } from './load.ts';

import { readAddress } from './schema/server.ts';
import type { UpstreamConfig } from './schema.ts';

const folder = new ConfigFolder();
afterAll(() => folder.remove());

function load(path: string, env: Record<string, string> = {}) {
  return accepted(loadConfig({ file: fileURLToPath(new URL(`../../${path}`, import.meta.url)), env }));
}

function upstreamOf(lines: string): UpstreamConfig {
  const text = `upstreams:\n  a:\n    url: http://a.test\n${lines.replaceAll(/^/gm, '    ')}\nroutes: []\n`;
  const { a } = folder.loaded(text).config.upstreams;
  if (a === undefined) throw new Error('the upstream is not there');
  return a;
}

describe('the shipped comporta.yaml', () => {
  test('loads without a word, and means what the contract says', () => {
    const { config, warnings } = load('comporta.yaml');
    expect(warnings).toEqual([]);
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 8000 });
    expect(config.sandbox).toEqual({
      listen: { host: '127.0.0.1', port: 5001 },
      externalFailRate: 0,
      externalLatencyMs: 50,
    });
    expect(Object.keys(config.upstreams)).toEqual(['score', 'external', 'mercadolibre']);
    expect(config.upstreams.score).toMatchObject({
      url: { kind: 'sandbox' },
      timeoutMs: 10_000,
      limits: [{ rate: { count: 1, windowMs: 1_000 }, even: false, guardMs: 20 }],
      queue: { policy: 'priority', agingMs: 30_000, maxSize: 100, maxWaitMs: 60_000 },
      breaker: {
        consecutive: 3,
        openForMs: 30_000,
        probes: 1,
        failures: [400, '5xx', 'timeout', 'connection'],
      },
      retry: { attempts: 1 },
    });
    expect(config.upstreams.external).toMatchObject({
      limits: [],
      breaker: { consecutive: 5, openForMs: 30_000, failures: ['5xx', 'timeout', 'connection'] },
    });
    expect(config.upstreams.mercadolibre).toMatchObject({ limits: [], breaker: undefined });
    expect(
      config.routes.map(({ path, methods, upstream, rewrite }) => [path, methods, upstream, rewrite]),
    ).toEqual([
      ['/proxy/score', ['GET'], 'score', '/api/score'],
      ['/api/proxy/data', ['POST'], 'external', '/external-api/process'],
      ['/ml/*', ['*'], 'mercadolibre', '/*'],
    ]);
    const [score, data, ml] = config.routes;
    expect(score).toMatchObject({
      params: {
        cpf: { required: true, pattern: 'cpf', personal: true, control: undefined },
        priority: { required: false, control: 'urgency', personal: false },
        client_id: { control: 'client' },
      },
      client: { header: 'client-id', default: undefined, required: true },
      cache: {
        ttlMs: 60_000,
        staleIfErrorMs: 600_000,
        staleWhileRevalidateMs: 0,
        key: [{ kind: 'query', name: 'cpf' }],
        shared: false,
        honorUpstream: true,
      },
      coalesce: true,
      body: undefined,
    });
    expect(data).toMatchObject({
      envelope: 'status',
      body: 'json',
      clientLimit: { rate: { count: 10, windowMs: 60_000 }, algorithm: 'sliding_window', by: 'ip' },
      retry: { attempts: 3, initialDelayMs: 100, multiplier: 2, methods: ['POST'] },
      coalesce: false,
    });
    expect(ml).toMatchObject({ cache: undefined, clientLimit: undefined, envelope: undefined });
  });

  test('every environment variable of the contract arrives', () => {
    const { config, settings } = load('comporta.yaml', {
      LISTEN: ':9000',
      SCORE_API_URL: 'https://score.test/base/',
      EXTERNAL_API_TIMEOUT: '11',
      RATE_LIMIT_SECONDS: '2.5',
      QUEUE_MAX_SIZE: '12',
      REQUEST_TIMEOUT_SECONDS: '13',
      CIRCUIT_BREAKER_FAIL_MAX: '14',
      CIRCUIT_BREAKER_RESET_TIMEOUT: '15',
      CACHE_TTL_SECONDS: '16',
      CLIENT_ID: '0017',
      RATE_LIMIT_MAX_REQUESTS: '18',
      RATE_LIMIT_WINDOW_SECONDS: '19',
      RETRY_MAX_ATTEMPTS: '5',
      RETRY_INITIAL_DELAY_MS: '21',
      RETRY_BACKOFF_MULTIPLIER: '2.2',
      EXTERNAL_SERVICE_URL: 'http://external.test',
      CB_FAILURE_THRESHOLD: '23',
      CB_RESET_TIMEOUT_SECONDS: '24',
      MERCADOLIBRE_URL: 'https://ml.test',
      SANDBOX_LISTEN: '127.0.0.1:5002',
      EXTERNAL_FAIL_RATE: '0.3',
      EXTERNAL_LATENCY_MS: '25',
      LOG_LEVEL: 'debug',
    });
    const [score, data] = config.routes;
    expect(config.listen).toEqual({ host: '0.0.0.0', port: 9000 });
    expect(config.log.level).toBe('debug');
    expect(config.sandbox).toEqual({
      listen: { host: '127.0.0.1', port: 5002 },
      externalFailRate: 0.3,
      externalLatencyMs: 25,
    });
    expect(config.upstreams.score).toMatchObject({
      url: { kind: 'url', url: 'https://score.test/base' },
      timeoutMs: 11_000,
      limits: [{ rate: { count: 1, windowMs: 2_500 }, guardMs: 50 }],
      queue: { maxSize: 12, maxWaitMs: 13_000 },
      breaker: { consecutive: 14, openForMs: 15_000, probeTimeoutMs: 11_000 },
    });
    expect(config.upstreams.external).toMatchObject({
      url: { kind: 'url', url: 'http://external.test' },
      breaker: { consecutive: 23, openForMs: 24_000 },
    });
    expect(config.upstreams.mercadolibre?.url).toEqual({ kind: 'url', url: 'https://ml.test' });
    expect(score?.cache?.ttlMs).toBe(16_000);
    expect(score?.client?.default).toBe('0017');
    expect(score?.timeoutMs).toBe(11_000);
    expect(data?.clientLimit?.rate).toEqual({ count: 18, windowMs: 19_000 });
    expect(data?.retry).toMatchObject({ attempts: 5, initialDelayMs: 21, multiplier: 2.2 });
    expect([...settings.values()].filter(({ origin }) => origin.kind === 'env')).toHaveLength(22);
  });
});

describe('the examples', () => {
  test('score.yaml needs the URL of the API, and says so', () => {
    const { config, warnings } = load('examples/score.yaml', { SCORE_API_URL: 'https://score.test' });
    expect(warnings).toEqual([]);
    expect(config.upstreams.score?.limits).toMatchObject([{ rate: { count: 1, windowMs: 1_000 } }]);
    const file = fileURLToPath(new URL('../../examples/score.yaml', import.meta.url));
    const result = loadConfig({ file, env: {} });
    expect('problems' in result && result.problems.map(({ message }) => message)).toEqual([
      'the variable `SCORE_API_URL` is not set',
    ]);
  });

  test('service-proxy.yaml limits, retries, breaks and wraps', () => {
    const { config, warnings } = load('examples/service-proxy.yaml');
    expect(warnings).toEqual([]);
    expect(config.upstreams.external?.breaker).toMatchObject({
      consecutive: 5,
      failureRate: { threshold: 0.5, windowMs: 60_000, minimum: 20 },
    });
    expect(config.routes).toMatchObject([
      {
        methods: ['POST'],
        envelope: 'status',
        maxBodyBytes: 262_144,
        retry: { attempts: 3, budget: { ratio: 0.2 } },
      },
    ]);
  });

  test('mercadolibre.yaml takes every path, and caches some', () => {
    const { config, warnings } = load('examples/mercadolibre.yaml');
    expect(warnings).toEqual([]);
    expect(config.upstreams.mercadolibre?.url).toEqual({ kind: 'url', url: 'https://api.mercadolibre.com' });
    expect(config.routes).toMatchObject([
      { path: '/categories/*', cache: { ttlMs: 600_000, key: undefined }, clientLimit: { by: 'ip' } },
      { path: '/*', methods: ['*'], cache: undefined, clientLimit: { algorithm: 'token_bucket' } },
    ]);
  });
});

describe('upstreams', () => {
  test('an upstream of which only the URL is said', () => {
    expect(upstreamOf('')).toEqual({
      name: 'a',
      url: { kind: 'url', url: 'http://a.test' },
      timeoutMs: 10_000,
      connectTimeoutMs: 5_000,
      keepaliveMs: 4_000,
      maxConnections: 64,
      guard: { share: 0.02 },
      limits: [],
      concurrency: undefined,
      penaltyMs: undefined,
      queue: { policy: 'priority', agingMs: 30_000, maxSize: 1_000, maxWaitMs: 60_000, weights: {} },
      breaker: undefined,
      retry: {
        attempts: 1,
        initialDelayMs: 100,
        multiplier: 2,
        maxDelayMs: 10_000,
        methods: ['GET', 'HEAD', 'OPTIONS'],
        on: ['5xx', 'timeout', 'connection', 429],
        budget: { ratio: 0.2, minPerMinute: 10 },
      },
      tls: { caFile: undefined, verify: true },
    });
  });

  test('a breaker of which nothing is said opens after five failures in a row', () => {
    expect(upstreamOf('breaker: {}\ntimeout: 7s').breaker).toEqual({
      consecutive: 5,
      failureRate: undefined,
      slowCalls: undefined,
      openForMs: 30_000,
      probes: 1,
      probeTimeoutMs: 7_000,
      failures: ['5xx', 'timeout', 'connection'],
    });
  });

  test('a breaker by rate or slowness counts in a row only when told to', () => {
    const breaker = upstreamOf(
      'breaker: { slow_calls: { duration: 2s, window: 30s }, failure_rate: { threshold: 0.25, minimum: 4 } }',
    ).breaker;
    expect(breaker).toMatchObject({
      consecutive: undefined,
      failureRate: { threshold: 0.25, windowMs: 60_000, minimum: 4 },
      slowCalls: { durationMs: 2_000, threshold: 0.5, windowMs: 30_000, minimum: 10 },
    });
  });

  test.each<[string, number[]]>([
    ['limits: [1 per 1s]', [20]],
    ['limits: [10 per 50ms]', [2]],
    ['limits: [1 per 1s, 100 per 1m]\nguard: 10%', [100, 6_000]],
    ['limits: [1 per 1s]\nguard: 1ms', [1]],
    ['limits: [1 per 1s]\nguard: 0ms', [0]],
    ['limits: [{ rate: 1 per 1s, even: true }]', [20]],
  ])('the guard of %j is %j', (lines, guards) => {
    expect(upstreamOf(lines).limits.map(({ guardMs }) => guardMs)).toEqual(guards);
  });

  test('a certificate file is looked for beside the configuration', () => {
    const file = folder.write('ca.pem', 'x');
    expect(upstreamOf('tls: { ca_file: ca.pem }').tls.caFile).toBe(file);
  });
});

describe('routes', () => {
  const load = (route: string) =>
    folder.loaded(
      `max_body: 2mb\nupstreams: { a: { url: "sandbox:", timeout: 3s, retry: { attempts: 4, on: [503] } } }\nroutes: [{ path: /a, upstream: a, ${route} }]`,
    ).config.routes[0];

  test('what a route does not say comes from its upstream or the file', () => {
    expect(load('')).toMatchObject({
      methods: ['*'],
      timeoutMs: 3_000,
      maxBodyBytes: 2_097_152,
      urgency: 3,
      retry: { attempts: 4, on: [503], methods: ['GET', 'HEAD', 'OPTIONS'] },
    });
  });

  test('what it says goes over that, key by key', () => {
    expect(load('timeout: 1s, max_body: 1kb, retry: { methods: [post, POST] }')).toMatchObject({
      timeoutMs: 1_000,
      maxBodyBytes: 1_024,
      retry: { attempts: 4, methods: ['POST'], budget: { ratio: 0.2, minPerMinute: 10 } },
    });
  });

  test('coalescing goes with caching unless it is said', () => {
    expect(load('')?.coalesce).toBe(false);
    expect(load('cache: { ttl: 1s }')?.coalesce).toBe(true);
    expect(load('cache: { ttl: 1s }, coalesce: false')?.coalesce).toBe(false);
    expect(load('coalesce: true')?.coalesce).toBe(true);
  });

  test('names of headers are lower case, those of parameters as they are', () => {
    expect(load('cache: { ttl: 1s, key: [path, "query:Q", "header:Accept-Language"] }')?.cache?.key).toEqual([
      { kind: 'path' },
      { kind: 'query', name: 'Q' },
      { kind: 'header', name: 'accept-language' },
    ]);
    expect(load('client: { header: Client-ID }')?.client?.header).toBe('client-id');
  });

  test('a pattern is for the whole value', () => {
    expect(paramPattern('a|b').test('a')).toBe(true);
    expect(paramPattern('a|b').test('ab')).toBe(false);
  });
});

test('a loaded configuration cannot be changed anywhere', () => {
  const { config } = load('comporta.yaml');
  const open: string[] = [];
  const walk = (value: unknown, path: string) => {
    if (typeof value !== 'object' || value === null) return;
    if (!Object.isFrozen(value)) open.push(path);
    for (const [name, inner] of Object.entries(value)) walk(inner, `${path}.${name}`);
  };
  walk(config, 'config');
  expect(open).toEqual([]);
  expect(Object.entries(config.upstreams)).toHaveLength(3);
});

test('what is not configured is not found, whatever its name', () => {
  const { config } = load('comporta.yaml');
  expect(config.upstreams.constructor).toBeUndefined();
  expect(config.routes[0]?.params.toString).toBeUndefined();
});

test.each<[string, { host: string; port: number } | undefined]>([
  ['127.0.0.1:8000', { host: '127.0.0.1', port: 8000 }],
  [':8000', { host: '0.0.0.0', port: 8000 }],
  ['[::1]:8000', { host: '::1', port: 8000 }],
  ['[::]:0', { host: '::', port: 0 }],
  ['LocalHost:0', { host: 'localhost', port: 0 }],
  ['8000', undefined],
  ['127.0.0.1', undefined],
  ['127.0.0.1:65536', undefined],
  ['127.0.0.256:80', undefined],
  ['::1:8000', undefined],
  ['[1.2.3.4]:80', undefined],
  ['a b:80', undefined],
])('the address %s', (written, address) => {
  expect(readAddress(written)).toEqual(address);
});
