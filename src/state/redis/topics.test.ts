import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { hasRedis, startRedis, type TestRedis } from '../../../test/support/redis.ts';
import { systemClock } from '../../shared/clock.ts';
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
