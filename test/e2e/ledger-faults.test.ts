import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, adminOf } from '../support/admin.ts';
import { runCli } from '../support/cli.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { POSTGRES_MISSING, postgresPrograms, startPostgres } from '../support/postgres.ts';
import { ok, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { call, until } from '../support/score.ts';
import { type Started, startProcess } from '../support/started.ts';

/** The ledger outlives the process, and the gateway outlives the ledger. */

let folder: string;
let upstream: RawUpstream;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'comporta-ledger-'));
  upstream = await startRawUpstream((_, socket) => void socket.write(ok('{}')));
});

afterEach(() => {
  upstream.stop();
  rmSync(folder, { recursive: true, force: true });
});

const config = (flush = '5s') => `
usage: { flush_interval: ${flush} }
upstreams: { api: { url: "${upstream.url}" } }
routes: [{ path: /ml/*, upstream: api, rewrite: /* }]
`;

async function countOf(admin: Admin, query = ''): Promise<number> {
  const { status, json } = await admin.get(`/usage?from=-2h${query}`);
  return status === 200
    ? json.rows.reduce((total: number, { count }: { count: number }) => total + count, 0)
    : -1;
}

describe('a process that ends', () => {
  let file: string;
  let env: Record<string, string>;

  beforeEach(() => {
    file = join(folder, 'comporta.yaml');
    env = { DATABASE_URL: `sqlite://${folder}/comporta.db` };
  });

  const start = (flush?: string): Promise<Started> => {
    writeFileSync(file, `ledger: "\${DATABASE_URL}"\n${config(flush)}`);
    return startProcess(['--config', file, '--listen', '127.0.0.1:0'], { env });
  };

  test('five a minute for one address: the sixth is 429, also after SIGTERM and kill -9, and usage tells it', async () => {
    let started = await start('500ms');
    let admin = adminOf(started.adminUrl);
    const ask = async () => call(`${started.url}/ml/items/1`);
    await admin.addRule({ id: 'five', client: '127.0.0.1', path: '/ml/items/*', limit: '5 per 1m' });
    for (let count = 0; count < 5; count++) expect((await ask()).status).toBe(200);
    const sixth = await ask();
    expect([sixth.status, sixth.json.code]).toEqual([429, 'client_rate_limited']);
    const retryAfter = Number(sixth.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);
    const verdict = await admin.send('POST', '/rules/test', { ip: '127.0.0.1', path: '/ml/items/1' });
    expect(verdict.json).toMatchObject({
      decision: 'throttled',
      winner: 'five',
      counters: { matched: 6, refused: 1 },
      limit: { count: 5, window_ms: 60_000, remaining: 0 },
    });
    expect(Math.abs(verdict.json.retry_in_ms / 1_000 - retryAfter)).toBeLessThan(2);
    await until(async () => (await countOf(admin)) === 6);
    const shown = await admin.get('/usage?from=-2h&group_by=client,path&bucket=1m');
    for (const { group } of shown.json.rows)
      expect(group).toEqual({ client: '127.0.0.1', path: '/ml/items/1' });
    expect(shown.json.rows.reduce((sum: number, { refused }: { refused: number }) => sum + refused, 0)).toBe(
      1,
    );

    for (const [round, signal] of (['SIGTERM', 'SIGKILL'] as const).entries()) {
      started.kill(signal);
      await started.exited;
      started = await start('500ms');
      admin = adminOf(started.adminUrl);
      // The very first requests of the new process meet the rule.
      const statuses: number[] = [];
      for (let count = 0; count < 6; count++) statuses.push((await ask()).status);
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
      await until(async () => (await countOf(admin)) === 12 + round * 6);
    }
    await started.stop();
  }, 30_000);

  test('SIGTERM writes everything down first, however far the next flush is', async () => {
    const first = await start('10m');
    await Promise.all(Array.from({ length: 40 }, (_, index) => call(`${first.url}/ml/items/${index}`)));
    expect(await countOf(adminOf(first.adminUrl))).toBe(0);
    first.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    const second = await start();
    expect(await countOf(adminOf(second.adminUrl), '&group_by=client,path')).toBe(40);
    await second.stop();
  }, 20_000);

  test('kill -9 loses no more than what came since the last flush, and no rule', async () => {
    const first = await start('100ms');
    const admin = adminOf(first.adminUrl);
    for (let index = 0; index < 30; index++) await call(`${first.url}/ml/early/${index}`);
    await until(async () => (await countOf(admin)) === 30);
    await admin.addRule({ id: 'last', path: '/ml/last', action: 'deny' });
    first.kill('SIGKILL');
    await first.exited;
    const second = await start();
    const after = adminOf(second.adminUrl);
    expect(await countOf(after)).toBe(30);
    expect((await call(`${second.url}/ml/last`)).status).toBe(403);
    const audit = await after.get('/audit');
    expect(audit.json.items[0]).toMatchObject({ subject: 'rule/last', actor: 'local@127.0.0.1' });
    await second.stop();
  }, 20_000);

  test('an admin API that everybody could reach without a token is not started, and told why', async () => {
    writeFileSync(file, config());
    const args = ['start', '--config', file, '--listen', '127.0.0.1:0', '--admin-listen', '0.0.0.0:0'];
    const { code, stderr } = await runCli(args, { env });
    expect(code).toBe(1);
    expect(stderr).toContain('the admin API must not listen on 0.0.0.0:0 without a token');
    expect(stderr).toContain('ADMIN_TOKEN');
    writeFileSync(file, `admin: { listen: ":0" }\n${config()}`);
    expect((await runCli(['check', file], { env })).code).toBe(1);
  });
});

