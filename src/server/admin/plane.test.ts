import { afterEach, expect, test } from 'bun:test';
import { type AddressInfo, createServer } from 'node:net';
import { createAdminApp } from './app.ts';
import { AdminPlane } from './plane.ts';
import { answerOf, Fixture, usageRow } from './ports.fixture.ts';

/** The admin API on real sockets. */

const planes: AdminPlane[] = [];
afterEach(async () => {
  for (const plane of planes.splice(0)) await plane.stop();
});

function start(fixture: Fixture): AdminPlane {
  const plane = new AdminPlane({
    app: createAdminApp(fixture.ports),
    listen: { host: '127.0.0.1', port: 0 },
  });
  planes.push(plane);
  plane.start();
  return plane;
}

test('answers at its address, and knows its port', async () => {
  const plane = start(new Fixture());
  expect(plane.port).toBeGreaterThan(0);
  const answer = await fetch(`${plane.url}/api/v1/overview`);
  expect([answer.status, (await answer.json()).version]).toEqual([200, '0.1.0']);
  expect((await fetch(`http://localhost:${plane.port}/api/v1/overview`)).status).toBe(200);
});

test('a name that was made to point here is refused', async () => {
  const plane = start(new Fixture());
  const answer = await fetch(`${plane.url}/api/v1/overview`, {
    headers: { Host: `evil.example:${plane.port}` },
  });
  expect([answer.status, (await answer.json()).code]).toEqual([403, 'foreign_request']);
});

test('a change says who made it, from the socket’s own address', async () => {
  const fixture = new Fixture({ operator: 'secret', viewer: undefined });
  const plane = start(fixture);
  const headers = { Authorization: 'Bearer secret', 'X-Forwarded-For': '1.2.3.4' };
  const answer = await fetch(`${plane.url}/api/v1/cache`, { method: 'DELETE', headers });
  expect(answer.status).toBe(200);
  expect(fixture.audit[0]?.actor).toBe('operator@127.0.0.1');
  expect((await fetch(`${plane.url}/api/v1/cache`)).status).toBe(401);
});

test('a rule is added, tested, edited and deleted', async () => {
  const fixture = new Fixture();
  const { url } = start(fixture);
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}/api/v1${path}`, {
      method,
      headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
      body: body === undefined ? null : JSON.stringify(body),
    });
  const rule = { id: 'slow', client: '10.0.0.1', path: '/ml/items/*', limit: '5 per 1m' };
  const created = await send('POST', '/rules', rule);
  expect(created.status).toBe(201);
  const question = { ip: '10.0.0.1', method: 'GET', path: '/ml/items/MLB1' };
  expect((await (await send('POST', '/rules/test', question)).json()).winner).toBe('slow');
  const etag = created.headers.get('etag') ?? '';
  const edited = await send('PUT', '/rules/slow', { ...rule, enabled: false }, { 'If-Match': etag });
  expect(edited.status).toBe(200);
  expect((await (await send('POST', '/rules/test', question)).json()).winner).toBeNull();
  expect((await send('DELETE', '/rules/slow', undefined, { 'If-Match': etag })).status).toBe(412);
  const gone = await send('DELETE', '/rules/slow', undefined, {
    'If-Match': edited.headers.get('etag') ?? '',
  });
  expect([gone.status, await gone.text()]).toEqual([204, '']);
});

test('a body that is too large is refused before it was sent whole, and the server goes on', async () => {
  const plane = start(new Fixture());
  const answer = await fetch(`${plane.url}/api/v1/rules/test`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: 'x'.repeat(4 * 1_048_576),
  });
  expect([answer.status, (await answer.json()).code]).toEqual([413, 'body_too_large']);
  expect((await fetch(`${plane.url}/api/v1/overview`)).status).toBe(200);
});

test('a large answer is sent in pieces and is whole', async () => {
  const fixture = new Fixture();
  const rows = Array.from({ length: 20_000 }, (_, index) =>
    usageRow({ group: { client: `client-${index}` } }),
  );
  fixture.usageAnswer = async ({ fromMs, toMs }) => answerOf(fromMs, toMs, rows);
  const { url } = start(fixture);
  const answer = await fetch(`${url}/api/v1/usage?group_by=client`);
  expect(answer.headers.get('transfer-encoding')).toBe('chunked');
  expect((await answer.json()).rows).toHaveLength(20_000);
  const csv = await (await fetch(`${url}/api/v1/usage?group_by=client&format=csv`)).text();
  expect(csv.split('\r\n')).toHaveLength(20_002);
});

test('a reader that goes away ends the reading', async () => {
  const fixture = new Fixture();
  const ended = Promise.withResolvers<void>();
  fixture.usageAnswer = async ({ fromMs, toMs }) => ({
    kind: 'rows',
    fromMs,
    toMs,
    rows: (async function* () {
      try {
        for (;;) yield usageRow({ group: { client: 'x'.repeat(500) } });
      } finally {
        ended.resolve();
      }
    })(),
  });
  const { url } = start(fixture);
  const abort = new AbortController();
  const answer = await fetch(`${url}/api/v1/usage?group_by=client`, { signal: abort.signal });
  await answer.body!.getReader().read();
  abort.abort();
  await ended.promise;
});

test('an address that is taken is the system’s error', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const plane = new AdminPlane({
    app: createAdminApp(new Fixture().ports),
    listen: { host: '127.0.0.1', port },
  });
  let code: unknown;
  try {
    plane.start();
  } catch (error) {
    code = (error as { code?: unknown }).code;
  }
  other.close();
  expect(code).toBe('EADDRINUSE');
});
