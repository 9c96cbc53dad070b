import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { hasRedis, startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import clientLimits from '../../../../test/vectors/client-limit.json' with { type: 'json' };
import {
  addToClientLimit,
  type ClientLimitAlgorithm,
  type ClientLimitState,
  takeFromClientLimit,
} from '../../../policies/limiter/client-limit.ts';
import { systemClock } from '../../../shared/clock.ts';
import { seededRandom } from '../../../shared/random.ts';
import type { RedisConnection } from '../connection.ts';
import { commandCounts, linkTo, until, wireCommands } from '../redis-link.fixture.ts';
import { assembleScript, runScript } from '../scripts.ts';
import { RedisClientLimiter, type RedisClientLimiterOptions } from './client-limiter.ts';
import { limitArithmetic } from './exact-counts.ts';

const ALGORITHMS: readonly ClientLimitAlgorithm[] = ['sliding_window', 'token_bucket', 'fixed_window'];
const TEST_TIME = "local function wall_ms() return tonumber(redis.call('GET', 'now')) end";

const rounded = (value: number) => Math.round(value * 1_000) / 1_000;

describe.skipIf(!hasRedis)('client limits over Redis', () => {
  let redis: TestRedis;
  let link: RedisConnection;
  let names = 0;
  const servers: TestRedis[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    link = await linkTo(redis.url);
  });
  afterAll(async () => {
    link.close();
    for (const server of [redis, ...servers]) await server.stop();
  });

  /** One that a test may end. */
  const ownRedis = async () => {
    const own = await startRedis();
    servers.push(own);
    return own;
  };

  const limiter = (more: Partial<RedisClientLimiterOptions> = {}) =>
    new RedisClientLimiter({
      clock: systemClock,
      link,
      name: `test ${++names}`,
      rate: { count: 5, windowMs: 60_000 },
      algorithm: 'sliding_window',
      nodes: () => 1,
      ...more,
    });

  describe('client-limit.json', () => {
    for (const vector of clientLimits.cases) {
      test(vector.name, async () => {
        const algorithm = vector.algorithm as ClientLimitAlgorithm;
        const limits = limiter({ rate: vector.rate, algorithm, time: TEST_TIME });
        for (const step of vector.steps as { at: number; times?: number; expect: unknown }[]) {
          await link.commands.set('now', step.at);
          let answer: unknown;
          for (let time = 0; time < (step.times ?? 1); time++) {
            const { allowed, remaining, resetMs } = await limits.take('someone');
            answer = { allowed, remaining, resetMs: rounded(resetMs) };
          }
          expect({ step, answer }).toEqual({ step, answer: step.expect });
        }
      });
    }
  });

  test.each(ALGORITHMS)(
    '%s: Lua and TypeScript agree on random requests and additions',
    async (algorithm) => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const random = seededRandom(seed);
      const script = assembleScript(
        [limitArithmetic()],
        `local kept = nil
       local out = {}
       for _, step in ipairs(cjson.decode(ARGV[1])) do
         local state, allowed, left, reset = kept, false, 0, 0
         if step.add > 0 then state = add(ARGV[2], step.count, step.window, kept, step.add, step.at)
         else state, allowed, left, reset = take[ARGV[2]](step.count, step.window, kept, step.at) end
         kept = read(written(state))
         out[#out + 1] = string.format('%.6f %.6f %.6f %d %d %.3f', state.at, state.used, state.before, allowed and 1 or 0, left, reset)
       end
       return out`,
      );
      let state: ClientLimitState | undefined;
      let at = 0;
      const rate = {
        count: 1 + Math.floor(random.next() * 20),
        windowMs: 1_000 + Math.floor(random.next() * 9_000),
      };
      const expected: string[] = [];
      const steps = Array.from({ length: 400 }, () => {
        at += Math.floor(random.next() ** 3 * rate.windowMs);
        const add = random.next() < 0.2 ? 1 + Math.floor(random.next() * 5) : 0;
        let told = '0 0 0.000';
        if (add > 0) state = addToClientLimit(algorithm, rate, state, add, at);
        else {
          const taken = takeFromClientLimit(algorithm, rate, state, at);
          state = taken.state;
          const { allowed, remaining, resetMs } = taken.decision;
          told = `${allowed ? 1 : 0} ${remaining} ${resetMs.toFixed(3)}`;
        }
        expected.push(`${state.atMs.toFixed(6)} ${state.used.toFixed(6)} ${state.before.toFixed(6)} ${told}`);
        return { at, add, count: rate.count, window: rate.windowMs };
      });
      const answer = await runScript(link.commands, script, [], [JSON.stringify(steps), algorithm]);
      expect({ seed, answer: answer as string[] }).toEqual({ seed, answer: expected });
    },
  );

  test.each(ALGORITHMS)('%s: exact over three nodes at once, one script a request', async (algorithm) => {
    const links = await Promise.all([linkTo(redis.url), linkTo(redis.url), linkTo(redis.url)]);
    const rate = { count: 100, windowMs: 60_000 };
    const nodes = links.map((one) => limiter({ link: one, name: `exact ${algorithm}`, rate, algorithm }));
    await limiter({ name: 'warm', algorithm }).take('someone');
    const before = await commandCounts(redis.url);
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, place) => nodes[place % 3]!.take('someone')),
    );
    const after = await commandCounts(redis.url);
    // A token comes back every 600 ms.
    const most = algorithm === 'token_bucket' ? 103 : 100;
    const passed = answers.filter(({ allowed }) => allowed).length;
    expect(passed).toBeGreaterThanOrEqual(100);
    expect(passed).toBeLessThanOrEqual(most);
    expect(wireCommands(before, after)).toBe(300);
    for (const one of links) one.close();
  });

  test.each(ALGORITHMS)('%s: what is kept of a client goes by itself', async (algorithm) => {
    await link.commands.flushall();
    const limits = limiter({ rate: { count: 2, windowMs: 60 }, algorithm });
    for (let times = 0; times < 5; times++) await limits.take('someone');
    expect(await link.commands.dbsize()).toBe(1);
    await until(async () => (await link.commands.dbsize()) === 0);
  });

  test('names of clients do not stand in Redis', async () => {
    await link.commands.flushall();
    await limiter().take('52998224725');
    expect((await link.commands.keys('*')).join()).not.toContain('52998224725');
  });

  describe('while Redis is away', () => {
    test('each node allows its share, nothing of what was used up, and the whole again when it is back empty', async () => {
      const own = await ownRedis();
      const ownLink = await linkTo(own.url);
      const limits = limiter({ link: ownLink, rate: { count: 9, windowMs: 600_000 }, nodes: () => 3 });
      const passes = async (times: number, client = 'someone') => {
        const all = await Promise.all(Array.from({ length: times }, () => limits.take(client)));
        return all.filter(({ allowed }) => allowed).length;
      };
      expect(await passes(20)).toBe(9);
      await own.kill();
      await until(() => !ownLink.isUp);
      expect(await passes(20)).toBe(0);
      expect(await passes(20, 'other')).toBe(3);
      expect(limits.decidedAlone).toBe(40);
      await own.restart();
      await until(() => ownLink.isUp);
      expect(await passes(20)).toBe(9);
      // What passed meanwhile is missing now.
      expect(await passes(20, 'other')).toBe(6);
      ownLink.close();
    }, 20_000);

    test.each(ALGORITHMS)(
      '%s: what passed alone in a slow moment counts afterwards',
      async (algorithm) => {
        const links = await Promise.all([linkTo(redis.url), linkTo(redis.url), linkTo(redis.url)]);
        const rate = { count: 30, windowMs: 3_600_000 };
        const nodes = links.map((one) =>
          limiter({ link: one, name: `slow ${algorithm}`, rate, algorithm, nodes: () => 3 }),
        );
        let passed = 0;
        const one = async (at: number) => {
          if ((await nodes[at % 3]!.take('c')).allowed) passed++;
        };
        const flood = (times: number) => Promise.all(Array.from({ length: times }, (_, at) => one(at)));
        for (let at = 0; at < 6; at++) await one(at);
        await link.commands.call('CLIENT', 'PAUSE', '800', 'ALL');
        await flood(3);
        const decidedAlone = () => nodes.map((node) => node.decidedAlone);
        expect(decidedAlone()).toEqual([1, 1, 1]);
        // They do not ask again for a second: each has a third of what was left when it asked last.
        await flood(90);
        expect(decidedAlone()).toEqual([31, 31, 31]);
        expect(passed).toBeGreaterThanOrEqual(24);
        await until(async () => {
          const before = decidedAlone();
          for (let at = 0; at < 3; at++) await one(at);
          return decidedAlone().join() === before.join();
        });
        await flood(90);
        // The first may get one more before the last has told. Uncounted, all that was left would be given again.
        expect(passed).toBeGreaterThanOrEqual(30);
        expect(passed).toBeLessThanOrEqual(34);
        for (const each of links) each.close();
      },
      20_000,
    );

    test('one that stands still costs the first who ask their patience, and nobody after them', async () => {
      const own = await ownRedis();
      const ownLink = await linkTo(own.url);
      const limits = limiter({ link: ownLink, rate: { count: 9, windowMs: 600_000 }, nodes: () => 3 });
      await limits.take('someone');
      process.kill(own.pid, 'SIGSTOP');
      const startMs = systemClock.now();
      expect((await limits.take('someone')).remaining).toBe(1);
      const firstMs = systemClock.now() - startMs;
      expect(firstMs).toBeGreaterThan(400);
      expect(firstMs).toBeLessThan(3_000);
      // Without a promise: nothing was asked.
      expect(limits.take('someone')).toMatchObject({ allowed: true, remaining: 0 });
      process.kill(own.pid, 'SIGCONT');
      ownLink.close();
    }, 20_000);
  });
});
