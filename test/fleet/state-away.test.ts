import { describe, expect, test } from 'bun:test';
import { mkdirSync, rmdirSync } from 'node:fs';
import { Redis } from 'ioredis';
import { cpfAt } from '../../src/shared/cpf.ts';
import { startFleet } from '../support/fleet.ts';
import { type Found, faultsIn, linesIn, runOnRedis } from '../support/node-on-redis.ts';
import { postgresPrograms, startPostgres } from '../support/postgres.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { call, score, until } from '../support/score.ts';

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
      const { state, nodes, totals } = (await node!.admin.get('/fleet')).json;
      expect(state).toMatchObject({ kind: 'redis', status: 'away', server: null });
      expect(state.reason).toContain('Redis');
      // It shows itself alone.
      expect(nodes).toMatchObject([{ is_self: true, pid: expect.any(Number), drifts: false }]);
      expect(totals.requests).toBeGreaterThanOrEqual(3);
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

  const expectOneLine = (found: Found, reason: string, words: string) => {
    expect(found.paced).toEqual({ status: 503, code: 'state_unavailable' });
    expect(found.ready).toEqual({ status: 'degraded', reasons: ['state_unavailable'] });
    const faults = faultsIn(found.said);
    expect(faults.map((fault) => fault.reason)).toEqual([reason]);
    expect(faults[0]!.msg).toContain(words);
    expect(found.said).toContain('cannot be used yet: no paced call goes out');
    expect(found.said).not.toContain('hunter2');
  };

  test('nobody there: one line, no crash, no unpaced call', async () => {
    expectOneLine(await runOnRedis('redis://:hunter2@127.0.0.1:1'), 'unreachable', 'cannot be reached');
  }, 30_000);

  test('wrong password', async () => {
    const redis = await startRedis();
    const direct = new Redis(redis.url);
    try {
      await direct.config('SET', 'requirepass', 'right');
      const url = `redis://:hunter2@127.0.0.1:${redis.port}`;
      expectOneLine(await runOnRedis(url), 'password', 'refuses the user or password of REDIS_URL');
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
      expectOneLine(await runOnRedis(replica.url), 'replica', 'read-only replica');
    } finally {
      direct.disconnect();
      await Promise.all([primary.stop(), replica.stop()]);
    }
  }, 30_000);

  test('no memory left', async () => {
    const redis = await startRedis('--maxmemory', '1', '--maxmemory-policy', 'noeviction');
    try {
      expectOneLine(await runOnRedis(redis.url), 'memory', 'maxmemory');
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
      expectOneLine(await runOnRedis(url), 'permission', 'may not do what Comporta needs');
    } finally {
      direct.disconnect();
      await redis.stop();
    }
  }, 30_000);
});

