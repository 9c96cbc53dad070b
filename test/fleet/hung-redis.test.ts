import { describe, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import { systemClock } from '../../src/shared/clock.ts';
import { RedisConnection } from '../../src/state/redis/connection.ts';
import { until } from '../../src/state/redis/redis-link.fixture.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { startWatchedRedis } from '../support/sentinel.ts';

describe.skipIf(!hasRedis)('a connection to a Redis that hangs', () => {
  test('a primary that hangs (no connection breaks) is left for the replica that Sentinel promoted', async () => {
    const watched = await startWatchedRedis();
    const link = new RedisConnection({ clock: systemClock, url: watched.url });
    let pid: number | undefined;
    try {
      await until(() => link.isUp);
      pid = Number(/process_id:(\d+)/.exec(await link.commands.info('server'))![1]);
      process.kill(pid, 'SIGSTOP');
      await watched.promoted();
      const works = () =>
        link.commands.set('comporta-hung', '1').then(
          () => true,
          () => false,
        );
      await until(works, 15_000);
    } finally {
      link.close();
      await watched.stop();
    }
  }, 60_000);

  test('a hung Redis is told: isUp (and so /readyz) does not stay true', async () => {
    const redis = await startRedis();
    const link = new RedisConnection({ clock: systemClock, url: redis.url });
    try {
      await until(() => link.isUp);
      process.kill(redis.pid, 'SIGSTOP');
      const ask = () => link.commands.get('x').catch(() => {});
      await until(async () => {
        await ask();
        return !link.isUp;
      }, 8_000);
    } finally {
      process.kill(redis.pid, 'SIGCONT');
      link.close();
      await redis.stop();
    }
  }, 30_000);

  test('a fleet of another name comes up with the permissions that the how-to gives, for its name', async () => {
    const redis = await startRedis();
    const direct = new Redis(redis.url);
    const rules =
      'on >secret ~{billing:* &billing:* +@read +@write +@scripting +@connection +publish +subscribe +unsubscribe +time -@dangerous +info';
    await direct.call('ACL', 'SETUSER', 'billing', ...rules.split(' '));
    let said: string | undefined;
    const link = new RedisConnection({
      clock: systemClock,
      url: `redis://billing:secret@127.0.0.1:${redis.port}`,
      prefix: 'billing',
      onFault: (fault) => {
        said = fault?.message;
      },
    });
    try {
      await until(() => link.isUp || said !== undefined);
      expect(said).toBeUndefined();
      expect(link.isUp).toBe(true);
    } finally {
      link.close();
      direct.disconnect();
      await redis.stop();
    }
  }, 30_000);
});
