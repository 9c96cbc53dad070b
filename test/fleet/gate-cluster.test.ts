import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Cluster, Redis } from 'ioredis';
import { systemClock } from '../../src/shared/clock.ts';
import { seededRandom } from '../../src/shared/random.ts';
import { RedisConnection } from '../../src/state/redis/connection.ts';
import { RedisGates } from '../../src/state/redis/gate/gates.ts';
import { perSecond, settingsOf } from '../contract/gate/driver.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';

/** A Redis Cluster of two nodes, and a connection to one of them that breaks with a request under way. */
describe.skipIf(!hasRedis)('a gate over a Redis Cluster whose connection breaks', () => {
  let server: TestRedis;
  let other: TestRedis;
  beforeAll(async () => {
    const cluster = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'];
    [server, other] = await Promise.all([startRedis(...cluster), startRedis(...cluster)]);
    const [one, two] = [new Redis(server.url), new Redis(other.url)];
    // Nearly everything is on the first.
    await one.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16382');
    await two.call('CLUSTER', 'ADDSLOTS', '16383');
    await one.call('CLUSTER', 'SET-CONFIG-EPOCH', '1');
    await two.call('CLUSTER', 'SET-CONFIG-EPOCH', '2');
    await one.call('CLUSTER', 'MEET', '127.0.0.1', String(other.port));
    for (const client of [one, two]) {
      while (!String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) await Bun.sleep(20);
      client.disconnect();
    }
  }, 20_000);
  afterAll(async () => {
    await server.stop();
    await other.stop();
  });

  const connect = async (): Promise<RedisConnection> => {
    const connection = new RedisConnection({
      clock: systemClock,
      url: `redis-cluster://127.0.0.1:${server.port}`,
    });
    const nodes = () => (connection.commands as Cluster).nodes('master');
    while (!connection.isUp || nodes().filter(({ status }) => status === 'ready').length < 2) {
      for (const node of nodes()) void node.ping().catch(() => {});
      await Bun.sleep(5);
    }
    return connection;
  };
  /** Its bytes are on their way to the server; its answer finds nobody. */
  const breakNow = (connection: RedisConnection): void => {
    const node = (connection.commands as Cluster)
      .nodes('master')
      .find(({ options }) => options.port === server.port);
    (node as unknown as { stream: { destroy(): void } }).stream.destroy();
  };

  test('a command whose connection broke is not sent again', async () => {
    const connection = await connect();
    await connection.commands.set('{a}count', 0);
    // It takes a while, so that it has begun and not answered when the connection breaks.
    const script = "for turn = 1, 3e7 do end return redis.call('INCR', KEYS[1])";
    const counted = connection.commands.eval(script, 1, '{a}count').catch(() => 'broken');
    await Bun.sleep(20);
    breakNow(connection);
    await counted;
    await Bun.sleep(300);
    const client = new Redis(server.url);
    expect(await client.get('{a}count')).toBe('1');
    client.disconnect();
    connection.close();
  });

  test('calls that come while the connection breaks leave nothing behind in the queue', async () => {
    const connection = await connect();
    const gates = new RedisGates({ clock: systemClock, random: seededRandom(1), connection, rejoinMs: 50 });
    const gate = gates.open('one', { settings: settingsOf({ limits: [perSecond(20)] }) });
    await gate.refresh();
    await Bun.sleep(200);
    let granted = 0;
    const call = (id: string) => {
      const now = systemClock.now();
      const ticket = {
        id,
        client: 'a',
        urgency: 3,
        arrivedAtMs: now,
        deadlineMs: now + 4_000,
        cost: 1,
      } as const;
      return gate.enter(ticket).then(
        (grant) => {
          granted++;
          grant.sent();
          grant.end('success');
        },
        () => {},
      );
    };
    await call('warm');
    await Bun.sleep(200);
    // The server is busy for a moment: what is asked meanwhile is done, and its answer finds nobody.
    const busy = new Redis(server.url);
    const script = 'for turn = 1, 3e7 do end';
    const done = busy.eval(script, 0);
    await Bun.sleep(20);
    const first = Array.from({ length: 30 }, (_, index) => call(`a${index}`));
    await Bun.sleep(20);
    breakNow(connection);
    await done;
    busy.disconnect();
    await Promise.all(first);
    await Bun.sleep(1_500);
    granted = 0;
    await Promise.all(Array.from({ length: 10 }, (_, index) => call(`b${index}`)));
    expect(granted).toBe(10);
    await gate.refresh();
    expect(gate.snapshot().waiting).toBe(0);
    gates.close();
    connection.close();
  }, 30_000);
});
