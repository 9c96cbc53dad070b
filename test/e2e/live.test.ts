import { afterEach, describe, expect, test } from 'bun:test';
import { EventReader, type ReadEvent } from '../../src/server/admin/live/event-reader.fixture.ts';
import { adminOf } from '../support/admin.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const TOKENS = { operator: 'operator-token-of-this-test', viewer: 'viewer-token-of-this-test' };

/** An upstream that answers at once, and 429 where it is asked to. */
const upstream = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request) =>
    request.url.includes('/busy')
      ? new Response('busy', { status: 429, headers: { 'Retry-After': '1' } })
      : new Response('{"ok":true}', {
          headers: { 'Content-Type': 'application/json', 'Cache-Control': 'max-age=60' },
        }),
});

const yaml = `
upstreams:
  api: { url: "http://127.0.0.1:${upstream.port}" }
routes:
  - { path: /cached, upstream: api, cache: { ttl: 1m } }
  - { path: /api/*, upstream: api }
`;

let gateway: TestGateway | undefined;
const readers: EventReader[] = [];
afterEach(async () => {
  for (const reader of readers.splice(0)) await reader.leave().catch(() => {});
  await gateway?.stop();
  gateway = undefined;
});

async function follow(headers: Record<string, string> = {}): Promise<EventReader> {
  const response = await fetch(`${gateway!.adminUrl}/api/v1/live`, { headers });
  expect(response.status).toBe(200);
  const reader = new EventReader(response);
  readers.push(reader);
  return reader;
}

/** Reads deltas until one of them says so; a test that waits in vain ends by its time limit. */
async function until(reader: EventReader, isIt: (event: ReadEvent) => boolean): Promise<ReadEvent> {
  for (;;) {
    const event = await reader.expect('delta');
    if (isIt(event)) return event;
  }
}

test('the totals of the stream are those of /metrics, and each second is in exactly one sample', async () => {
  gateway = await startGateway({ yaml });
  const reader = await follow();
  const { data: before } = await reader.expect('snapshot');
  expect(before.state.totals.requests).toBe(0);
  for (let index = 0; index < 5; index++) await (await fetch(`${gateway.url}/cached`)).text();
  await (await fetch(`${gateway.url}/nowhere`)).text();
  const deltas: ReadEvent[] = [];
  await until(reader, (event) => {
    deltas.push(event);
    return event.data.state.totals.requests === 6;
  });
  // What a gate counted of the second that runs is in the next one.
  deltas.push(await reader.expect('delta'));
  const { data } = deltas.at(-1)!;
  const metrics = await gateway.metrics();
  expect(data.state.totals).toMatchObject({
    requests: metrics.total_requests,
    successes: metrics.successes,
    failures: metrics.failures,
    in_flight: metrics.in_flight,
    latency_ms: metrics.latency_ms,
  });
  expect(data.state.cache.entries).toBe(metrics.cache_size);
  const sum = (of: (sample: ReadEvent['data']) => number) =>
    deltas.reduce((total, event) => total + of(event.data.sample), 0);
  expect(sum(({ requests }) => requests)).toBe(6);
  expect(sum(({ failures }) => failures.refused)).toBe(1);
  expect(sum(({ cache }) => cache.hit)).toBe(4);
  expect(sum(({ upstreams }) => upstreams.api.sends)).toBe(1);
  expect(sum(({ upstreams }) => upstreams.api.arrivals)).toBe(1);
  expect(sum(({ upstreams }) => upstreams.api.cached)).toBe(4);
  expect(data.state.minute).toMatchObject({ cache_hit_ratio: 0.8, errors: { route_not_found: 1 } });
});

test('every frame arrives when it is made: one a second, on a real socket', async () => {
  gateway = await startGateway({ yaml });
  const reader = await follow();
  await reader.expect('snapshot');
  await reader.expect('delta');
  const arrived: number[] = [];
  const made: number[] = [];
  for (let index = 0; index < 2; index++) {
    const { data } = await reader.expect('delta');
    arrived.push(Date.now());
    made.push(Date.parse(data.now));
  }
  expect(made[1]! - made[0]!).toBeGreaterThan(500);
  expect(made[1]! - made[0]!).toBeLessThan(1_500);
  for (const [index, atMs] of arrived.entries()) expect(atMs - made[index]!).toBeLessThan(400);
});

