import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { hasRedis, startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { systemClock } from '../../../shared/clock.ts';
import { systemRandom } from '../../../shared/random.ts';
import { commandCounts, linkTo, until } from '../redis-link.fixture.ts';
import { Topics } from '../topics.ts';
import { type Change, SharedRevisions, type SharedRevisionsOptions } from './shared-revisions.ts';

describe.skipIf(!hasRedis)('revisions', () => {
  let redis: TestRedis;
  const ends: Array<() => void> = [];
  const servers: TestRedis[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    for (const end of ends) end();
    for (const server of [redis, ...servers]) await server.stop();
  });

  /** One that a test may end. */
  const ownRedis = async () => {
    const own = await startRedis();
    servers.push(own);
    return own;
  };

  const node = async (more: Partial<SharedRevisionsOptions> = {}, url = redis.url) => {
    const link = await linkTo(url);
    const topics = new Topics(systemClock, link);
    const revisions = new SharedRevisions({
      clock: systemClock,
      random: systemRandom,
      link,
      topics,
      ...more,
    });
    const changes: Change[] = [];
    revisions.on('rules', (change) => changes.push(change));
    ends.push(() => {
      revisions.close();
      topics.close();
      link.close();
    });
    await until(() => changes.length > 0);
    return { link, topics, revisions, changes };
  };

  test('a change on one node reaches the others at once', async () => {
    // Long between readings: only the message can tell.
    const [one, other] = await Promise.all([node({ pollMs: 60_000 }), node({ pollMs: 60_000 })]);
    await until(async () => (await one.link.commands.pubsub('NUMSUB', 'comporta:revisions'))[1] === 2);
    const before = other.changes.length;
    const startMs = systemClock.now();
    await one.revisions.rules.publish();
    await until(() => other.changes.length > before);
    expect(systemClock.now() - startMs).toBeLessThan(3_000);
  });

  test('a lost message is made up for by the next reading, in less than a second', async () => {
    const one = await node();
    const deaf = await node();
    deaf.topics.close();
    const before = deaf.changes.length;
    const startMs = systemClock.now();
    await one.revisions.rules.publish();
    await until(() => deaf.changes.length > before);
    expect(systemClock.now() - startMs).toBeLessThan(1_000);
  });

  test('one command a reading, and no call of a listener without a change', async () => {
    const own = await ownRedis();
    const quiet = await node({ pollMs: 20 }, own.url);
    const calls = quiet.changes.length;
    const before = await commandCounts(own.url);
    await until(async () => ((await commandCounts(own.url)).hmget ?? 0) >= before.hmget! + 10);
    const after = await commandCounts(own.url);
    expect([after.hsetnx, after.hincrby]).toEqual([before.hsetnx, before.hincrby]);
    expect(quiet.changes.length).toBe(calls);
  });

  test('while Redis is away the listeners are called to look for themselves; a change is told when it is back', async () => {
    const own = await ownRedis();
    const one = await node({ awayMs: 30 }, own.url);
    const other = await node({ awayMs: 60_000 }, own.url);
    await own.kill();
    await until(() => !one.link.isUp && !other.link.isUp);
    const before = one.changes.length;
    await until(() => one.changes.length >= before + 3);
    expect(one.changes.at(-1)).toEqual({ revision: undefined, forgot: false });
    await one.revisions.rules.publish();
    await own.restart();
    await until(() => other.changes.some(({ forgot }) => forgot));
    await until(() => other.changes.some(({ revision }) => revision === 1));
  }, 20_000);
});
