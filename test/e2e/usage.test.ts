import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, adminOf } from '../support/admin.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { rawRequest } from '../support/raw-client.ts';
import { ok, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { call, until } from '../support/score.ts';

/** What happened is in the ledger: all of it, once, by client and path, and nobody's tax id with it. */

interface Row {
  readonly start: string | null;
  readonly group: Record<string, string>;
  readonly count: number;
  readonly errors: number;
  readonly refused: number;
  readonly hits: number;
}

const CPF = '52998224725';
const PUNCTUATED = '529.982.247-25';

let folder: string;
let database: string;
let upstream: RawUpstream;
let gateway: TestGateway;
let admin: Admin;

const config = (more = '') => `
usage: { flush_interval: 100ms${more} }
log: { access: all }
clients: { identify: ["header:client-id", ip], trust_proxies: [127.0.0.1] }
upstreams:
  api: { url: "${upstream.url}" }
routes:
  - { path: /ml/*, upstream: api, rewrite: /* }
  - path: /cached
    methods: [GET]
    upstream: api
    params: { cpf: { required: true, pattern: cpf } }
    cache: { ttl: 1h, key: ["query:cpf"] }
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'comporta-usage-'));
  database = join(folder, 'usage.db');
  upstream = await startRawUpstream(({ target }, socket) => {
    const status = target.includes('broken') ? '503 Unavailable' : '200 OK';
    socket.write(ok('{"a":1}').replace('200 OK', status));
  });
  gateway = await startGateway({ yaml: config(), ledger: `sqlite://${database}` });
  admin = adminOf(gateway.adminUrl);
});

afterAll(async () => {
  await gateway.stop();
  upstream.stop();
  rmSync(folder, { recursive: true });
});

const get = (path: string, client: string) =>
  call(`${gateway.url}${path}`, { headers: { 'client-id': client } });

async function rowsOf(query: string): Promise<Row[]> {
  const { status, json, text } = await admin.get(`/usage?${query}`);
  if (status !== 200) throw new Error(text);
  return json.rows;
}

const sum = (rows: readonly Row[], of: (row: Row) => number = ({ count }) => count): number =>
  rows.reduce((total, row) => total + of(row), 0);

/** Waits until the ledger has as many commands as the gateway has counted. */
async function settled(): Promise<number> {
  const { total_requests: total } = await gateway.metrics();
  await until(async () => sum(await rowsOf('from=-1h')) >= (total as number));
  return total as number;
}

