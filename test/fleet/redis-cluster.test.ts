import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { systemClock } from '../../src/shared/clock.ts';
import { cpfAt } from '../../src/shared/cpf.ts';
import { RedisConnection } from '../../src/state/redis/connection.ts';
import { gateTag, nodeKeys, sharedTag } from '../../src/state/redis/keys.ts';
import { Topics } from '../../src/state/redis/topics.ts';
import { type FleetNode, startFleet, type TestFleet } from '../support/fleet.ts';
import { faultsIn, runOnRedis } from '../support/node-on-redis.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { startRedisCluster, type TestCluster } from '../support/redis-cluster.ts';
import { call, score, until } from '../support/score.ts';

/** Two really started gateways on a Redis Cluster of three primaries: what one Redis does, three do. */
describe.skipIf(!hasRedis)('on a Redis Cluster', () => {
  let cluster: TestCluster;
  let fleet: TestFleet;
  let one: FleetNode;
  let other: FleetNode;

  beforeAll(async () => {
    cluster = await startRedisCluster();
    fleet = await startFleet(2, { REDIS_URL: cluster.url });
    [one, other] = fleet.nodes as [FleetNode, FleetNode];
  }, 30_000);
  afterAll(async () => {
    await fleet?.stop();
    await cluster?.stop();
  }, 30_000);

  const readyOf = async ({ url }: FleetNode): Promise<string> => (await call(`${url}/readyz`)).json.status;

  test('what belongs together lies on one server, and not everything on the same', async () => {
    const tags = [gateTag('comporta', 'score'), gateTag('comporta', 'external'), sharedTag('comporta')];
    const owners = await Promise.all([...tags, nodeKeys('comporta')[0]!].map(cluster.ownerOf));
    expect(new Set(owners).size).toBeGreaterThan(1);
  });

  test('the nodes know each other, and nothing is wrong', async () => {
    for (const node of fleet.nodes) {
      await until(async () => (await node.admin.get('/fleet')).json.nodes.length === 2);
      expect(await readyOf(node)).toBe('ready');
    }
    expect((await one.admin.get('/fleet')).json.state).toMatchObject({ kind: 'redis', status: 'ok' });
  }, 20_000);

  test('one paces for all, and what one has fetched the other has', async () => {
    const answers = await Promise.all(
      [1, 2, 3].map((index) => score(fleet.nodes[index % 2]!.url, cpfAt(index))),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const report = await fleet.sandbox.report();
    expect(report).toMatchObject({ violations: 0, arrivalCount: 3 });
    expect(report.closestSpacingMs!).toBeGreaterThanOrEqual(1_000);
    const cached = await Promise.all(
      [1, 2].map((index) => score(fleet.nodes[(index + 1) % 2]!.url, cpfAt(index))),
    );
    expect(cached.map(({ headers }) => headers.get('cache-status'))).toEqual([
      expect.stringContaining('hit'),
      expect.stringContaining('hit'),
    ]);
    expect((await fleet.sandbox.report()).arrivalCount).toBe(3);
  }, 30_000);

  test('identical reads at both nodes are one call', async () => {
    const { arrivalCount } = await fleet.sandbox.report();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => score(fleet.nodes[index % 2]!.url, cpfAt(50))),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect((await fleet.sandbox.report()).arrivalCount - arrivalCount).toBe(1);
  }, 20_000);

  const itemsOf = async (client: string, count: number): Promise<number[]> => {
    const answers = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        call(`${fleet.nodes[index % 2]!.url}/ml/items/${index}`, { headers: { 'client-id': client } }),
      ),
    );
    return answers.map(({ status }) => status);
  };

  test('a limit that is exact is: no call more, wherever they come', async () => {
    const limit = { client: '*', path: '/ml/items/*', limit: '7 per 1m', enforce: 'exact' };
    await one.admin.addRule({ id: 'few-items', ...limit });
    // Until both nodes know of it.
    await until(async () => (await itemsOf('probe', 20)).every((status) => status === 429));
    for (const client of ['ana', 'bia', 'cleo']) {
      expect((await itemsOf(client, 20)).filter((status) => status === 200)).toHaveLength(7);
    }
    expect((await one.admin.send('DELETE', '/rules/few-items', undefined, { 'if-match': '*' })).status).toBe(
      204,
    );
    await until(async () => !(await itemsOf('late', 20)).includes(429));
  }, 20_000);

  test('who exceeds a rule at one node is on the deny list of all', async () => {
    const limit = {
      client: '*',
      path: '/ml/items/*',
      limit: '5 per 1m',
      enforce: 'eventual',
      block_for: '1m',
    };
    await one.admin.addRule({ id: 'blocked-items', ...limit });
    const at = (node: FleetNode) =>
      call(`${node.url}/ml/items/1`, { headers: { 'client-id': 'greedy' } }).then(({ status }) => status);
    await until(async () => (await at(one)) !== 200);
    await until(async () => (await at(other)) !== 200, 2_000);
    expect(
      (await one.admin.send('DELETE', '/rules/blocked-items', undefined, { 'if-match': '*' })).status,
    ).toBe(204);
  }, 20_000);

  test('a message that is published at any server is heard', async () => {
    const link = new RedisConnection({ clock: systemClock, url: cluster.url });
    const topics = new Topics(systemClock, link);
    try {
      const heard: string[] = [];
      let began = false;
      topics.listen(
        'comporta:test',
        (message) => void heard.push(message),
        () => {
          began = true;
        },
      );
      await until(() => began && link.isUp);
      await Promise.all(cluster.direct.map((client, index) => client.publish('comporta:test', `${index}`)));
      await until(() => heard.length === 3);
      expect(heard.sort()).toEqual(['0', '1', '2']);
    } finally {
      topics.close();
      link.close();
    }
  }, 20_000);

  test('one server that takes no more: what it is about is told, no call goes out, and it goes on by itself', async () => {
    const owner = await cluster.ownerOf(gateTag('comporta', 'score'));
    await cluster.direct[owner]!.config('SET', 'maxmemory', '1');
    const { arrivalCount } = await fleet.sandbox.report();
    const refused = await score(one.url, cpfAt(70));
    expect([refused.status, refused.json.code]).toEqual([503, 'state_unavailable']);
    await until(async () => (await readyOf(one)) === 'degraded');
    await Bun.sleep(1_200);
    expect(await readyOf(one)).toBe('degraded');
    expect((await one.admin.get('/fleet')).json.state.reason).toContain('maxmemory');
    expect((await fleet.sandbox.report()).arrivalCount).toBe(arrivalCount);
    await cluster.direct[owner]!.config('SET', 'maxmemory', '0');
    await until(async () => (await readyOf(one)) === 'ready');
    expect((await score(one.url, cpfAt(71))).status).toBe(200);
    expect((await fleet.sandbox.report()).violations).toBe(0);
  }, 30_000);

  test('a server is lost: no call goes out, it is told, and all goes on when it is back', async () => {
    const owner = await cluster.ownerOf(gateTag('comporta', 'score'));
    await cluster.servers[owner]!.kill();
    const { arrivalCount } = await fleet.sandbox.report();
    const refused = await score(one.url, cpfAt(80));
    expect([refused.status, refused.json.code]).toEqual([503, 'state_unavailable']);
    for (const node of fleet.nodes) await until(async () => (await readyOf(node)) === 'degraded');
    expect((await call(`${one.url}/ml/items/1`)).status).toBe(200);
    expect((await fleet.sandbox.report()).arrivalCount).toBe(arrivalCount);
    await cluster.servers[owner]!.restart();
    await cluster.whole();
    for (const node of fleet.nodes) await until(async () => (await readyOf(node)) === 'ready');
    const answers = await Promise.all(
      [81, 82].map((index) => score(fleet.nodes[index % 2]!.url, cpfAt(index))),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await fleet.sandbox.report()).violations).toBe(0);
  }, 40_000);

  test('a REDIS_URL of the wrong kind, for one of its servers and for one that is in none: one line each', async () => {
    const redis = await startRedis();
    const run = async (url: string, words: string): Promise<void> => {
      const { paced, said } = await runOnRedis(url, {}, 500);
      expect(paced).toEqual({ status: 503, code: 'state_unavailable' });
      expect(faultsIn(said).map(({ reason }) => reason)).toEqual(['mode']);
      expect(faultsIn(said)[0]!.msg).toContain(words);
    };
    try {
      await Promise.all([
        run(cluster.servers[0]!.url, 'write redis-cluster://'),
        run(`redis-cluster://127.0.0.1:${redis.port}`, 'write redis:// or rediss://'),
      ]);
    } finally {
      await redis.stop();
    }
  }, 40_000);

  test('each trouble was told in one line, and its end in one', async () => {
    const said = fleet.nodes.map((node) => node.rest());
    for (const node of fleet.nodes) node.kill('SIGTERM');
    const owner = await cluster.ownerOf(gateTag('comporta', 'score'));
    const told = (await Promise.all(said)).map(faultsIn);
    for (const faults of told) {
      const reasons = faults.map(({ reason }) => reason);
      expect(reasons).toContain('cluster');
      expect(new Set(reasons).size).toBe(reasons.length);
    }
    // The one that was called while the server took no more; the other had nothing to ask meanwhile.
    expect(told[0]![0]).toMatchObject({
      reason: 'memory',
      redis: `127.0.0.1:${cluster.servers[owner]!.port}`,
    });
  }, 20_000);
});
