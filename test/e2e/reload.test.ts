import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, adminOf } from '../support/admin.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { ok, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { call, until } from '../support/score.ts';

/** The configuration, read again while calls wait and run: what changed is in force, and nobody is forgotten. */

let folder: string;
let file: string;
let upstream: RawUpstream;
let gateway: TestGateway | undefined;
let admin: Admin;
/** Calls that the upstream holds, until the test has them answered. */
let held: Socket[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'comporta-reload-'));
  file = join(folder, 'comporta.yaml');
  held = [];
  upstream = await startRawUpstream(({ target }, socket) => {
    if (target.startsWith('/hold')) held.push(socket);
    else socket.write(ok(JSON.stringify({ target })));
  });
});

afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  upstream.stop();
  rmSync(folder, { recursive: true });
});

async function start(yaml: string, env: Record<string, string> = {}): Promise<void> {
  writeFileSync(file, yaml);
  gateway = await startGateway({ file, env });
  admin = adminOf(gateway.adminUrl);
}

async function reload(yaml: string) {
  writeFileSync(file, yaml);
  return admin.send('POST', '/config/reload');
}

const get = (path: string, headers: Record<string, string> = {}) =>
  call(`${gateway!.url}${path}`, { headers });

const waiting = async (name: string): Promise<number> =>
  (await admin.get(`/upstreams/${name}`)).json.status.waiting;

const paced = (limit: string, more = '') => `
upstreams: { api: { url: "${upstream.url}", limits: ["${limit}"]${more} } }
routes: [{ path: /*, upstream: api }]
`;

const PATIENT = ', queue: { max_wait: 10m }';