describe('after traffic of every kind', () => {
  beforeAll(async () => {
    await admin.addRule({ id: 'alice-5', client: 'client:alice', path: '/ml/items/*', limit: '5 per 1m' });
    await admin.addRule({ id: 'no-mallory', client: 'client:mallory', action: 'deny' });
    for (let index = 0; index < 7; index++) await get('/ml/items/1', 'alice');
    for (let index = 0; index < 3; index++) await get('/ml/items/2', 'bob');
    for (let index = 0; index < 2; index++) await get('/ml/broken', 'bob');
    for (let index = 0; index < 4; index++) await get(`/cached?cpf=${CPF}`, 'carol');
    await get('/cached?cpf=123', 'carol');
    await get('/cached', 'carol');
    await get('/nowhere/at/all', 'carol');
    await get('/ml/items/9', 'mallory');
    await call(`${gateway.url}/cached?cpf=${CPF}`, { method: 'POST', body: '{}' });
    await settled();
  });

  test('the counts are exact, by client and path, minute by minute', async () => {
    const rows = await rowsOf('from=-1h&group_by=client,path&bucket=1m');
    const found = new Map<string, number[]>();
    for (const { group, count, refused, errors, hits, start } of rows) {
      expect(new Date(start!).getTime() % 60_000).toBe(0);
      const key = `${group.client} ${group.path}`;
      const before = found.get(key) ?? [0, 0, 0, 0];
      found.set(
        key,
        [count, refused, errors, hits].map((value, index) => value + before[index]!),
      );
    }
    expect(Object.fromEntries(found)).toEqual({
      'alice /ml/items/1': [7, 2, 2, 0],
      'bob /ml/items/2': [3, 0, 0, 0],
      'bob /ml/broken': [2, 0, 2, 0],
      'carol /cached': [4, 0, 0, 3],
      'mallory /ml/items/9': [1, 1, 1, 0],
      '(none) /cached': [2, 2, 2, 0],
      '(none) (none)': [2, 2, 2, 0],
    });
  });

  test('every grouping adds up to what /metrics counts', async () => {
    const total = await settled();
    for (const group of [
      '',
      'client',
      'path',
      'client,path',
      'route',
      'status',
      'method',
      'outcome',
      'cache',
    ]) {
      const rows = await rowsOf(`from=-1h${group === '' ? '' : `&group_by=${group}`}`);
      expect([group, sum(rows)]).toEqual([group, total]);
    }
    const overview = await admin.get('/overview');
    expect(overview.json.totals.requests).toBe(total);
    const { text } = await call(`${gateway.url}/metrics`, { headers: { accept: 'text/plain' } });
    const counted = [...text.matchAll(/^comporta_requests_total\{.*\} (\d+)$/gm)].map(([, value]) =>
      Number(value),
    );
    expect(counted.reduce((one, other) => one + other, 0)).toBe(total);
  });

  test('filters, order and limit choose among the rows', async () => {
    const [first, ...rest] = await rowsOf('from=-1h&group_by=client&order_by=refused&limit=1');
    expect(rest).toEqual([]);
    expect(first!.group).toEqual({ client: '(none)' });
    expect(sum(await rowsOf('from=-1h&client=bob&path=/ml/broken'))).toBe(2);
    expect(sum(await rowsOf('from=-1h&group_by=route&status=5xx'))).toBe(2);
  });

  test('a query that cannot be answered names the field and the accepted form', async () => {
    for (const [query, field] of [
      ['bucket=2m', 'bucket'],
      ['group_by=color', 'group_by'],
      ['from=tomorrow', 'from'],
      ['limit=-1', 'limit'],
      ['nope=1', 'nope'],
      ['client=bob&status=5xx', 'group_by'],
    ]) {
      const { status, json } = await admin.get(`/usage?${query}`);
      expect(status).toBe(400);
      expect(json.errors[0].field).toStartWith(field!);
    }
  });
});

describe('text from outside stays text', () => {
  const INJECTIONS = [
    "'; drop table usage_minute; --",
    '"><script>alert(1)</script>',
    '=HYPERLINK("http://evil.example","x")',
    '@SUM(1+1)',
    'a,b;c|d',
    '%s%n$(id)',
  ];

  test('as client id and path, in the ledger, as JSON and as CSV', async () => {
    for (const text of INJECTIONS) await get(`/ml/inject/${encodeURIComponent(text)}`, text);
    await settled();
    const rows = await rowsOf('from=-1h&group_by=client');
    for (const text of INJECTIONS) expect(rows.map(({ group }) => group.client)).toContain(text);
    expect(sum(await rowsOf(`from=-1h&client=${encodeURIComponent(INJECTIONS[0]!)}`))).toBe(1);
    const csv = await admin.get('/usage?from=-1h&group_by=client&format=csv');
    expect(csv.headers.get('content-type')).toStartWith('text/csv');
    const lines = csv.text.trimEnd().split('\r\n');
    expect(lines[0]).toStartWith('client,count,errors,refused,hits,bytes,total_average_ms');
    expect(lines).toHaveLength(rows.length + 1);
    expect(csv.text).toContain(`"'=HYPERLINK(""http://evil.example"",""x"")",1,`);
    expect(csv.text).toContain(`'@SUM(1+1),1,`);
    expect(csv.text).toContain('"a,b;c|d",1,');
  });

  test('as the note and id of a rule, which comes back as it was written', async () => {
    const note = `'; drop table rules; -- "quoted" <b> \u{1f600}`;
    await admin.addRule({ id: 'noted', path: '/ml/n', limit: '5 per 1m', note });
    expect((await admin.get('/rules/noted')).json.note).toBe(note);
    const broken = await admin.send('POST', '/rules', { id: 'x', action: 'deny', note: 'a\nlevel=error' });
    expect(broken.json.errors[0].field).toBe('note');
    expect((await admin.get(`/rules/${encodeURIComponent("x' or '1'='1")}`)).status).toBe(404);
    expect((await admin.get('/rules?limit=500')).json.total).toBe(3);
  });

  test('in the log, where one request is one line whatever its path and id hold', async () => {
    const before = gateway.logLines.length;
    await rawRequest(
      gateway.url,
      'GET /ml/a%0d%0a{"level":"fatal"} HTTP/1.1\r\nHost: a\r\nclient-id: x"y\\z\r\nConnection: close\r\n\r\n',
    );
    const lines = gateway.logLines.slice(before);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'info', client: 'x"y\\z' });
  });
});