describe.skipIf(!hasRedis)('a Redis that becomes unusable while the gateway runs', () => {
  interface Trouble {
    readonly begin: (redis: Redis) => Promise<unknown>;
    readonly end: (redis: Redis) => Promise<unknown>;
    readonly reason: string;
    readonly words: string;
    /** Of the user that the gateway is; absent: the default one. */
    readonly user?: string;
  }
  const dump = async (redis: Redis): Promise<string> => `${(await redis.config('GET', 'dir'))[1]}/dump.rdb`;
  const MAY_ALL =
    'reset on >hunter2 ~{comporta:* &comporta:* +@read +@write +@scripting +@connection +publish +subscribe +unsubscribe +time -@dangerous +info';
  const grant = (redis: Redis, rights: string) => redis.call('ACL', 'SETUSER', 'app', ...rights.split(' '));
  const TROUBLES: Readonly<Record<string, Trouble>> = {
    'no memory left': {
      begin: (redis) => redis.config('SET', 'maxmemory', '1'),
      end: (redis) => redis.config('SET', 'maxmemory', '0'),
      reason: 'memory',
      words: 'maxmemory',
    },
    'the primary becomes a replica': {
      begin: (redis) => redis.replicaof('127.0.0.1', 1),
      end: (redis) => redis.replicaof('NO', 'ONE'),
      reason: 'replica',
      words: 'read-only replica',
    },
    'the user may no longer write': {
      begin: (redis) => redis.call('ACL', 'SETUSER', 'app', '-@write'),
      end: (redis) => grant(redis, MAY_ALL),
      reason: 'permission',
      words: 'may not do what Comporta needs',
      user: MAY_ALL,
    },
    'the user may no longer listen': {
      begin: (redis) => redis.call('ACL', 'SETUSER', 'app', 'resetchannels'),
      end: (redis) => grant(redis, MAY_ALL),
      reason: 'permission',
      words: 'may not do what Comporta needs',
      user: MAY_ALL,
    },
    'its data cannot be saved': {
      begin: async (redis) => {
        await redis.config('SET', 'save', '3600 1');
        mkdirSync(await dump(redis));
        await redis.bgsave();
        await until(async () => (await redis.info('persistence')).includes('rdb_last_bgsave_status:err'));
      },
      end: async (redis) => {
        rmdirSync(await dump(redis));
        await redis.bgsave();
        await until(async () => (await redis.info('persistence')).includes('rdb_last_bgsave_status:ok'));
      },
      reason: 'persistence',
      words: 'cannot save its data',
    },
    'too few replicas': {
      begin: (redis) => redis.config('SET', 'min-replicas-to-write', '1'),
      end: (redis) => redis.config('SET', 'min-replicas-to-write', '0'),
      reason: 'replicas',
      words: 'min-replicas-to-write',
    },
  };

  test.concurrent.each(Object.keys(TROUBLES))(
    '%s: one line, and one when it is over',
    async (name) => {
      const { begin, end, reason, words, user } = TROUBLES[name]!;
      const fleet = await startFleet(0);
      const direct = new Redis(fleet.redis.url);
      try {
        if (user !== undefined) await grant(direct, user);
        const url =
          user === undefined ? fleet.redis.url : `redis://app:hunter2@127.0.0.1:${fleet.redis.port}`;
        const node = await fleet.join([], { REDIS_URL: url });
        const rest = node.rest();
        expect((await score(node.url, cpfAt(1))).status).toBe(200);
        await begin(direct);
        // Nobody calls: the node finds out by itself.
        await until(async () => (await call(`${node.url}/readyz`)).json.status === 'degraded');
        const { arrivalCount } = await fleet.sandbox.report();
        expect((await call(`${node.url}/readyz`)).json.reasons).toEqual(['state_unavailable']);
        const refused = await score(node.url, cpfAt(2));
        expect([refused.status, refused.json.code]).toEqual([503, 'state_unavailable']);
        expect((await call(`${node.url}/ml/items/1`)).status).toBe(200);
        expect((await score(node.url, cpfAt(1))).status).toBe(200);
        const { state } = (await node.admin.get('/fleet')).json;
        expect(state).toMatchObject({ kind: 'redis', status: 'away' });
        expect(state.reason).toContain(words);
        expect((await node.admin.get('/overview')).json.readiness).toEqual({
          status: 'degraded',
          reasons: ['state_unavailable'],
        });
        // Long enough to be looked at again, more than once.
        await Bun.sleep(3_500);
        expect((await call(`${node.url}/readyz`)).json.status).toBe('degraded');
        expect((await fleet.sandbox.report()).arrivalCount).toBe(arrivalCount);
        await end(direct);
        await until(async () => (await call(`${node.url}/readyz`)).json.status === 'ready');
        expect((await score(node.url, cpfAt(3))).status).toBe(200);
        // It is told once it has lasted.
        await Bun.sleep(2_500);
        await node.stop();
        const said = linesIn(await rest).filter(({ msg }) => msg.includes('Redis'));
        expect(said.map(({ level, reason }) => [level, reason])).toEqual([
          ['error', reason],
          ['info', undefined],
        ]);
        expect(said[0]).toMatchObject({ redis: `127.0.0.1:${fleet.redis.port}` });
        expect(said[0]!.msg).toContain(words);
        expect(said[0]!.msg).toContain('no paced call goes out');
        expect(said[1]!.msg).toContain('Redis is there');
        expect((await fleet.sandbox.report()).violations).toBe(0);
      } finally {
        direct.disconnect();
        await fleet.stop();
      }
    },
    40_000,
  );
});

test.skipIf(!hasRedis || postgresPrograms() === undefined)(
  'both databases away at once: a line for each trouble, no stack, and a line each when they are back',
  async () => {
    const postgres = await startPostgres();
    const fleet = await startFleet(0, { DATABASE_URL: postgres.url });
    try {
      const node = await fleet.join();
      const rest = node.rest();
      const rule = { id: 'no-rivals', action: 'deny', client: 'client:rival' };
      await node.admin.addRule(rule);
      expect((await score(node.url, cpfAt(1))).status).toBe(200);
      await Promise.all([fleet.redis.kill(), postgres.kill()]);
      // The ledger is found to be away by its next flush.
      await score(node.url, cpfAt(1));
      await until(async () => (await call(`${node.url}/readyz`)).json.reasons?.length === 2, 20_000);
      // Without Redis, rules are looked after every second.
      await Bun.sleep(6_000);
      expect((await call(`${node.url}/readyz`)).json.reasons).toEqual([
        'state_unavailable',
        'ledger_unavailable',
      ]);
      // The rules known last hold, and what is stored is answered.
      expect((await score(node.url, cpfAt(1), '', { 'client-id': 'rival' })).status).toBe(403);
      expect((await score(node.url, cpfAt(1))).status).toBe(200);
      await Promise.all([fleet.redis.restart(), postgres.start()]);
      await until(async () => (await call(`${node.url}/readyz`)).json.status === 'ready', 40_000);
      await Bun.sleep(2_500);
      expect((await score(node.url, cpfAt(2))).status).toBe(200);
      await node.stop();
      const said = await rest;
      const lines = linesIn(said).map(({ msg }) => msg);
      const about = (words: string) => lines.filter((line) => line.includes(words)).length;
      expect({
        redisAway: about('Redis cannot be used'),
        redisBack: about('Redis is there'),
        rulesAway: about('the stored rules cannot be read'),
        rulesBack: about('the stored rules are read again'),
        usageAway: about('the usage ledger does not answer'),
        usageBack: about('the usage ledger is back'),
      }).toEqual({ redisAway: 1, redisBack: 1, rulesAway: 1, rulesBack: 1, usageAway: 1, usageBack: 1 });
      const rules = linesIn(said).find(({ msg }) => msg.includes('the stored rules cannot be read'));
      expect(Object.keys(rules!)).not.toContain('err');
      expect((await fleet.sandbox.report()).violations).toBe(0);
    } finally {
      await fleet.stop();
      await postgres.stop();
    }
  },
  90_000,
);
