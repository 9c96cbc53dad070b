import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Socket } from 'node:net';
import { type Admin, adminOf } from '../support/admin.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { bodyOf, rawRequest, statusOf } from '../support/raw-client.ts';
import { ok, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { type Answer, call, until } from '../support/score.ts';

/** Operators at work: who is let in, and what a change does to calls that wait and run. */

let upstream: RawUpstream;
const held: Socket[] = [];

beforeAll(async () => {
  upstream = await startRawUpstream(({ target }, socket) => {
    if (target.startsWith('/hold')) held.push(socket);
    else if (target.startsWith('/broken')) socket.write(ok('{}').replace('200 OK', '500 Broken'));
    else socket.write(ok(JSON.stringify({ target })));
  });
});

afterAll(() => upstream.stop());

const config = (more = '') => `
${more}
upstreams:
  slow: { url: "${upstream.url}", limits: ["1 per 60s"], queue: { policy: priority, aging: 30s, max_wait: 1h, max_size: 50 } }
  fast: { url: "${upstream.url}", breaker: { consecutive: 3, open_for: 30s } }
clients: { identify: ["header:client-id", ip] }
routes:
  - { path: /slow/*, upstream: slow, rewrite: /* , params: { priority: { control: urgency } } }
  - { path: /fast/*, upstream: fast, rewrite: /* }
  - { path: /cached/*, upstream: fast, rewrite: /*, cache: { ttl: 1h } }
  - { path: /more/*, upstream: fast, rewrite: /*, cache: { ttl: 1h } }
`;

describe('who is let in', () => {
  let gateway: TestGateway;
  let open: TestGateway;

  beforeAll(async () => {
    const tokens = 'admin: { token: operator-token, viewer_token: viewer-token }';
    gateway = await startGateway({ yaml: config(tokens) });
    open = await startGateway({ yaml: config() });
  });

  afterAll(async () => {
    await gateway.stop();
    await open.stop();
  });

  const as = (token?: string) =>
    adminOf(gateway.adminUrl, token === undefined ? {} : { authorization: `Bearer ${token}` });
  const RULE = { id: 'by-viewer', action: 'deny' };

  test('no token, a wrong one, or one in another form: 401 with WWW-Authenticate', async () => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic b3BlcmF0b3I=' }]) {
      const answer = await as().get('/overview', headers as Record<string, string>);
      expect([answer.status, answer.json.code]).toEqual([401, 'unauthorized']);
      expect(answer.headers.get('www-authenticate')).toStartWith('Bearer');
      expect(answer.headers.get('content-type')).toStartWith('application/problem+json');
    }
    expect((await as('operator-token').get('/overview')).status).toBe(200);
  });

  test('a viewer sees everything and changes nothing', async () => {
    const viewer = as('viewer-token');
    for (const path of [
      '/overview',
      '/upstreams',
      '/rules',
      '/usage',
      '/cache',
      '/config',
      '/audit',
      '/denied',
    ]) {
      expect([path, (await viewer.get(path)).status]).toEqual([path, 200]);
    }
    const question = { ip: '10.0.0.1', path: '/x' };
    expect((await viewer.send('POST', '/rules/test', question)).status).toBe(200);
    const refused = [
      await viewer.send('POST', '/rules', RULE),
      await viewer.send('PATCH', '/upstreams/slow', { pause: { reason: 'no' } }),
      await viewer.send('DELETE', '/cache'),
      await viewer.send('DELETE', '/upstreams/slow/queue'),
      await viewer.send('POST', '/upstreams/fast/breaker', { state: 'reset' }),
      await viewer.send('POST', '/config/reload'),
    ];
    for (const { status, json } of refused) expect([status, json.code]).toEqual([403, 'forbidden']);
    expect((await as('operator-token').get('/rules')).json.total).toBe(0);
  });

  test('the audit log tells who it was, when, and what was before and after', async () => {
    const operator = as('operator-token');
    const { headers } = await operator.addRule({ id: 'told', path: '/t', limit: '1 per 1m' });
    const change = { path: '/t', limit: '2 per 1m' };
    await operator.send('PUT', '/rules/told', change, { 'if-match': headers.get('etag')! });
    const [last] = (await operator.get('/audit?limit=1')).json.items;
    expect(last).toMatchObject({ actor: 'operator@127.0.0.1', action: 'rule.update', subject: 'rule/told' });
    expect([last.before.limit, last.after.limit]).toEqual(['1 per 1m', '2 per 1m']);
    expect(Math.abs(Date.parse(last.at) - (performance.timeOrigin + performance.now()))).toBeLessThan(5_000);
  });

  const raw = (target: string, headers: string, method = 'GET', body = '') =>
    rawRequest(
      open.adminUrl,
      `${method} /api/v1${target} HTTP/1.1\r\n${headers}Connection: close\r\nContent-Length: ${body.length}\r\n` +
        `Content-Type: application/json\r\n\r\n${body}`,
    );

  test('without a token, only under a name that only this machine has, and from no other page', async () => {
    const { port } = new URL(open.adminUrl);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      expect([host, statusOf(await raw('/overview', `Host: ${host}\r\n`))]).toEqual([host, 200]);
    }
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1.evil.example:${port}`,
    ]) {
      const answer = await raw('/overview', `Host: ${host}\r\n`);
      expect([host, statusOf(answer)]).toEqual([host, 403]);
      expect(JSON.parse(bodyOf(answer)).code).toBe('foreign_request');
    }
    const own = `Host: localhost:${port}\r\n`;
    const body = JSON.stringify(RULE);
    for (const origin of ['http://evil.example', 'null', `http://localhost:${Number(port) - 1}`]) {
      expect([origin, statusOf(await raw('/rules', `${own}Origin: ${origin}\r\n`, 'POST', body))]).toEqual([
        origin,
        403,
      ]);
    }
    expect(statusOf(await raw('/rules', `${own}Sec-Fetch-Site: cross-site\r\n`, 'POST', body))).toBe(403);
    expect((await adminOf(open.adminUrl).get('/rules')).json.total).toBe(0);
    expect(statusOf(await raw('/rules', `${own}Origin: http://localhost:${port}\r\n`, 'POST', body))).toBe(
      201,
    );
  });
});