test('no CPF is in the bytes of the database, the audit log, the log or the metrics', async () => {
  await get(`/cached?cpf=${CPF}`, CPF);
  await get(`/cached?cpf=${PUNCTUATED}`, PUNCTUATED);
  await get(`/ml/people/${CPF}`, 'dora');
  await get(`/ml/people/${PUNCTUATED}/x`, 'dora');
  await get(`/ml/people?cpf=${CPF}`, 'dora');
  await get(`/nowhere/${CPF}?cpf=${CPF}`, 'dora');
  const wrong = await get(`/cached?cpf=${CPF}1`, 'dora');
  await admin.get(`/usage?client=${CPF}`);
  await admin.send('POST', '/rules/test', { ip: '10.0.0.1', path: `/ml/people/${CPF}` });
  const total = await settled();
  expect(sum(await rowsOf('from=-1h&group_by=path'))).toBe(total);
  const files = [database, `${database}-wal`].filter((file) => existsSync(file));
  expect(files).toHaveLength(2);
  const audit = await admin.get('/audit?limit=500');
  const metrics = await call(`${gateway.url}/metrics`, { headers: { accept: 'text/plain' } });
  const places = [...files.map((file) => readFileSync(file, 'latin1')), audit.text, metrics.text, wrong.text];
  for (const text of [...places, ...gateway.logLines]) {
    expect(text.includes(CPF)).toBe(false);
    expect(text.includes(PUNCTUATED)).toBe(false);
  }
  expect(readFileSync(files[1]!, 'latin1') + readFileSync(files[0]!, 'latin1')).toContain('/ml/people/***');
});

test('an address is no tax id, however long its numbers are', async () => {
  await call(`${gateway.url}/ml/x`, { headers: { 'x-forwarded-for': '192.168.100.100' } });
  await settled();
  expect(sum(await rowsOf('from=-1h&client=192.168.100.100'))).toBe(1);
});

test('usage.hash_clients: the ledger knows clients by a keyed hash, the same one each time', async () => {
  const file = join(folder, 'hashed.db');
  const hashing = await startGateway({
    yaml: config(', hash_clients: a-key-of-this-test'),
    ledger: `sqlite://${file}`,
  });
  for (const client of ['someone@example.org', 'someone@example.org', 'another@example.org']) {
    await call(`${hashing.url}/ml/x`, { headers: { 'client-id': client } });
  }
  const hashed = adminOf(hashing.adminUrl);
  await until(async () => (await hashed.get('/usage?from=-1h')).json.rows[0]?.count === 3);
  const { json } = await hashed.get('/usage?from=-1h&group_by=client');
  expect(json.rows.map(({ count }: Row) => count)).toEqual([2, 1]);
  for (const { group } of json.rows) expect(group.client).toMatch(/^[0-9a-f]{16}$/);
  const bytes = [file, `${file}-wal`].map((one) => readFileSync(one, 'latin1')).join('');
  expect(bytes).not.toContain('example.org');
  const entries = await hashed.get('/config');
  expect(entries.text).not.toContain('a-key-of-this-test');
  await hashing.stop();
});
