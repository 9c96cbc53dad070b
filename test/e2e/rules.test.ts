import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Admin, adminOf } from '../support/admin.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { rawRequest, statusOf } from '../support/raw-client.ts';
import { ok, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { call } from '../support/score.ts';

/** Access rules as clients and operators meet them: over HTTP, in force at once, with nothing that slips past. */

const ROUTES = `
routes:
  - { path: /ml/*, upstream: api, rewrite: /* }
  - { path: /other/*, upstream: api }
`;

let upstream: RawUpstream;
let gateway: TestGateway;
let admin: Admin;

beforeAll(async () => {
  upstream = await startRawUpstream((_, socket) => void socket.write(ok('{}')));
  gateway = await startGateway({
    yaml: `
upstreams: { api: { url: "${upstream.url}" } }
rules:
  - { id: from-file, client: "client:banned", action: deny, note: of the file }
${ROUTES}`,
  });
  admin = adminOf(gateway.adminUrl);
});

afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  call(`${gateway.url}${path}`, { headers });

const asClient = (id: string) => ({ 'client-id': id });

describe('a rule added over the API', () => {
  test('refuses the very next request, every time', async () => {
    for (let round = 0; round < 20; round++) {
      expect((await get('/ml/next/1')).status).toBe(200);
      const { headers } = await admin.addRule({ id: 'next', path: '/ml/next/*', action: 'deny' });
      expect((await get('/ml/next/1')).status).toBe(403);
      await admin.send('DELETE', '/rules/next', undefined, { 'if-match': headers.get('etag')! });
    }
    expect((await get('/ml/next/1')).status).toBe(200);
  });

  test('says whose limit it is, what is left, and when to come again', async () => {
    await admin.addRule({ id: 'five', client: 'client:counted', path: '/ml/items/*', limit: '2 per 1m' });
    const first = await get('/ml/items/1', asClient('counted'));
    expect(first.headers.get('ratelimit-policy')).toBe('"five";q=2;w=60');
    expect(first.headers.get('ratelimit')).toMatch(/^"five";r=1;t=\d+$/);
    await get('/ml/items/2', asClient('counted'));
    const third = await get('/ml/items/3', asClient('counted'));
    expect(third.status).toBe(429);
    expect(third.json).toMatchObject({ code: 'client_rate_limited' });
    expect(third.json.detail).toContain('`five`');
    expect((await get('/ml/items/3', asClient('another'))).status).toBe(200);
  });

  test('200 concurrent edits lose none, and all are in force', async () => {
    const ids = Array.from({ length: 200 }, (_, index) => `edit-${index}`);
    const answers = await Promise.all(
      ids.map((id) =>
        admin.send('POST', '/rules', { id, client: `client:${id}`, path: '/other/*', action: 'deny' }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 201));
    const statuses = await Promise.all(ids.map(async (id) => (await get('/other/x', asClient(id))).status));
    expect(statuses.filter((status) => status === 403)).toHaveLength(200);
    const listed = await admin.get('/rules?limit=500&client=edit-');
    expect(listed.json.total).toBe(200);
    const audit = await admin.get('/audit?limit=500');
    const created = audit.json.items.filter(({ subject }: { subject: string }) =>
      subject.startsWith('rule/edit-'),
    );
    expect(created).toHaveLength(200);
  });

  test('of two operators that edit the same rule, one is told that the other was faster', async () => {
    const { headers } = await admin.addRule({ id: 'contested', path: '/other/contested', limit: '5 per 1m' });
    const etag = headers.get('etag')!;
    const edit = (limit: string) =>
      admin.send(
        'PUT',
        '/rules/contested',
        { path: '/other/contested', limit, action: 'throttle' },
        { 'if-match': etag },
      );
    const statuses = (await Promise.all([edit('6 per 1m'), edit('7 per 1m')])).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 412]);
  });
});

describe('rules of the file', () => {
  test('are in force, shown with their counters, and cannot be changed over the API', async () => {
    expect((await get('/other/x', asClient('banned'))).status).toBe(403);
    const shown = await admin.get('/rules/from-file');
    expect(shown.json).toMatchObject({ id: 'from-file', source: 'file', version: null });
    expect(shown.json.counters.refused).toBeGreaterThanOrEqual(1);
    expect((await admin.send('DELETE', '/rules/from-file', undefined, { 'if-match': '*' })).status).toBe(409);
    const put = await admin.send('PUT', '/rules/from-file', { action: 'allow' }, { 'if-match': '*' });
    expect(put.json).toMatchObject({ code: 'read_only' });
    expect((await admin.send('POST', '/rules', { id: 'from-file', limit: '1 per 1m' })).status).toBe(409);
  });
});

test('a shadow rule counts and reports, and never refuses', async () => {
  await admin.addRule({ id: 'ghost', path: '/other/ghost', limit: '1 per 1m', shadow: true });
  for (let count = 0; count < 4; count++) expect((await get('/other/ghost')).status).toBe(200);
  const { json } = await admin.get('/rules/ghost');
  expect(json.counters).toEqual({ matched: 4, refused: 0, shadow_refused: 3 });
});