describe('an upstream that is changed while calls wait', () => {
  let gateway: TestGateway;
  let admin: Admin;
  let calls: Map<string, Promise<Answer>>;

  const status = async (name: string) => (await admin.get(`/upstreams/${name}`)).json.status;
  const patch = (change: unknown) => admin.send('PATCH', '/upstreams/slow', change);
  const queue = async () => (await admin.get('/upstreams/slow/queue')).json;

  /** One call that takes the slot, and others that wait, in that order. */
  async function fill(...waiting: ReadonlyArray<readonly [id: string, urgency: number]>): Promise<void> {
    gateway = await startGateway({ yaml: config() });
    admin = adminOf(gateway.adminUrl);
    expect((await call(`${gateway.url}/slow/first`)).status).toBe(200);
    calls = new Map();
    for (const [id, urgency] of waiting) {
      const headers = { 'x-request-id': id, 'client-id': id };
      calls.set(id, call(`${gateway.url}/slow/${id}?priority=${urgency}`, { headers }));
      await until(async () => (await status('slow')).waiting === calls.size);
    }
  }

  const ended = async () => {
    await gateway.stop();
    await Promise.all(calls.values());
  };

  test('the list shows who waits, in the order in which they will go, and when', async () => {
    await fill(['a', 5], ['b', 3], ['c', 0]);
    const { items, total } = await queue();
    expect(total).toBe(3);
    expect(items.map(({ id, position }: { id: string; position: number }) => [position, id])).toEqual([
      [0, 'c'],
      [1, 'b'],
      [2, 'a'],
    ]);
    const [next, , last] = items;
    expect(next).toMatchObject({ client: 'c', urgency: 0 });
    expect(next.eta_ms).toBeGreaterThan(55_000);
    expect(next.eta_ms).toBeLessThan(61_300);
    expect(last.eta_ms - next.eta_ms).toBeWithin(2 * 60_000, 2 * 61_300);
    await ended();
  });

  test('promote, remove, clear: ranked anew, or told at once', async () => {
    await fill(['a', 5], ['b', 3], ['c', 3], ['d', 3]);
    expect((await admin.send('POST', '/upstreams/slow/queue/a/promote', { urgency: 0 })).status).toBe(200);
    expect((await queue()).items.map(({ id }: { id: string }) => id)).toEqual(['a', 'b', 'c', 'd']);
    expect((await admin.send('DELETE', '/upstreams/slow/queue/b')).status).toBe(204);
    const removed = await calls.get('b')!;
    expect([removed.status, removed.json.code]).toEqual([503, 'upstream_paused']);
    expect((await admin.send('DELETE', '/upstreams/slow/queue/b')).status).toBe(404);
    expect((await admin.send('POST', '/upstreams/slow/queue/a/promote', { urgency: 9 })).status).toBe(400);
    const cleared = await admin.send('DELETE', '/upstreams/slow/queue');
    expect(cleared.json).toEqual({ requests: 3, clients: 3 });
    for (const id of ['a', 'c', 'd']) expect((await calls.get(id)!).json.code).toBe('upstream_paused');
    expect((await status('slow')).waiting).toBe(0);
    await ended();
  });

  test('another policy ranks anew; a smaller queue refuses who comes; higher limits let go', async () => {
    await fill(['a', 7], ['b', 0]);
    expect((await queue()).items[0].id).toBe('b');
    expect((await patch({ queue: { policy: 'fifo', max_size: 2 } })).status).toBe(200);
    expect((await queue()).items[0].id).toBe('a');
    expect((await call(`${gateway.url}/slow/late`)).json.code).toBe('queue_full');
    const before = upstream.requests.length;
    expect((await patch({ limits: ['10 per 60s'] })).status).toBe(200);
    for (const id of ['a', 'b']) expect((await calls.get(id)!).status).toBe(200);
    expect(upstream.requests).toHaveLength(before + 2);
    const bad = await patch({ limits: ['-1 per 60s'], queue: { max_size: -5, nope: 1 } });
    expect(bad.json.errors.map(({ field }: { field: string }) => field).toSorted()).toEqual([
      'limits[0]',
      'queue.max_size',
      'queue.nope',
    ]);
    await ended();
  });

  test('paused, nobody goes until it is resumed', async () => {
    await fill(['a', 3]);
    await patch({ pause: { reason: 'maintenance at the provider' } });
    expect((await patch({ limits: ['100 per 1s'] })).json.status.pause.reason).toContain('maintenance');
    const refused = await call(`${gateway.url}/slow/while`);
    expect([refused.status, refused.json.code]).toEqual([503, 'upstream_paused']);
    expect((await status('slow')).waiting).toBe(1);
    expect((await patch({ pause: null })).json.status.pause).toBeNull();
    expect((await calls.get('a')!).status).toBe(200);
    await ended();
  });
});

