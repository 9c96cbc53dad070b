import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { cpfAt } from '../../src/shared/cpf.ts';
import { type Admin, adminOf } from '../support/admin.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { ok, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { until } from '../support/score.ts';

/** Load tests and single requests that the server sends through its own front door. */

let upstream: RawUpstream;
let gateway: TestGateway;
let admin: Admin;
let viewer: Admin;

beforeAll(async () => {
  upstream = await startRawUpstream(
    ({ target }, socket) => void socket.write(ok(JSON.stringify({ target }))),
  );
  gateway = await startGateway({
    yaml: `
admin: { token: operator-token, viewer_token: viewer-token }
upstreams:
  score: { url: "sandbox:", limits: ["1 per 1s"] }
  real: { url: "${upstream.url}", queue: { max_wait: 5s } }
  slow: { url: "${upstream.url}", limits: ["1 per 60s"], queue: { max_wait: 1h } }
routes:
  - path: /proxy/score
    methods: [GET]
    upstream: score
    rewrite: /api/score
    params: { cpf: { required: true, pattern: cpf }, priority: { control: urgency } }
    client: { header: client-id }
    cache: { ttl: 60s, key: [query:cpf] }
  - { path: /real/*, upstream: real, rewrite: /* }
  - { path: /slow/*, upstream: slow, rewrite: /* }
`,
  });
  admin = adminOf(gateway.adminUrl, { authorization: 'Bearer operator-token' });
  viewer = adminOf(gateway.adminUrl, { authorization: 'Bearer viewer-token' });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

describe('a burst', () => {
  const start = (body: Record<string, unknown>) => admin.send('POST', '/bursts', body);
  const ended = async (id: string) => {
    await until(async () => (await admin.get(`/bursts/${id}`)).json.status !== 'running', 30_000);
    return (await admin.get(`/bursts/${id}`)).json;
  };

  test('of 5 against the sandbox: as forecast, 5 of 5, no violation', async () => {
    const { status, json } = await start({ route: '/proxy/score', count: 5 });
    expect([status, json.status, json.forecast.limit]).toEqual([201, 'running', '1 per 1s']);
    expect(json.forecast.expected_ms).toBeWithin(4_000, 5_200);
    const second = await start({ route: '/proxy/score', count: 1 });
    expect([second.status, second.json.code]).toEqual([409, 'conflict']);
    const end = await ended(json.id);
    expect(end).toMatchObject({ status: 'done', done: 5, succeeded: 5, failed: 0, waiting: 0 });
    expect(end.sandbox).toMatchObject({ arrivals: 5, violations: 0 });
    expect(end.sandbox.closest_spacing_ms).toBeGreaterThanOrEqual(1_000);
    expect(Math.abs(end.elapsed_ms - json.forecast.expected_ms)).toBeLessThan(1_000);
    expect(end.calls.map((call: { at_ms: number }) => Math.round(call.at_ms / 1_020))).toEqual([
      0, 1, 2, 3, 4,
    ]);
    const report = await admin.get(`/bursts/${json.id}/report`);
    expect(report.headers.get('content-disposition')).toContain('attachment');
    expect(report.json).toMatchObject({ count: 5, succeeded: 5, forecast: { limit: '1 per 1s' } });
    expect(report.json.sandbox).toMatchObject({ violations: 0 });
    expect(report.json.calls).toHaveLength(5);
    const [audited] = (await admin.get(`/audit?subject=burst/${json.id}`)).json.items;
    expect(audited).toMatchObject({ action: 'burst.start', actor: 'operator@127.0.0.1' });
  }, 30_000);

  test('is aborted, and what waited leaves the queue', async () => {
    const { json } = await start({ route: '/proxy/score', count: 30 });
    await until(async () => (await admin.get('/upstreams/score')).json.status.waiting >= 20);
    const aborted = await admin.send('DELETE', `/bursts/${json.id}`);
    expect([aborted.status, aborted.json.status]).toEqual([200, 'aborted']);
    expect(aborted.json.done).toBeLessThan(10);
    await until(async () => (await admin.get('/upstreams/score')).json.status.waiting === 0);
    expect((await admin.get('/bursts')).json.items[0]).toMatchObject({ id: json.id, status: 'aborted' });
  });

  test('over a bound is refused; a viewer asks for forecasts only', async () => {
    const over = await start({ route: '/proxy/score', count: 10_001 });
    expect([over.status, over.json.code]).toEqual([400, 'invalid_request']);
    expect(over.json.detail).toContain('10,000');
    const body = { route: '/proxy/score', count: 50 };
    expect((await viewer.send('POST', '/bursts', body)).status).toBe(403);
    const forecast = await viewer.send('POST', '/bursts/forecast', body);
    expect([forecast.status, forecast.json.bounded_by]).toEqual([200, 'limit']);
  });

  test('to somebody else’s API needs the upstream’s name', async () => {
    const body = { route: '/real/*', path: 'x', count: 3, method: 'POST', body: '{"a":1}' };
    const before = upstream.requests.length;
    const refused = await start(body);
    expect([refused.status, refused.json.errors[0].field]).toEqual([400, 'confirm']);
    expect((await start({ ...body, confirm: 'score' })).status).toBe(400);
    expect(upstream.requests).toHaveLength(before);
    const { json } = await start({ ...body, confirm: 'real' });
    expect(await ended(json.id)).toMatchObject({ succeeded: 3, sandbox: null });
    expect(upstream.requests).toHaveLength(before + 3);
  });
});

interface StreamEvent {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: what came is what the tests assert
  readonly data: any;
}

/** A request of the playground; its events as they come. */
async function play(body: Record<string, unknown>, events: StreamEvent[] = [], signal?: AbortSignal) {
  const answer = await fetch(`${gateway.adminUrl}/api/v1/playground`, {
    method: 'POST',
    headers: { authorization: 'Bearer operator-token', 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  let text = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
      if (event !== undefined) events.push({ event, data: JSON.parse(data!) });
      text = text.slice(end + 2);
    }
  }
  return events;
}

describe('the playground', () => {
  const cpf = cpfAt(77_000);

  test('a request behind a queue: accepted, queued, sent, answered; its CPF is masked', async () => {
    const burst = await admin.send('POST', '/bursts', { route: '/proxy/score', count: 3 });
    await until(async () => (await admin.get('/upstreams/score')).json.status.waiting >= 1);
    const events = await play({ route: '/proxy/score', params: { cpf }, client: 'me', priority: 7 });
    const kinds = events.map(({ event }) => event);
    expect(kinds[0]).toBe('accepted');
    expect(kinds.slice(1, -2)).toEqual(Array(kinds.length - 3).fill('queued'));
    expect(kinds.length).toBeGreaterThanOrEqual(4);
    expect(kinds.slice(-2)).toEqual(['sent', 'answered']);
    const positions = events.filter(({ event }) => event === 'queued').map(({ data }) => data.position);
    expect(positions).toEqual(positions.toSorted((one, other) => other - one));
    expect(events[1]!.data.eta_ms).toBeGreaterThan(0);
    const { data } = events.at(-1)!;
    expect(data).toMatchObject({ status: 200, body_cut: false });
    expect(JSON.parse(data.body)).toMatchObject({ cpf: '***', status: 'ok' });
    expect(data.timing.map(({ name }: { name: string }) => name)).toEqual(['queue', 'upstream', 'total']);
    expect(JSON.stringify(events)).not.toContain(cpf);
    const times = events.slice(1).map((event) => event.data.at_ms);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    await admin.send('DELETE', `/bursts/${burst.json.id}`);
  }, 20_000);

  test('from the cache: answered, never sent', async () => {
    const events = await play({ route: '/proxy/score', params: { cpf }, client: 'me' });
    expect(events.map(({ event }) => event)).toEqual(['accepted', 'answered']);
    expect(events[1]!.data.cache).toContain('hit');
  });

  test('a value that the route does not take is the gateway’s to refuse', async () => {
    const events = await play({ route: '/proxy/score', params: { cpf: '123' }, client: 'me' });
    const { status, body } = events.at(-1)!.data;
    expect([status, JSON.parse(body).code]).toEqual([400, 'invalid_request']);
  });

  test('a page that closes the stream takes its request out of the queue', async () => {
    await play({ route: '/slow/*', path: 'first' });
    const gone = new AbortController();
    const events: StreamEvent[] = [];
    const left = play({ route: '/slow/*', path: 'second' }, events, gone.signal).catch(() => 'left');
    await until(() => events.some(({ event }) => event === 'queued'));
    expect((await admin.get('/upstreams/slow')).json.status.waiting).toBe(1);
    gone.abort();
    expect(await left).toBe('left');
    await until(async () => (await admin.get('/upstreams/slow')).json.status.waiting === 0);
  });

  test('one that is removed from the queue is answered, and was never sent', async () => {
    const events: StreamEvent[] = [];
    const played = play({ route: '/slow/*', path: 'third' }, events);
    await until(() => events.some(({ event }) => event === 'queued'));
    const { request_id } = events[0]!.data;
    expect((await admin.send('DELETE', `/upstreams/slow/queue/${request_id}`)).status).toBe(204);
    await played;
    expect(events.map(({ event }) => event)).toEqual(['accepted', 'queued', 'answered']);
    expect(events.at(-1)!.data.status).toBe(503);
  });

  test('is the operator’s', async () => {
    const refused = await viewer.send('POST', '/playground', { route: '/proxy/score' });
    expect([refused.status, refused.json.code]).toEqual([403, 'forbidden']);
    const unknown = await admin.send('POST', '/playground', { route: '/proxy/score', params: { nope: '1' } });
    expect(unknown.json.errors[0].message).toContain('known: cpf, priority');
  });
});