test('block_for denies everything until it is lifted, and the list says so', async () => {
  await admin.addRule({ id: 'blocker', path: '/other/b', limit: '1 per 1s', block_for: '1h' });
  const eve = asClient('eve');
  await get('/other/b', eve);
  const over = await get('/other/b', eve);
  expect(over.status).toBe(429);
  expect(Number(over.headers.get('retry-after'))).toBe(3_600);
  const elsewhere = await get('/ml/anything', eve);
  expect(elsewhere.status).toBe(403);
  expect(Number(elsewhere.headers.get('retry-after'))).toBeGreaterThan(3_590);
  const listed = await admin.get('/denied');
  expect(listed.json.items).toMatchObject([{ client: 'client:eve', rule: 'blocker', refused: 1 }]);
  expect((await admin.send('DELETE', '/denied/client%3Aeve')).status).toBe(204);
  expect((await get('/ml/anything', eve)).status).toBe(200);
  expect((await admin.send('DELETE', '/denied/client%3Aeve')).status).toBe(404);
});

test('the most specific rule wins; at equal specificity deny, then throttle, then allow', async () => {
  await admin.addRule({ id: 'p-net', client: '127.0.0.0/8', path: '/other/p/*', action: 'deny' });
  expect((await get('/other/p/1')).status).toBe(403);
  await admin.addRule({ id: 'p-ip', client: '127.0.0.1', path: '/other/p/*', action: 'allow' });
  expect((await get('/other/p/1')).status).toBe(200);
  await admin.addRule({ id: 'p-deny', client: '127.0.0.1', path: '/other/p/*', action: 'deny' });
  expect((await get('/other/p/1')).status).toBe(403);
  await admin.addRule({ id: 'p-exact', client: '127.0.0.1', path: '/other/p/1', action: 'allow' });
  expect((await get('/other/p/1')).status).toBe(200);
  expect((await get('/other/p/2')).status).toBe(403);
  const { json } = await admin.send('POST', '/rules/test', { ip: '127.0.0.1', path: '/other/p/2' });
  expect(json).toMatchObject({ decision: 'denied', winner: 'p-deny' });
  const known = json.rules.map(({ id, outcome }: { id: string; outcome: string }) => [id, outcome]);
  expect(known).toEqual([
    ['p-deny', 'wins'],
    ['p-ip', 'loses'],
    ['p-net', 'loses'],
  ]);
});

describe('nothing slips past a rule', () => {
  beforeAll(async () => {
    await admin.addRule({ id: 'vault', path: '/ml/secret/*', action: 'deny' });
    await admin.addRule({ id: 'outsider', client: '203.0.113.7', path: '/ml/xff', action: 'allow' });
    await admin.addRule({ id: 'everybody', path: '/ml/xff', action: 'deny' });
  });

  const line = (target: string, more = '') =>
    rawRequest(gateway.url, `GET ${target} HTTP/1.1\r\nHost: a\r\n${more}Connection: close\r\n\r\n`);

  test.each([
    '/ml/secret/1',
    '/ml/secret',
    '/ml/secret/',
    '/ml//secret/1',
    '/ml/./secret/1',
    '/ml/x/../secret/1',
    '/ml/x/%2e%2e/secret/1',
    '/ml/x/%2E%2E/secret/1',
    '/ml/x/.%2e/secret/1',
    '/ml/x%2f..%2fsecret/1',
    '/ml/x%2F%2E%2E%2Fsecret/1',
    '/ml/%73ecret/1',
    '/ml/%73%65%63%72%65%74/1',
    '/ml%2Fsecret%2F1',
    '/ml/secret%2F1',
    '/ml/secret;a=b/1',
    '/ml/secret/1;jsessionid=1',
    '/ml/x;/../secret/1',
    '/ml/x/..;/secret/1',
    '/ml\\secret\\1',
    '/ml/secret%5C1',
    '/ml/secret./1',
    '/ml/secret%20/1',
    '/ml/secret/1?x=/ml/open',
    '/ml/secret/1#/ml/open',
  ])('GET %s never comes to the upstream', async (target) => {
    const before = upstream.requests.length;
    const status = statusOf(await line(target));
    // 404: no route takes what is spelled like that.
    expect([400, 403, 404]).toContain(status!);
    expect(upstream.requests).toHaveLength(before);
  });

  test('X-Forwarded-For of a peer that is no trusted proxy says nothing', async () => {
    for (const value of ['203.0.113.7', '203.0.113.7, 127.0.0.1', '::ffff:203.0.113.7']) {
      expect(statusOf(await line('/ml/xff', `X-Forwarded-For: ${value}\r\n`))).toBe(403);
    }
  });
});

test('behind a trusted proxy every spelling of an address is the same address', async () => {
  const behind = await startGateway({
    yaml: `
clients: { trust_proxies: [127.0.0.1] }
upstreams: { api: { url: "${upstream.url}" } }
rules:
  - { id: v4, client: 198.51.100.0/24, action: deny }
  - { id: v6, client: "2001:db8::/32", action: deny }
${ROUTES}`,
  });
  const from = async (address: string) =>
    (await call(`${behind.url}/ml/x`, { headers: { 'x-forwarded-for': address } })).status;
  try {
    for (const address of [
      '198.51.100.9',
      '::ffff:198.51.100.9',
      '::FFFF:C633:6409',
      '198.51.100.9:4711',
      '2001:DB8::1',
      '2001:0db8:0000:0000:0000:0000:0000:0001',
      '[2001:db8::1]:99',
      '2001:db8::1%eth0',
      'made up, 198.51.100.9',
      '8.8.8.8, 198.51.100.9',
    ]) {
      expect([address, await from(address)]).toEqual([address, 403]);
    }
    expect(await from('198.51.101.9')).toBe(200);
  } finally {
    await behind.stop();
  }
});
