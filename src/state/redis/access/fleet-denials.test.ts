import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { hasRedis, startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { until } from '../redis-link.fixture.ts';
import { type AccessNode, accessNode, accessRule } from './fleet.fixture.ts';

const HOUR_MS = 3_600_000;

describe.skipIf(!hasRedis)('the deny list of a fleet', () => {
  let redis: TestRedis;
  let open: AccessNode[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(() => redis.restart());
  afterEach(() => {
    for (const node of open) node.close();
    open = [];
  });
  afterAll(() => redis.stop());

  const fleet = async (count: number, more: { maxDenied?: number } = {}) => {
    const rules = [accessRule({ id: 'b', limit: '1000 per 1h', blockForMs: HOUR_MS })];
    const nodes = await Promise.all(Array.from({ length: count }, () => accessNode(redis.url, rules, more)));
    open.push(...nodes);
    const channels = () => nodes[0]!.link.commands.pubsub('NUMSUB', 'comporta:denials') as Promise<unknown[]>;
    await until(async () => (await channels())[1] === count);
    return nodes;
  };
  const clientsAt = ({ access }: AccessNode) => access.denied().map(({ client }) => client);

  test('holds on every node, for as long as was said, and costs a look-up nothing', async () => {
    const [one, other] = await fleet(2);
    one!.access.deny('client:a', HOUR_MS, 'b');
    expect(clientsAt(one!)).toEqual(['client:a']);
    await until(() => clientsAt(other!).length === 1);
    const [there] = other!.access.denied();
    expect(there!.untilMs).toBeCloseTo(one!.access.denied()[0]!.untilMs, -3);
    expect(other!.ask({ clientId: 'a' })).toMatchObject({ kind: 'denied', ruleId: 'b' });
    expect(other!.ask({ clientId: 'b' })).not.toMatchObject({ kind: 'denied' });
  });

  test('a shorter denial of one node never shortens a longer one of another', async () => {
    const [one, other] = await fleet(2);
    one!.access.deny('10.0.0.1', HOUR_MS, 'b');
    await until(() => clientsAt(other!).length === 1);
    other!.access.deny('10.0.0.1', 1_000, 'b');
    other!.access.deny('10.0.0.2', HOUR_MS, 'b');
    await until(() => clientsAt(one!).length === 2);
    for (const node of [one, other]) {
      const left = node!.access.denied().map(({ untilWallMs }) => untilWallMs - Date.now());
      expect(Math.min(...left)).toBeGreaterThan(HOUR_MS / 2);
    }
  });

  test('ends everywhere by itself, in Redis, too', async () => {
    const [one, other] = await fleet(2);
    one!.access.deny('10.0.0.1', 200, 'b');
    await until(() => clientsAt(other!).length === 1);
    await until(() => clientsAt(one!).length === 0 && clientsAt(other!).length === 0);
    await until(async () => (await one!.link.commands.exists('{comporta:shared}:denied')) === 0);
  });

  test('a node that starts later has it', async () => {
    const [one] = await fleet(1);
    for (let count = 0; count < 2_500; count++) one!.access.deny(`client:${count}`, HOUR_MS, 'b');
    const settled = async () => (await one!.link.commands.zcard('{comporta:shared}:denied')) === 2_500;
    await until(settled);
    const late = await accessNode(redis.url, []);
    open.push(late);
    await until(() => clientsAt(late).length === 2_500);
  });

  test('messages that were lost are made up for in a second or so', async () => {
    const [one, deaf] = await fleet(2);
    one!.access.deny('10.0.0.1', HOUR_MS, 'b');
    await until(() => clientsAt(deaf!).length === 1);
    deaf!.topics.close();
    one!.access.deny('10.0.0.2', HOUR_MS, 'b');
    await one!.access.lift('10.0.0.1');
    await until(() => clientsAt(deaf!).join() === '10.0.0.2', 2_000);
  });

  test('Redis that comes back empty gets it from the nodes', async () => {
    const [one, other] = await fleet(2);
    one!.access.deny('10.0.0.1', HOUR_MS, 'b');
    other!.access.deny('10.0.0.2', HOUR_MS, 'b');
    await until(() => clientsAt(one!).length === 2 && clientsAt(other!).length === 2);
    await redis.restart();
    await until(async () => {
      const kept = await one!.link.commands.zcard('{comporta:shared}:denied').catch(() => 0);
      return kept === 2;
    });
    const late = await accessNode(redis.url, []);
    open.push(late);
    await until(() => clientsAt(late).length === 2);
    expect(clientsAt(one!).length).toBe(2);
  }, 20_000);

  test('what changes while Redis is away holds here at once, and is told when it is back', async () => {
    const [one, other] = await fleet(2);
    one!.access.deny('10.0.0.1', HOUR_MS, 'b');
    await until(() => clientsAt(other!).length === 1);
    await redis.kill();
    await until(() => !one!.link.isUp && !other!.link.isUp);
    one!.access.deny('10.0.0.2', HOUR_MS, 'b');
    expect(await one!.access.lift('10.0.0.1')).toBe(true);
    expect(clientsAt(one!)).toEqual(['10.0.0.2']);
    await redis.restart();
    await until(() => clientsAt(other!).includes('10.0.0.2'));
  }, 20_000);

  test('a rule that is gone frees whom it denied, on every node', async () => {
    const [one, other] = await fleet(2);
    one!.access.deny('10.0.0.1', HOUR_MS, 'b');
    await until(() => clientsAt(other!).length === 1);
    one!.access.replaceRules([]);
    await until(() => clientsAt(other!).length === 0);
  });

  test('is bounded: the denial that would end first makes room, in Redis, too', async () => {
    const [one, other] = await fleet(2, { maxDenied: 10 });
    for (let count = 0; count < 30; count++)
      one!.access.deny(`client:${count}`, HOUR_MS + count * 1_000, 'b');
    await until(() => clientsAt(other!).includes('client:29'));
    expect(await one!.link.commands.zcard('{comporta:shared}:denied')).toBe(10);
    for (const node of [one, other]) expect(clientsAt(node!)).toHaveLength(10);
    expect(one!.access.snapshot().deniedForgotten).toBe(20);
  });
});
