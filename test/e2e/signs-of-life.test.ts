import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { cpfAt } from '../../src/shared/cpf.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { ok, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { call, postData, SHIPPED, score } from '../support/score.ts';

let gateway: TestGateway;
let upstream: RawUpstream;

beforeAll(async () => {
  upstream = await startRawUpstream((_request, socket) => socket.write(ok('{}')));
  gateway = await startGateway({
    file: SHIPPED,
    env: {
      RATE_LIMIT_SECONDS: '0.01',
      SCORE_API_URL: upstream.url,
      EXTERNAL_SERVICE_URL: upstream.url,
      MERCADOLIBRE_URL: upstream.url,
    },
  });
  await score(gateway.url, cpfAt(1));
  await score(gateway.url, cpfAt(1));
  await score(gateway.url, '12');
  await postData(gateway.url, {});
  await call(`${gateway.url}/ml/items/1`);
  await call(`${gateway.url}/nowhere`);
});

afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

describe('the pages', () => {
  test('/health is {"status":"healthy"}, /livez and /readyz are 200', async () => {
    const health = await call(`${gateway.url}/health`);
    expect({ status: health.status, text: health.text }).toEqual({
      status: 200,
      text: '{"status":"healthy"}',
    });
    expect((await call(`${gateway.url}/livez`)).status).toBe(200);
    expect((await call(`${gateway.url}/readyz`)).status).toBe(200);
  });

  test('take GET and HEAD; anything else is 405 with Allow', async () => {
    for (const page of ['/health', '/livez', '/readyz', '/metrics']) {
      const head = await call(gateway.url + page, { method: 'HEAD' });
      expect({ page, status: head.status, text: head.text }).toEqual({ page, status: 200, text: '' });
      const post = await call(gateway.url + page, { method: 'POST' });
      expect({ page, status: post.status, allow: post.headers.get('allow') }).toEqual({
        page,
        status: 405,
        allow: 'GET, HEAD',
      });
    }
  });
});

describe('/metrics', () => {
  test('is JSON unless Prometheus is asked for', async () => {
    for (const accept of ['*/*', 'application/json', 'text/html,*/*;q=0.8']) {
      const answer = await call(`${gateway.url}/metrics`, { headers: { accept } });
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(Object.keys(answer.json)).toEqual(
        expect.arrayContaining([
          'queue_size',
          'cache_size',
          'processing',
          'system_status',
          'total_requests',
          'successes',
          'failures',
          'average_latency_ms',
          'circuit_breaker_state',
        ]),
      );
    }
  });

  test('counts what happened, and not itself', async () => {
    const { json } = await call(`${gateway.url}/metrics`);
    expect(json).toMatchObject({
      queue_size: 0,
      cache_size: 1,
      processing: 0,
      system_status: 'healthy',
      total_requests: 6,
      successes: 4,
      failures: 2,
      circuit_breaker_state: 'closed',
    });
    expect(json.average_latency_ms).toBeGreaterThan(0);
    expect(json.routes['/proxy/score']).toMatchObject({ total: 3, upstream_attempts: 1 });
    expect(json.upstreams.score).toMatchObject({ sent: 1, circuit_breaker_state: 'closed' });
  });

  test('in the Prometheus format every line parses, and every sample has a TYPE', async () => {
    const answer = await call(`${gateway.url}/metrics`, { headers: { accept: 'text/plain' } });
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const samples = parsePrometheus(answer.text);
    expect(samples.get('comporta_requests_total{route="/proxy/score",outcome="success"}')).toBe(2);
    expect(samples.get('comporta_upstream_sent_total{upstream="score"}')).toBe(1);
    expect(samples.get('comporta_breaker_state{upstream="score",state="closed"}')).toBe(1);
    expect(samples.get('comporta_request_seconds_count{route="/proxy/score"}')).toBe(3);
  });

  test('as OpenMetrics ends with # EOF and names families without _total', async () => {
    const accept = 'application/openmetrics-text; version=1.0.0, text/plain;q=0.5';
    const answer = await call(`${gateway.url}/metrics`, { headers: { accept } });
    expect(answer.headers.get('content-type')).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(answer.text).toEndWith('\n# EOF\n');
    expect(answer.text.match(/# EOF/g)).toHaveLength(1);
    expect(answer.text).not.toContain('\n\n');
    expect(answer.text).toContain('# TYPE comporta_requests counter\n');
    expect(answer.text).toContain('comporta_requests_total{route="/proxy/score",outcome="success"} 2\n');
    expect(parsePrometheus(answer.text.replace('# EOF\n', '')).size).toBeGreaterThan(50);
  });

  test('histogram buckets only grow, and +Inf is the count', async () => {
    const { text } = await call(`${gateway.url}/metrics`, { headers: { accept: 'text/plain' } });
    const samples = parsePrometheus(text);
    const buckets = [...samples].filter(([name]) =>
      name.startsWith('comporta_request_seconds_bucket{route="/proxy/score"'),
    );
    const counts = buckets.map(([, count]) => count);
    expect(counts.length).toBeGreaterThan(10);
    expect(counts).toEqual([...counts].sort((one, other) => one - other));
    expect(buckets.at(-1)![0]).toContain('le="+Inf"');
    expect(counts.at(-1)).toBe(samples.get('comporta_request_seconds_count{route="/proxy/score"}')!);
  });
});

/** Samples by name and labels. Throws on a line that is none of the text format's, and on a sample without a TYPE. */
function parsePrometheus(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const types = new Set<string>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue;
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (type !== null) {
      if (types.has(type[1]!)) throw new Error(`TYPE twice: ${line}`);
      types.add(type[1]!);
      continue;
    }
    const sample =
      /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})? ([-+]?(?:[\d.]+(?:e[-+]?\d+)?|Inf|NaN))$/.exec(
        line,
      );
    if (sample === null) throw new Error(`no sample: ${line}`);
    const [, name, labels = '', value] = sample;
    const family = name!.replace(/_(bucket|sum|count|total)$/, '');
    if (!types.has(name!) && !types.has(family)) throw new Error(`no TYPE: ${line}`);
    const key = name! + labels;
    if (samples.has(key)) throw new Error(`twice: ${key}`);
    samples.set(key, Number(value));
  }
  return samples;
}
