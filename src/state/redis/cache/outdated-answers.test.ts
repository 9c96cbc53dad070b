import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { hasRedis, startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { RedisLink } from '../link.ts';
import { linkTo, until } from '../redis-link.fixture.ts';
import { Topics } from '../topics.ts';
import { cacheNode, entry } from './cache.fixture.ts';
import type { FleetCacheOptions } from './cache.ts';

describe.skipIf(!hasRedis)('an answer that was on its way from Redis meanwhile', () => {
  let redis: TestRedis;
  const ends: Array<() => void> = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(() => redis.restart());
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });
  afterAll(() => redis.stop());

  const node = async (more: Partial<FleetCacheOptions> = {}) => {
    const one = await cacheNode(redis.url, more);
    ends.push(one.close);
    return one;
  };

  /** A node that hears what Redis has under a key only when the test lets it. */
  const slow = async () => {
    let pass = Promise.withResolvers<void>();
    pass.resolve();
    const done = { callBuffer: 0, hgetall: 0 };
    const link = await linkTo(redis.url);
    const commands = new Proxy(link.commands, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        if (name !== 'callBuffer' && name !== 'hgetall') return value.bind(target);
        return async (...args: unknown[]) => {
          const { promise } = pass;
          const answer: unknown = await (value.apply(target, args) as Promise<unknown>);
          done[name]++;
          if (name === 'callBuffer') await promise;
          return answer;
        };
      },
    });
    const { subscriber } = link;
    const held: RedisLink = {
      commands,
      subscriber,
      get isUp() {
        return link.isUp;
      },
      onChange: (listener) => link.onChange(listener),
    };
    const topics = new Topics(systemClock, link);
    ends.push(() => {
      topics.close();
      link.close();
    });
    const one = await node({ link: held, topics, patienceMs: 5_000 });
    const hold = () => {
      pass = Promise.withResolvers();
    };
    return { ...one, subscriber, done, hold, letGo: () => pass.resolve() };
  };

  test.each(['drop', 'purge', 'own drop'] as const)('is not used: %s', async (how) => {
    const [one, late] = await Promise.all([node(), slow()]);
    const key = '/a\nu\n1';
    await one.put(key, entry('old'));
    // The script is known, and messages are heard.
    await late.find('/warm\nu\n1');
    let heard = 0;
    late.subscriber.on('message', () => heard++);
    late.hold();
    const { callBuffer, hgetall } = late.done;
    const found = late.find(key);
    await until(() => late.done.callBuffer > callBuffer);
    if (how === 'own drop') late.cache.delete(key);
    else if (how === 'drop') {
      one.cache.delete(key);
      await until(() => heard > 0);
    } else {
      one.cache.purge('/a\n');
      await until(() => late.done.hgetall > hgetall);
    }
    late.letGo();
    expect(await found).toBeUndefined();
    expect(late.local.stats().entries).toBe(0);
    expect(await late.find(key)).toBeUndefined();
  });
});
