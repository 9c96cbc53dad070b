import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { hasRedis, startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import type { AccessRule } from '../../../policies/access/rule.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { AccessRequest } from '../../access-contract.ts';
import { DenyList } from '../../memory/access-deny-list.ts';
import { commandCounts, until, wireCommands } from '../redis-link.fixture.ts';
import type { RedisAccessControlOptions } from './access-control.ts';
import { type AccessNode, accessNode, accessRule } from './fleet.fixture.ts';

describe.skipIf(!hasRedis)('access rules of a fleet', () => {
  let redis: TestRedis;
  let open: AccessNode[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(async () => {
    await redis.restart();
  });
  afterEach(() => {
    for (const node of open) node.close();
    open = [];
  });
  afterAll(() => redis.stop());

  const fleet = async (
    count: number,
    rules: readonly AccessRule[],
    more: Partial<RedisAccessControlOptions> = {},
  ) => {
    const nodes = await Promise.all(Array.from({ length: count }, () => accessNode(redis.url, rules, more)));
    open.push(...nodes);
    await until(async () => {
      const told = (await nodes[0]!.link.commands.pubsub(
        'NUMSUB',
        'comporta:denials',
        'comporta:over',
      )) as unknown[];
      return told[1] === count && told[3] === count;
    });
    return nodes;
  };
  const passes = (answers: ReadonlyArray<{ kind: string }>) =>
    answers.filter(({ kind }) => kind === 'pass').length;
  const kindOf = (node: AccessNode, request: Partial<AccessRequest> = {}) => {
    const decision = node.ask(request);
    if (decision instanceof Promise) throw new Error('the decision is a promise');
    return decision.kind;
  };

  describe('exact', () => {
    test('no request too many over three nodes, one script each', async () => {
      const nodes = await fleet(3, [accessRule({ limit: '50 per 1m', enforce: 'exact' })]);
      await nodes[0]!.ask();
      const before = await commandCounts(redis.url);
      const answers = await Promise.all(Array.from({ length: 299 }, (_, place) => nodes[place % 3]!.ask()));
      const after = await commandCounts(redis.url);
      expect(passes(answers)).toBe(49);
      expect(after.evalsha! - before.evalsha!).toBe(299);
    });

    test('a request that matches no such rule asks nobody', async () => {
      const [node] = await fleet(1, [accessRule({ path: '/other', limit: '5 per 1m', enforce: 'exact' })]);
      expect(kindOf(node!)).toBe('pass');
    });

    test('who exceeds it and is blocked is denied on every node, and lifted on every node', async () => {
      const rule = accessRule({ id: 'b', limit: '2 per 1h', enforce: 'exact', blockForMs: 3_600_000 });
      const [one, other, third] = await fleet(3, [rule]);
      for (let times = 0; times < 3; times++) await one!.ask();
      await until(() => [other, third].every((node) => node!.access.denied().length === 1));
      expect(kindOf(other!)).toBe('denied');
      expect(other!.access.denied()).toMatchObject([{ client: '10.0.0.1', ruleId: 'b' }]);
      expect(await third!.access.lift('10.0.0.1')).toBe(true);
      await until(() => [one, other, third].every((node) => node!.access.denied().length === 0));
      // Its count is forgotten too: it is not denied again by its next request.
      expect((await one!.ask()).kind).toBe('pass');
      expect(await third!.access.lift('10.0.0.1')).toBe(false);
    });

    test('asking what would be costs nothing of the limit', async () => {
      const [one, other] = await fleet(2, [accessRule({ limit: '5 per 1m', enforce: 'exact' })]);
      for (let times = 0; times < 3; times++) await one!.ask();
      const request = { ip: '10.0.0.1', clientId: undefined, path: '/items/1', method: 'GET' };
      for (let times = 0; times < 3; times++) {
        const { decision } = await other!.access.test(request);
        expect(decision).toMatchObject({ kind: 'pass', limit: { remaining: 1 } });
      }
    });

    test('a shadow of it is counted and never refuses', async () => {
      const [node] = await fleet(1, [
        accessRule({ id: 's', limit: '1 per 1m', enforce: 'exact', shadow: true }),
      ]);
      await node!.ask();
      expect(await node!.ask()).toMatchObject({ kind: 'pass', shadow: { rule: { id: 's' } } });
      expect(node!.access.counters('s')).toEqual({ matched: 2, refused: 0, shadowRefused: 1 });
    });
  });

  describe('eventual', () => {
    test('is decided without a promise, and other nodes know after a merge', async () => {
      const [one, other] = await fleet(2, [accessRule({ limit: '10 per 1m', enforce: 'eventual' })]);
      for (let times = 0; times < 10; times++) expect(kindOf(one!)).toBe('pass');
      expect(kindOf(one!)).toBe('throttled');
      await until(() => one!.access.snapshot().clients === 1 && other!.access.snapshot().clients === 1);
      expect(kindOf(other!)).toBe('throttled');
    });

    test('counts of all nodes come together below the limit, too', async () => {
      const nodes = await fleet(3, [accessRule({ limit: '100 per 1m', enforce: 'eventual' })]);
      for (const node of nodes) for (let times = 0; times < 10; times++) kindOf(node);
      const request = { ip: '10.0.0.1', clientId: undefined, path: '/items/1', method: 'GET' };
      await until(async () => {
        const { decision } = await nodes[0]!.access.test(request);
        return decision.kind === 'pass' && decision.limit?.remaining === 69;
      });
    });

    test('at load: fewer than 0.05 commands a request, for as many clients as there are', async () => {
      const nodes = await fleet(3, [accessRule({ limit: '1000000 per 1h', enforce: 'eventual' })]);
      const before = await commandCounts(redis.url);
      const startMs = systemClock.now();
      let requests = 0;
      // About 10,000 a second at each node, of 3,000 clients.
      while (systemClock.now() - startMs < 1_000) {
        for (const node of nodes) {
          for (let times = 0; times < 50; times++) {
            kindOf(node, { ip: `10.1.${(requests >> 8) % 12}.${requests % 250}` });
            requests++;
          }
        }
        await Bun.sleep(4);
      }
      await Bun.sleep(150);
      const after = await commandCounts(redis.url);
      const wire = wireCommands(before, after);
      const names = Object.keys(after).filter((name) => !['info', 'client'].includes(name));
      const all = names.reduce((sum, name) => sum + after[name]! - (before[name] ?? 0), 0);
      console.log(
        `eventual: ${requests} requests, ${wire} commands over the wire (${(wire / requests).toFixed(5)} each), ${all} with those inside scripts (${(all / requests).toFixed(5)})`,
      );
      expect(wire / requests).toBeLessThan(0.05);
      expect(all / requests).toBeLessThan(0.05);
      // It did tell: nothing was lost on the way.
      expect(nodes.every(({ access }) => access.snapshot().unmerged === 0)).toBe(true);
      const totals = await nodes[0]!.link.commands.keys('*counts*');
      expect(await nodes[0]!.link.commands.hlen(totals[0]!)).toBeGreaterThan(2_500);
    }, 20_000);

    test('1000 per 10s under three nodes at full speed: the overshoot is that of a few ms, once', async () => {
      const nodes = await fleet(3, [accessRule({ limit: '1000 per 10s', enforce: 'eventual' })]);
      const passed = [0, 0, 0];
      const startMs = systemClock.now();
      let offered = 0;
      while (systemClock.now() - startMs < 1_500) {
        for (const [place, node] of nodes.entries()) {
          for (let times = 0; times < 20; times++) {
            if (kindOf(node) === 'pass') passed[place]!++;
            offered++;
          }
        }
        await Bun.sleep(1);
      }
      const total = passed.reduce((sum, one) => sum + one);
      const perNodeMs = offered / 3 / 1_500;
      console.log(
        `eventual 1000 per 10s: ${Math.round(perNodeMs * 1_000)} offered a second at each node, ${total} passed`,
      );
      expect(total).toBeGreaterThanOrEqual(1_000);
      // What the two other nodes let through between two merges of a client that is near its limit.
      expect(total).toBeLessThanOrEqual(1_000 + 2 * perNodeMs * 20);
    }, 20_000);

    test('nothing is sent while nothing is counted', async () => {
      const [node] = await fleet(1, [accessRule({ limit: '10 per 1m', enforce: 'eventual' })]);
      kindOf(node!);
      await until(async () => ((await commandCounts(redis.url)).hset ?? 0) > 0);
      const before = await commandCounts(redis.url);
      await Bun.sleep(400);
      const after = await commandCounts(redis.url);
      expect([after.evalsha, after.hset]).toEqual([before.evalsha, before.hset]);
    });

    test('a limit that has been changed begins anew, another rule’s goes on', async () => {
      const rules = (limit: string) => [
        accessRule({ id: 'a', path: '/a', limit, enforce: 'eventual' }),
        accessRule({ id: 'b', path: '/b', limit: '1 per 1m', enforce: 'eventual' }),
      ];
      const [node] = await fleet(1, rules('1 per 1m'));
      for (const path of ['/a', '/b']) kindOf(node!, { path });
      expect(['/a', '/b'].map((path) => kindOf(node!, { path }))).toEqual(['throttled', 'throttled']);
      node!.access.replaceRules(rules('2 per 1m'));
      expect(['/a', '/b'].map((path) => kindOf(node!, { path }))).toEqual(['pass', 'throttled']);
    });

    test('a client after 64,000 others within one interval is counted on all nodes', async () => {
      const [one, other] = await fleet(2, [accessRule({ limit: '1000 per 1h', enforce: 'eventual' })]);
      for (let index = 0; index < 64_000; index++) kindOf(one!, { clientId: `c${index}` });
      for (let index = 0; index < 900; index++) kindOf(one!, { clientId: 'late' });
      const request = { ip: '10.0.0.1', clientId: 'late', path: '/items/1', method: 'GET' };
      await until(async () => {
        const { decision } = await other!.access.test(request);
        return decision.kind === 'pass' && decision.limit?.remaining === 99;
      }, 10_000);
      expect(one!.access.snapshot().unmerged).toBe(0);
    }, 20_000);

    test('counts that make room before they are merged are told to nobody, and that is counted', async () => {
      const more = { maxClients: 10, intervalMs: 60_000 };
      const [node] = await fleet(1, [accessRule({ limit: '1000 per 1h', enforce: 'eventual' })], more);
      // The first one is merged at once.
      kindOf(node!, { clientId: 'first' });
      await until(async () => (await node!.link.commands.keys('*counts*')).length > 0);
      for (let index = 0; index < 15; index++) {
        for (let times = 0; times < 3; times++) kindOf(node!, { clientId: `c${index}` });
      }
      expect(node!.access.snapshot()).toMatchObject({ clients: 10, clientsForgotten: 6, unmerged: 15 });
    });

    test('counts go by themselves', async () => {
      const [node] = await fleet(1, [accessRule({ limit: '5 per 1s', enforce: 'eventual' })]);
      kindOf(node!);
      const counts = () => node!.link.commands.keys('*counts*');
      await until(async () => (await counts()).length === 1);
      const life = await node!.link.commands.pttl((await counts())[0]!);
      expect(life).toBeGreaterThan(0);
      expect(life).toBeLessThanOrEqual(4_096);
    });
  });

  describe('while Redis is away', () => {
    for (const enforce of ['exact', 'eventual'] as const) {
      test(`${enforce}: every node allows its share, and goes on counting when it is back`, async () => {
        const nodes = await fleet(3, [accessRule({ limit: '9 per 1h', enforce })]);
        const flood = async (clientId: string) => {
          const all = [];
          for (const node of nodes)
            for (let times = 0; times < 20; times++) all.push(await node.ask({ clientId }));
          return passes(all);
        };
        await redis.kill();
        await until(() => nodes.every(({ link }) => !link.isUp));
        expect(await flood('a')).toBe(9);
        await redis.restart();
        await until(() => nodes.every(({ link }) => link.isUp));
        // The first node tells what it let through itself.
        expect(await flood('a')).toBeGreaterThanOrEqual(6);
        expect(await flood('b')).toBeGreaterThanOrEqual(9);
      }, 20_000);

      test(`${enforce}: a limit that is used up stays used up`, async () => {
        const nodes = await fleet(3, [accessRule({ limit: '9 per 1h', enforce })]);
        for (const node of nodes) for (let times = 0; times < 9; times++) await node.ask();
        await until(() => nodes.every((node) => node.access.snapshot().unmerged === 0));
        const request = { ip: '10.0.0.1', clientId: undefined, path: '/items/1', method: 'GET' };
        for (const node of nodes) expect((await node.access.test(request)).decision.kind).toBe('throttled');
        await redis.kill();
        await until(() => nodes.every(({ link }) => !link.isUp));
        for (const node of nodes) {
          expect(await node.ask()).toMatchObject({ kind: 'throttled', limit: { remaining: 0 } });
          expect((await node.access.test(request)).decision.kind).toBe('throttled');
        }
      }, 20_000);
    }

    test('exact: a limit that is used up stays used up in a slow moment', async () => {
      const nodes = await fleet(3, [accessRule({ limit: '9 per 1h', enforce: 'exact' })]);
      const ask = (place: number) => nodes[place % 3]!.ask({ clientId: 'busy' });
      let passed = 0;
      for (let index = 0; index < 30; index++) if ((await ask(index)).kind === 'pass') passed++;
      expect(passed).toBe(9);
      await nodes[0]!.link.commands.call('CLIENT', 'PAUSE', '700', 'ALL');
      const slow = await Promise.all(Array.from({ length: 30 }, (_, index) => ask(index)));
      expect(passes(slow)).toBe(0);
      // Nothing broke; how many were decided so can be seen.
      expect(nodes.map(({ link }) => link.isUp)).toEqual([true, true, true]);
      expect(nodes.map(({ access }) => access.snapshot().decidedAlone)).toEqual([10, 10, 10]);
    }, 20_000);

    test('exact: a client that was lifted begins anew on nodes that knew it as used up', async () => {
      const rule = accessRule({ limit: '3 per 1h', enforce: 'exact', blockForMs: 3_600_000 });
      const [one, other] = await fleet(2, [rule]);
      for (let times = 0; times < 4; times++) await one!.ask();
      await until(() => other!.access.denied().length === 1);
      expect(await other!.access.lift('10.0.0.1')).toBe(true);
      await until(() => one!.access.denied().length === 0);
      await redis.kill();
      await until(() => [one, other].every((node) => !node!.link.isUp));
      for (const node of [one, other]) expect(await node!.ask()).toMatchObject({ kind: 'pass' });
    }, 20_000);
  });

  describe('who is counted', () => {
    const CPF = '52998224725';

    test('names of clients do not stand in keys and fields', async () => {
      const [node] = await fleet(1, [
        accessRule({ id: 'x', client: '*', limit: '1000 per 1h', enforce: 'exact', path: '/items/*' }),
        accessRule({ id: 'e', client: '*', limit: '1000 per 1h', enforce: 'eventual', path: '/other/*' }),
      ]);
      const { commands } = node!.link;
      await node!.ask({ clientId: CPF });
      await node!.ask({ clientId: CPF, path: '/other/1' });
      await until(async () => (await commands.keys('*counts*')).length > 0);
      const keys = await commands.keys('*');
      expect(keys.some((key) => key.includes(':limit:'))).toBe(true);
      const names = [...keys];
      for (const key of keys)
        if ((await commands.type(key)) === 'hash') names.push(...(await commands.hkeys(key)));
      expect(names.filter((name) => name.includes(CPF))).toEqual([]);
    });

    test('names of clients are not published with those over their limits', async () => {
      const [one, other] = await fleet(2, [
        accessRule({ client: '*', limit: '5 per 1h', enforce: 'eventual' }),
      ]);
      const heard: string[] = [];
      other!.link.subscriber.on('message', (_channel, message) => heard.push(message));
      for (let times = 0; times < 6; times++) one!.ask({ clientId: CPF });
      await until(() => heard.length > 0);
      expect(heard.filter((message) => message.includes(CPF))).toEqual([]);
    });
  });

  test('rules that change without one that blocks leave the deny list alone', async () => {
    const blocking = accessRule({ id: 'b', limit: '1000 per 1h', blockForMs: 3_600_000 });
    const [node] = await fleet(1, [blocking]);
    for (let count = 0; count < 100; count++) node!.access.deny(`client:${count}`, 3_600_000, 'b');
    const listed = spyOn(DenyList.prototype, 'list');
    try {
      node!.access.replaceRules([blocking, accessRule({ id: 'c', limit: '5 per 1m' })]);
      node!.access.replaceRules([blocking]);
      expect(listed).toHaveBeenCalledTimes(0);
      expect(node!.access.snapshot().denied).toBe(100);
      node!.access.replaceRules([]);
      expect(node!.access.snapshot().denied).toBe(0);
    } finally {
      listed.mockRestore();
    }
  });
});
