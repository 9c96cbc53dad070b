import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { hasRedis, startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { VirtualClock } from '../../../shared/virtual-clock.ts';
import type { RedisLink } from '../link.ts';
import { until } from '../redis-link.fixture.ts';
import type { SharedRevisions } from '../revisions/shared-revisions.ts';
import type { Topics } from '../topics.ts';
import { type AccessNode, accessNode, accessRule } from './fleet.fixture.ts';
import { FleetDenials } from './fleet-denials.ts';

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

  describe('while a long list is read again', () => {
    const LONG = 20_000;

    /** Calls `run` again and again until `one` has read a list of `LONG` clients, page by page. */
    const whileReading = async (one: AccessNode, run: () => void) => {
      const { commands } = one.link;
      const untilMs = Date.now() + HOUR_MS;
      for (let first = 0; first < LONG; first += 1_000) {
        const pairs = Array.from({ length: 1_000 }, (_, index) => [
          untilMs,
          `client:c${first + index}`,
        ]).flat();
        await commands.zadd('{comporta:shared}:denied', ...(pairs as [number, string]));
      }
      await commands.hincrby('{comporta:shared}:revisions', 'denied', 5);
      await until(async () => {
        run();
        await Bun.sleep(1);
        return one.access.snapshot().denied >= LONG / 2;
      }, 10_000);
    };
    const isSettled = ({ access }: AccessNode, clients: readonly string[], denied: boolean) => {
      const held = new Set(access.denied().map(({ client }) => client));
      return clients.every((client) => held.has(client) === denied);
    };

    test('what is denied meanwhile stays denied, at every moment', async () => {
      const [one, other] = await fleet(2);
      const denied: string[] = [];
      const missing = new Set<string>();
      const look = () => {
        for (const client of denied) {
          const decision = one!.ask({ clientId: client.slice('client:'.length) });
          if (decision instanceof Promise || decision.kind !== 'denied') missing.add(client);
        }
      };
      await whileReading(one!, () => {
        const name = `client:late${denied.length}`;
        one!.access.deny(name, HOUR_MS, 'b');
        denied.push(name);
        look();
      });
      look();
      expect(denied.length).toBeGreaterThan(10);
      expect([...missing]).toEqual([]);
      await until(() => isSettled(other!, denied, true));
      expect(isSettled(one!, denied, true)).toBe(true);
    }, 30_000);

    test('who is lifted meanwhile stays lifted', async () => {
      const [one, other] = await fleet(2);
      const lifted: string[] = [];
      const answers: Array<Promise<boolean>> = [];
      await whileReading(one!, () => {
        const name = `client:c${lifted.length * 7}`;
        answers.push(one!.access.lift(name));
        lifted.push(name);
      });
      expect(isSettled(one!, lifted, false)).toBe(true);
      expect(await Promise.all(answers)).not.toContain(false);
      expect(lifted.length).toBeGreaterThan(10);
      await until(() =>
        [one, other].every((node) => node!.access.snapshot().denied === LONG - lifted.length),
      );
      for (const node of [one, other]) expect(isSettled(node!, lifted, false)).toBe(true);
    }, 30_000);
  });

  test('changes that a replica had missed when it took over are told anew by those who made them', async () => {
    const [one, other] = await fleet(2);
    const { commands } = one!.link;
    for (const client of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) {
      one!.access.deny(client, HOUR_MS, 'b');
      await until(() => clientsAt(other!).includes(client));
    }
    // What the replica has. The connections stay.
    await commands.zrem('{comporta:shared}:denied', '10.0.0.2', '10.0.0.3');
    await commands.hset('{comporta:shared}:revisions', 'denied', 1);
    one!.access.deny('10.0.0.4', HOUR_MS, 'b');
    await until(async () => (await commands.zcard('{comporta:shared}:denied')) === 4);
    await Bun.sleep(300);
    for (const node of [one, other]) expect(clientsAt(node!).length).toBe(4);
  });

  test('two nodes that disagree about one client agree in the end with what Redis has', async () => {
    const nodes = await fleet(2);
    for (let round = 0; round < 50; round++) {
      for (const [place, { access }] of nodes.entries()) {
        if ((round + place) % 3 === 0) void access.lift('10.0.0.1');
        else access.deny('10.0.0.1', HOUR_MS, 'b');
      }
      if (round % 5 === 0) await Bun.sleep(1);
    }
    const { commands } = nodes[0]!.link;
    const agree = async () => {
      const isDenied = (await commands.zscore('{comporta:shared}:denied', '10.0.0.1')) !== null;
      return nodes.every((node) => (clientsAt(node).length === 1) === isDenied);
    };
    await Bun.sleep(300);
    expect(await agree()).toBe(true);
  });
});

test('lifts that are dropped to keep what is untold bounded are answered, as those that are told are', async () => {
  const sent: string[] = [];
  const waiting: Array<() => void> = [];
  const link = {
    isUp: true,
    onChange: () => () => {},
    commands: {
      evalsha: (...args: unknown[]) => {
        const { o } = JSON.parse(String(args.at(-1))) as { o: Array<[number, string]> };
        sent.push(...o.map(([, client]) => client));
        return new Promise((resolve) =>
          waiting.push(() => resolve(JSON.stringify({ v: 1, d: o.map(() => 'b') }))),
        );
      },
    },
  } as unknown as RedisLink;
  const denials = new FleetDenials({
    clock: new VirtualClock(),
    link,
    topics: { listen: () => () => {} } as unknown as Topics,
    revisions: { on: () => () => {}, saw: () => {}, reread: () => {} } as unknown as SharedRevisions,
    prefix: 'p',
    node: 'n',
    maxDenied: 1,
    onLifted: () => {},
  });
  // One is on its way while others come, five more than may wait.
  const clients = Array.from({ length: 10_006 }, (_, index) => `client:${index}`);
  const lifts = clients.map((client) => denials.lift(client));
  while (waiting.length > 0) {
    waiting.shift()!();
    await Bun.sleep(0);
  }
  const unanswered = new Promise<'never answered'>((resolve) =>
    setTimeout(() => resolve('never answered'), 1_000),
  );
  const answers = await Promise.all(lifts.map((lift) => Promise.race([lift, unanswered])));
  const places = (what: unknown) => answers.flatMap((answer, place) => (answer === what ? [place] : []));
  expect(places('never answered')).toEqual([]);
  expect(places(undefined)).toEqual([1, 2, 3, 4, 5]);
  expect(denials.droppedOperations).toBe(5);
  expect(sent).toEqual([clients[0]!, ...clients.slice(6)]);
  denials.close();
});