describe('limits', () => {
  test('a higher limit lets go at once who waits; nobody is lost', async () => {
    await start(paced('1 per 60s', PATIENT));
    expect((await get('/first')).status).toBe(200);
    const calls = [1, 2, 3].map((index) => get(`/later/${index}`));
    await until(async () => (await waiting('api')) === 3);
    const { status, json } = await reload(paced('10 per 60s', PATIENT));
    expect(status).toBe(200);
    expect(json.applied).toEqual(['upstreams.api.limits[0]']);
    expect((await Promise.all(calls)).map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect(upstream.requests).toHaveLength(4);
  });

  test('calls that were sent still count after a reload', async () => {
    await start(paced('2 per 60s', ', queue: { max_wait: 5s }'));
    await get('/1');
    await get('/2');
    await reload(paced('2 per 61s', ', queue: { max_wait: 5s }'));
    const third = await get('/3');
    expect([third.status, third.json.code]).toEqual([503, 'deadline_unmeetable']);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(55);
    expect(upstream.requests).toHaveLength(2);
  });

  test('what a client has used up stays used up', async () => {
    const yaml = (rule: string) => `
upstreams: { api: { url: "${upstream.url}" } }
rules: [{ id: by-rule, path: /r/*, limit: 2 per 10m, action: throttle, note: "${rule}" }]
routes:
  - { path: /r/*, upstream: api }
  - { path: /*, upstream: api, client_limit: { limit: 2 per 10m, by: ip } }
`;
    await start(yaml('one'));
    for (let count = 0; count < 2; count++) {
      expect((await get('/x')).status).toBe(200);
      expect((await get('/r/x')).status).toBe(200);
    }
    expect((await reload(yaml('two'))).status).toBe(200);
    expect((await get('/x')).status).toBe(429);
    expect((await get('/r/x')).status).toBe(429);
  });
});

describe('routes and upstreams', () => {
  const routes = (...lines: string[]) => `
upstreams:
  api: { url: "${upstream.url}" }
  slow: { url: "${upstream.url}", limits: ["1 per 60s"]${PATIENT} }
routes:
  - { path: /stay, upstream: api }
${lines.map((line) => `  - ${line}\n`).join('')}`;

  test('a new route takes calls, a removed one no more; its call under way comes to its end', async () => {
    await start(routes('{ path: /hold/*, upstream: api }'));
    const running = get('/hold/1');
    await until(() => held.length === 1);
    const { json } = await reload(routes('{ path: /new, upstream: api, rewrite: /renamed }'));
    expect(json.applied).toContain('routes[1].path');
    expect((await get('/new')).json).toEqual({ target: '/renamed' });
    expect((await get('/hold/2')).status).toBe(404);
    held[0]!.write(ok('"done"'));
    expect((await running).json).toBe('done');
    expect((await gateway!.metrics()).processing).toBe(0);
  });

  test('a new upstream is called, shown, and keeps its limits', async () => {
    await start(routes());
    const withNew = routes('{ path: /added, upstream: added }').replace(
      'routes:',
      `  added: { url: "${upstream.url}", limits: ["1 per 60s"], queue: { max_wait: 1s } }\nroutes:`,
    );
    const { json } = await reload(withNew);
    expect(json.restart).toEqual([]);
    expect(json.applied).toContain('upstreams.added.url');
    expect((await get('/added')).status).toBe(200);
    expect((await get('/added')).json.code).toBe('deadline_unmeetable');
    expect((await admin.get('/upstreams/added')).json.paced).toBe(true);
  });

  test('of a removed upstream who waits is told at once, and the call under way gets its answer', async () => {
    await start(routes('{ path: /hold/*, upstream: slow }'));
    const running = get('/hold/1');
    await until(() => held.length === 1);
    const waits = [get('/hold/2'), get('/hold/3')];
    await until(async () => (await waiting('slow')) === 2);
    const without = routes().replace(/^ {2}slow: .*\n/m, '');
    expect((await reload(without)).status).toBe(200);
    for (const { status, json, headers } of await Promise.all(waits)) {
      expect([status, json.code]).toEqual([503, 'draining']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    held[0]!.write(ok('"done"'));
    expect((await running).json).toBe('done');
    expect((await admin.get('/upstreams/slow')).status).toBe(404);
    expect((await get('/stay')).status).toBe(200);
  });

  test('an unpaced upstream that is removed ends its streaming answer whole', async () => {
    await start(
      `${routes('{ path: /hold/*, upstream: gone }')}`.replace(
        'routes:',
        `  gone: { url: "${upstream.url}" }\nroutes:`,
      ),
    );
    const running = get('/hold/1');
    await until(() => held.length === 1);
    held[0]!.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 200000\r\n\r\nbegin');
    await Bun.sleep(20);
    expect((await reload(routes())).status).toBe(200);
    await Bun.sleep(150);
    held[0]!.write('x'.repeat(200_000 - 5));
    expect((await running).text).toHaveLength(200_000);
  });
});

describe('what a reload cannot do', () => {
  test('keys that need a restart are told, at every reload, and shown as they are in force', async () => {
    await start(paced('1 per 1s'));
    const changed = `cache: { max_size: 1mb }\n${paced('1 per 1s', ', keepalive: 9s')}`;
    for (let round = 0; round < 2; round++) {
      const { json } = await reload(changed.replace('127.0.0.1', 'localhost'));
      expect(json.restart.toSorted()).toEqual([
        'cache.max_size',
        'upstreams.api.keepalive',
        'upstreams.api.url',
      ]);
      expect(json.applied).toEqual([]);
    }
    expect((await admin.get('/upstreams/api')).json.url).toBe(upstream.url);
    const { json } = await admin.get('/config');
    const url = json.items.find(({ path }: { path: string }) => path === 'upstreams.api.url');
    expect(url.value).toBe(upstream.url);
    expect((await get('/x')).status).toBe(200);
  });

  test('a file with problems changes nothing, and every problem has its place', async () => {
    await start(paced('1 per 60s', ', queue: { max_wait: 1s }'));
    await get('/x');
    const { status, json } = await reload(`
upstreams: { api: { url: "${upstream.url}", limits: ["often"] } }
rules: [{ id: no, action: deny, path: items }]
routes: [{ path: /*, upstream: apy }]
`);
    expect([status, json.code]).toEqual([400, 'invalid_config']);
    const places = json.errors.map(({ field, line, column }: Record<string, unknown>) => [
      field,
      line,
      column,
    ]);
    expect(places).toEqual([
      ['upstreams.api.limits[0]', 2, expect.any(Number)],
      ['rules[0].path', 3, 39],
      ['routes[0].upstream', 4, 32],
    ]);
    expect((await get('/y')).json.code).toBe('deadline_unmeetable');
    rmSync(file);
    expect((await admin.send('POST', '/config/reload')).json.code).toBe('invalid_config');
    expect((await admin.get('/upstreams/api')).json.settings.limits).toHaveLength(1);
  });
});

test('rules of the file come and go with a reload, beside those of the API', async () => {
  const yaml = (rules: string) => `rules: [${rules}]\n${paced('100 per 1s')}`;
  await start(yaml('{ id: one, path: /one, action: deny }'));
  await admin.addRule({ id: 'own', path: '/own', action: 'deny' });
  await reload(yaml('{ id: two, path: /two, action: deny }'));
  const statuses = await Promise.all(['/one', '/two', '/own'].map(async (path) => (await get(path)).status));
  expect(statuses).toEqual([200, 403, 403]);
  await reload(yaml('{ id: own, path: /elsewhere, action: deny }'));
  expect((await get('/own')).status).toBe(200);
  expect((await admin.get('/rules/own')).json.source).toBe('file');
});

test('values are shown with their origin, and secrets never', async () => {
  const more = `
ledger: "postgres://me:s3cr3t-db@127.0.0.1:1/x"
admin: { token: "\${TOKEN}", viewer_token: s3cr3t-viewer }
usage: { hash_clients: s3cr3t-hash }
`;
  writeFileSync(file, `${more}${paced('1 per 1s')}`);
  gateway = await startGateway({ file, env: { TOKEN: 's3cr3t-operator' } });
  admin = adminOf(gateway.adminUrl, { authorization: 'Bearer s3cr3t-operator' });
  const { status, text, json } = await admin.get('/config');
  expect(status).toBe(200);
  expect(text).not.toContain('s3cr3t');
  const entry = (wanted: string) => json.items.find(({ path }: { path: string }) => path === wanted);
  expect(entry('admin.token')).toMatchObject({
    value: '***',
    secret: true,
    origin: { kind: 'env', where: 'TOKEN' },
  });
  expect(entry('usage.hash_clients')).toMatchObject({ value: '***', secret: true });
  expect(entry('ledger').value).toBe('postgres://***@127.0.0.1:1/x');
  expect(entry('admin.listen').origin).toEqual({ kind: 'flag', where: '--admin-listen' });
  expect(entry('upstreams.api.limits[0]')).toMatchObject({
    value: '1 per 1s',
    origin: { kind: 'file', where: expect.stringMatching(/comporta\.yaml:6:\d+$/) },
  });
  expect(entry('shutdown.grace')).toMatchObject({ value: '30s', origin: { kind: 'default' } });
  const problems = await reload(`${more.replace('s3cr3t-viewer', '"s3cr3t-operator"')}${paced('1 per 1s')}`);
  expect(problems.status).toBe(400);
  expect(problems.text).not.toContain('s3cr3t');
});