describe('breaker and cache', () => {
  let gateway: TestGateway;
  let admin: Admin;

  beforeAll(async () => {
    gateway = await startGateway({ yaml: config() });
    admin = adminOf(gateway.adminUrl);
  });

  afterAll(() => gateway.stop());

  const get = (path: string) => call(`${gateway.url}${path}`);
  const force = (body: unknown) => admin.send('POST', '/upstreams/fast/breaker', body);

  test('forced open it refuses, forced closed it lets failures pass, and both expire', async () => {
    const opened = await force({ state: 'open', for: '400ms' });
    expect(opened.json.status.breaker).toMatchObject({ state: 'open', forced: true });
    const refused = await get('/fast/x');
    expect([refused.status, refused.json.code]).toEqual([503, 'circuit_open']);
    await until(async () => (await get('/fast/x')).status === 200, 2_000);
    await force({ state: 'closed', for: '10m' });
    for (let count = 0; count < 5; count++) expect((await get('/fast/broken')).status).toBe(500);
    expect((await get('/fast/x')).status).toBe(200);
    const reset = await force({ state: 'reset' });
    expect(reset.json.status.breaker).toMatchObject({ state: 'closed', forced: false });
    for (let count = 0; count < 3; count++) await get('/fast/broken');
    expect((await get('/fast/x')).status).toBe(503);
    await force({ state: 'reset' });
    expect((await get('/fast/x')).status).toBe(200);
  });

  test('a force without an end, or of an upstream without a breaker, is refused', async () => {
    expect((await force({ state: 'open' })).json.errors[0].field).toBe('for');
    expect((await admin.send('POST', '/upstreams/slow/breaker', { state: 'reset' })).status).toBe(409);
    expect((await admin.send('POST', '/upstreams/none/breaker', { state: 'reset' })).status).toBe(404);
  });

  test('the cache is counted, and forgotten route by route', async () => {
    for (const path of ['/cached/a', '/cached/a', '/cached/b', '/more/a']) await get(path);
    const { json } = await admin.get('/cache');
    expect(json).toMatchObject({ entries: 3, hits: 1, routes: ['/cached/*', '/more/*'] });
    expect((await admin.send('DELETE', '/cache?route=/cached/*')).json).toEqual({ purged: 2 });
    expect((await get('/cached/a')).headers.get('cache-status')).toContain('fwd=');
    expect((await get('/more/a')).headers.get('cache-status')).toContain('hit');
    const wrong = await admin.send('DELETE', '/cache?route=/cashed/*');
    expect(wrong.json.errors[0].message).toContain('did you mean `/cached/*`');
    expect((await admin.send('DELETE', '/cache')).json).toEqual({ purged: 2 });
    const audit = await admin.get('/audit?limit=2');
    expect(audit.json.items.map(({ action }: { action: string }) => action)).toEqual([
      'cache.purge',
      'cache.purge',
    ]);
  });
});
