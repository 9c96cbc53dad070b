import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { hasRedis, startRedis, type TestRedis } from '../../../test/support/redis.ts';
import { systemClock } from '../../shared/clock.ts';
import { VirtualClock } from '../../shared/virtual-clock.ts';
import type { RedisLink } from './link.ts';
import { linkTo, until } from './redis-link.fixture.ts';
import { Topics } from './topics.ts';

describe.skipIf(!hasRedis)('topics', () => {
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  test('listens again after a restart, and says so', async () => {
    const link = await linkTo(redis.url);
    const topics = new Topics(systemClock, link);
    const heard: string[] = [];
    let begins = 0;
    topics.listen(
      'one',
      (message) => heard.push(message),
      () => begins++,
    );
    await until(() => begins === 1);
    await redis.restart();
    await until(() => begins >= 2 && link.isUp);
    await link.commands.publish('one', 'hello');
    await until(() => heard.length > 0);
    expect(heard).toEqual(['hello']);
    topics.close();
    link.close();
  });

  test('a message that makes no sense is counted and harms nobody', async () => {
    const link = await linkTo(redis.url);
    const topics = new Topics(systemClock, link);
    const heard: unknown[] = [];
    let isListening = false;
    topics.listen(
      'one',
      (message) => heard.push(JSON.parse(message)),
      () => {
        isListening = true;
      },
    );
    await until(() => isListening);
    await link.commands.publish('one', '{');
    await link.commands.publish('one', '[1]');
    await until(() => heard.length > 0);
    expect([heard, topics.unreadable]).toEqual([[[1]], 1]);
    topics.close();
    link.close();
  });
});

test('channels whose subscription was refused are all asked for again, but for those nobody listens to any more', async () => {
  const clock = new VirtualClock();
  let refuses = true;
  const subscriber = {
    status: 'ready',
    on: () => {},
    off: () => {},
    unsubscribe: async () => {},
    subscribe: async () => {
      if (refuses) throw new Error('Command timed out');
    },
  };
  const topics = new Topics(clock, { subscriber } as unknown as RedisLink);
  const began: string[] = [];
  const listen = (name: string) =>
    topics.listen(
      name,
      () => {},
      () => began.push(name),
    );
  listen('one');
  const stop = listen('gone');
  listen('other');
  await clock.advanceAsync(2_500);
  stop();
  refuses = false;
  await clock.advanceAsync(1_500);
  expect(began.sort()).toEqual(['one', 'other']);
  await clock.advanceAsync(5_000);
  expect(began).toHaveLength(2);
  topics.close();
});