test('after a break it goes on where it was, and from the start for another process', async () => {
  gateway = await startGateway({ yaml });
  const reader = await follow();
  const snapshot = await reader.expect('snapshot');
  const { id, data } = await reader.expect('delta');
  await reader.leave();
  const again = await follow({ 'Last-Event-ID': id });
  expect((await again.expect('delta')).data.seq).toBe(data.seq + 1);
  const other = await follow({ 'Last-Event-ID': `another-${data.seq}` });
  expect((await other.expect('snapshot')).data.boot).toBe(snapshot.data.boot);
});

test('the timeline has the start, a 429 received, what an operator did, and a reload', async () => {
  gateway = await startGateway({ yaml });
  const admin = adminOf(gateway.adminUrl);
  const reader = await follow();
  const { data } = await reader.expect('snapshot');
  expect(data.timeline).toMatchObject([{ kind: 'started', facts: { version: 'test' } }]);
  await (await fetch(`${gateway.url}/api/busy`)).text();
  await admin.addRule({ id: 'slow', client: '10.0.0.1', limit: '5 per 1m' });
  await admin.send('POST', '/upstreams/api/breaker', { state: 'reset' });
  await admin.send('POST', '/config/reload');
  const seen: string[] = [];
  await until(reader, (event) => {
    for (const { kind, upstream, facts } of event.data.timeline)
      seen.push([kind, upstream, facts.action ?? facts.status ?? ''].join(' ').trim());
    return seen.some((line) => line.startsWith('reload'));
  });
  expect(seen).toContain('provider_pause api 429');
  expect(seen).toContain('operator  rule.create');
  expect(seen).toContain('operator  config.reload');
});

describe('with tokens', () => {
  test('401 without one, 200 for a viewer', async () => {
    gateway = await startGateway({
      yaml: `${yaml}\nadmin: { token: ${TOKENS.operator}, viewer_token: ${TOKENS.viewer} }\n`,
    });
    expect((await fetch(`${gateway.adminUrl}/api/v1/live`)).status).toBe(401);
    expect((await fetch(`${gateway.adminUrl}/api/v1/requests`)).status).toBe(401);
    const headers = { Authorization: `Bearer ${TOKENS.viewer}` };
    await (await follow(headers)).expect('snapshot');
    expect((await fetch(`${gateway.adminUrl}/api/v1/requests`, { headers })).status).toBe(200);
  });
});

test('the last requests, refusals at the edge among them, without the number of a person', async () => {
  gateway = await startGateway({ yaml });
  const send = async (path: string, id: string) =>
    (await fetch(`${gateway!.url}${path}`, { headers: { 'X-Request-Id': id } })).text();
  await send('/cached', 'first');
  await send('/cached?x=1', 'second');
  await send('/api/person/123.456.789-09?cpf=12345678909', 'third');
  await send('/nowhere/12345678909', 'fourth');
  const { json, text } = await adminOf(gateway.adminUrl).get('/requests');
  expect(text).not.toMatch(/456|cpf/);
  const shown = json.items.map((one: ReadEvent['data']) => [
    one.seq,
    one.id,
    one.route,
    one.path,
    one.status,
    one.code,
    one.cache,
    one.urgency,
  ]);
  expect(shown).toEqual([
    [4, 'fourth', '(none)', '/nowhere/***', 404, 'route_not_found', 'none', null],
    [3, 'third', '/api/*', '/api/person/***', 200, null, 'none', 3],
    [2, 'second', '/cached', '/cached', 200, null, expect.any(String), 3],
    [1, 'first', '/cached', '/cached', 200, null, 'miss', 3],
  ]);
  const refused = await adminOf(gateway.adminUrl).get('/requests?outcome=refused');
  expect(refused.json.items).toHaveLength(1);
});