/** What holds while the database is away, whichever it is. */
async function expectDegraded(gateway: TestGateway, admin: Admin): Promise<void> {
  const ready = await call(`${gateway.url}/readyz`);
  expect([ready.status, ready.json]).toEqual([200, { status: 'degraded', reasons: ['ledger_unavailable'] }]);
  const overview = await admin.get('/overview');
  expect(overview.json.ledger).toMatchObject({ status: 'degraded', reason: expect.stringMatching(/./) });
  expect((await call(`${gateway.url}/ml/x`)).status).toBe(200);
}

describe('SQLite away', () => {
  test('at start: the gateway serves with the rules of its file, and everything arrives when it is back', async () => {
    const place = join(folder, 'data');
    writeFileSync(place, 'a file where the folder should be');
    const gateway = await startGateway({
      yaml: `rules: [{ id: of-file, path: /ml/no, action: deny }]\n${config('100ms')}`,
      ledger: `sqlite://${place}/comporta.db`,
    });
    const admin = adminOf(gateway.adminUrl);
    await expectDegraded(gateway, admin);
    expect((await call(`${gateway.url}/ml/no`)).status).toBe(403);
    const refused = await admin.send('POST', '/rules', { id: 'a', action: 'deny' });
    expect([refused.status, refused.json.code]).toEqual([503, 'ledger_unavailable']);
    expect((await admin.get('/usage')).json.code).toBe('ledger_unavailable');
    for (let count = 0; count < 8; count++) await call(`${gateway.url}/ml/y`);
    rmSync(place);
    await until(async () => (await call(`${gateway.url}/readyz`)).json.status === 'ready');
    await until(async () => (await countOf(admin)) === 10);
    await admin.addRule({ id: 'a', path: '/ml/x', action: 'deny' });
    expect((await call(`${gateway.url}/ml/x`)).status).toBe(403);
    await gateway.stop();
  }, 20_000);

  test('later, its file replaced by a folder: nothing is lost when it is back', async () => {
    const place = join(folder, 'comporta.db');
    const gateway = await startGateway({ yaml: config('100ms'), ledger: `sqlite://${place}` });
    const admin = adminOf(gateway.adminUrl);
    await admin.addRule({ id: 'kept', path: '/ml/kept', action: 'deny' });
    await call(`${gateway.url}/ml/before`);
    await until(async () => (await countOf(admin)) === 1);
    await gateway.stop();
    renameSync(place, `${place}.away`);
    mkdirSync(place);
    const again = await startGateway({ yaml: config('100ms'), ledger: `sqlite://${place}` });
    const adminAgain = adminOf(again.adminUrl);
    await expectDegraded(again, adminAgain);
    rmSync(place, { recursive: true });
    renameSync(`${place}.away`, place);
    await until(async () => (await countOf(adminAgain)) === 2);
    await until(async () => (await call(`${again.url}/ml/kept`)).status === 403);
    await again.stop();
  }, 20_000);

  test('to the end: stopping waits a few seconds, says how much was lost, and ends', async () => {
    const place = join(folder, 'data');
    writeFileSync(place, '');
    const gateway = await startGateway({ yaml: config(), ledger: `sqlite://${place}/comporta.db` });
    for (let count = 0; count < 3; count++) await call(`${gateway.url}/ml/x`);
    const startedAtMs = performance.now();
    await gateway.stop();
    expect(performance.now() - startedAtMs).toBeLessThan(8_000);
    const lost = gateway.logLines.map((line) => JSON.parse(line)).find(({ msg }) => msg.includes('lost'));
    expect(lost).toMatchObject({ level: 'error', requests: 3 });
  }, 20_000);
});

if (postgresPrograms() === undefined) {
  console.log(`LEFT OUT: the gateway on PostgreSQL. ${POSTGRES_MISSING}`);
} else {
  test('PostgreSQL killed and started again: the gateway serves, and not one command is lost', async () => {
    const server = await startPostgres();
    try {
      const gateway = await startGateway({ yaml: config('100ms'), ledger: await server.database('gateway') });
      const admin = adminOf(gateway.adminUrl);
      await admin.addRule({ id: 'kept', path: '/ml/kept', action: 'deny' });
      await call(`${gateway.url}/ml/before`);
      await until(async () => (await countOf(admin)) === 1);
      await server.kill();
      await call(`${gateway.url}/ml/during`);
      await until(async () => (await call(`${gateway.url}/readyz`)).json.status === 'degraded');
      await expectDegraded(gateway, admin);
      expect((await call(`${gateway.url}/ml/kept`)).status).toBe(403);
      await server.start();
      await until(async () => (await countOf(admin)) === 4, 20_000);
      expect((await call(`${gateway.url}/readyz`)).json.status).toBe('ready');
      await gateway.stop();
    } finally {
      await server.stop();
    }
  }, 60_000);
}
