import { describe, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import { cpfAt } from '../../src/shared/cpf.ts';
import { startFleet } from '../support/fleet.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { call, score, until } from '../support/score.ts';
import { type Started, startProcess } from '../support/started.ts';

/** Only what the process itself writes, one object a line. */
function faultsIn(text: string): Array<{ reason: string; msg: string }> {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter(({ reason }) => typeof reason === 'string');
}

describe.skipIf(!hasRedis)('a Redis that cannot be used', () => {
  test('away: nothing paced goes out, all else does; back: everything goes on by itself', async () => {
    const fleet = await startFleet(1);
    const [node] = fleet.nodes;
    try {
      expect((await score(node!.url, cpfAt(1))).status).toBe(200);
      await fleet.redis.kill();
      await until(async () => (await call(`${node!.url}/readyz`)).json.status === 'degraded');
      expect((await call(`${node!.url}/readyz`)).json).toEqual({
        status: 'degraded',
        reasons: ['state_unavailable'],
      });
      const refused = await score(node!.url, cpfAt(2));
      expect([refused.status, refused.json.code]).toEqual([503, 'state_unavailable']);
      expect(refused.headers.get('retry-after')).not.toBeNull();
      // What is not counted asks nobody, and what is stored is answered.
      expect((await call(`${node!.url}/ml/items/1`)).status).toBe(200);
      expect((await score(node!.url, cpfAt(1))).status).toBe(200);
      const { state, nodes } = (await node!.admin.get('/fleet')).json;
      expect(state).toMatchObject({ kind: 'redis', status: 'away', server: null });
      expect(state.reason).toContain('Redis');
      expect(nodes).toEqual([]);
      expect((await call(`${node!.url}/metrics`)).json.system_status).toBe('degraded');
      const { arrivalCount } = await fleet.sandbox.report();
      await fleet.redis.restart();
      await until(async () => (await call(`${node!.url}/readyz`)).json.status === 'ready');
      expect((await score(node!.url, cpfAt(3))).status).toBe(200);
      const report = await fleet.sandbox.report();
      expect(report.violations).toBe(0);
      // The second call was never sent.
      expect(report.arrivalCount - arrivalCount).toBe(1);
    } finally {
      await fleet.stop();
    }
  }, 60_000);

  /** A process that finds its Redis unusable: what it says, and that it lives. */
  async function startWith(
    url: string,
  ): Promise<{ node: Started; refusal: string; ready: unknown; said: string }> {
    const upstream = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json({}) });
    const env = { REDIS_URL: url, SCORE_API_URL: upstream.url.href, EXTERNAL_SERVICE_URL: upstream.url.href };
    const node = await startProcess([], { env: { ...env, MERCADOLIBRE_URL: upstream.url.href } });
    const rest = node.rest();
    try {
      const refused = await score(node.url, cpfAt(1));
      const ready = (await call(`${node.url}/readyz`)).json;
      expect((await call(`${node.url}/ml/x`)).status).toBe(200);
      // Long enough to be tried again, more than once.
      await Bun.sleep(2_500);
      node.kill('SIGTERM');
      expect(await node.exited).toBe(0);
      return { node, refusal: refused.json.code, ready, said: node.said + (await rest) };
    } finally {
      await upstream.stop(true);
    }
  }

  const expectOneLine = (found: Awaited<ReturnType<typeof startWith>>, reason: string, words: string) => {
    expect(found.refusal).toBe('state_unavailable');
    expect(found.ready).toEqual({ status: 'degraded', reasons: ['state_unavailable'] });
    const faults = faultsIn(found.said);
    expect(faults.map((fault) => fault.reason)).toEqual([reason]);
    expect(faults[0]!.msg).toContain(words);
    expect(found.said).toContain('cannot be used yet: no paced call goes out');
    expect(found.said).not.toContain('hunter2');
  };

  test('nobody there: one line, no crash, no unpaced call', async () => {
    expectOneLine(await startWith('redis://:hunter2@127.0.0.1:1'), 'unreachable', 'cannot be reached');
  }, 30_000);

  test('wrong password', async () => {
    const redis = await startRedis();
    const direct = new Redis(redis.url);
    try {
      await direct.config('SET', 'requirepass', 'right');
      const url = `redis://:hunter2@127.0.0.1:${redis.port}`;
      expectOneLine(await startWith(url), 'password', 'refuses the user or password of REDIS_URL');
    } finally {
      direct.disconnect();
      await redis.stop();
    }
  }, 30_000);

  test('a replica', async () => {
    const primary = await startRedis();
    const replica = await startRedis();
    const direct = new Redis(replica.url);
    try {
      await direct.replicaof('127.0.0.1', primary.port);
      await until(async () => (await direct.info('replication')).includes('master_link_status:up'));
      expectOneLine(await startWith(replica.url), 'replica', 'read-only replica');
    } finally {
      direct.disconnect();
      await Promise.all([primary.stop(), replica.stop()]);
    }
  }, 30_000);

  test('no memory left', async () => {
    const redis = await startRedis('--maxmemory', '1', '--maxmemory-policy', 'noeviction');
    try {
      expectOneLine(await startWith(redis.url), 'memory', 'maxmemory');
    } finally {
      await redis.stop();
    }
  }, 30_000);

  test('a user who may not do what is needed', async () => {
    const redis = await startRedis();
    const direct = new Redis(redis.url);
    try {
      await direct.call(
        'ACL',
        'SETUSER',
        'poor',
        'on',
        '>hunter2',
        '~*',
        '&*',
        '+@read',
        '+info',
        '+hello',
        '+auth',
      );
      const url = `redis://poor:hunter2@127.0.0.1:${redis.port}`;
      expectOneLine(await startWith(url), 'permission', 'may not do what Comporta needs');
    } finally {
      direct.disconnect();
      await redis.stop();
    }
  }, 30_000);
});
