import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { hasRedis, startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import type { AccessRule } from '../../../policies/access/rule.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { AccessRequest } from '../../access-contract.ts';
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
      test(`${enforce}: every node allows its share, and the whole when it is back`, async () => {
        const nodes = await fleet(3, [accessRule({ limit: '9 per 1h', enforce })]);
        const flood = async () => {
          const all = [];
          for (const node of nodes) for (let times = 0; times < 20; times++) all.push(await node.ask());
          return passes(all);
        };
        await redis.kill();
        await until(() => nodes.every(({ link }) => !link.isUp));
        expect(await flood()).toBe(9);
        await redis.restart();
        await until(() => nodes.every(({ link }) => link.isUp));
        expect(await flood()).toBeGreaterThanOrEqual(9);
      }, 20_000);
    }
  });
});
