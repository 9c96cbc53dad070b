import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import { hasRedis, startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { GatewayError } from '../../../shared/errors.ts';
import { systemRandom } from '../../../shared/random.ts';
import type { GateSettings, Ticket } from '../../contracts.ts';
import type { RedisConnection } from '../connection.ts';
import { gateKeys } from '../keys.ts';
import { linkTo, until } from '../redis-link.fixture.ts';
import { RedisGates } from './gates.ts';

const settings: GateSettings = {
  limits: [{ rate: { count: 100, windowMs: 1_000 }, even: false, guardMs: 0 }],
  concurrency: undefined,
  queue: { policy: 'fifo', agingMs: 1_000, maxSize: 100, weights: {} },
  breaker: undefined,
};

function ticket(id: string): Ticket {
  const now = systemClock.now();
  return { id, client: 'a', urgency: 3, arrivedAtMs: now, deadlineMs: now + 5_000, cost: 1 };
}

describe.skipIf(!hasRedis)('the gates of one process', () => {
  let server: TestRedis;
  let connection: RedisConnection;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedis();
    connection = await linkTo(server.url);
    client = new Redis(server.url);
  });
  afterAll(async () => {
    connection.close();
    client.disconnect();
    await server.stop();
  });
  const open = (onForeignState?: (upstream: string, message: string) => void) =>
    new RedisGates({ clock: systemClock, random: systemRandom, connection, rejoinMs: 0, onForeignState });

  test('one that is closed is let go; one that was opened in its place stays', async () => {
    const gates = open();
    for (let times = 0; times < 3; times++) gates.open('once', { settings }).close();
    expect(gates.size).toBe(0);
    const before = gates.open('again', { settings });
    const after = gates.open('again', { settings });
    before.close();
    expect(gates.size).toBe(1);
    (await after.enter(ticket('a'))).end('success');
    gates.close();
    expect(gates.size).toBe(0);
  });

  const foreign = async (script: string, upstream: string): Promise<void> => {
    const [key = ''] = gateKeys('comporta', upstream);
    const lines: string[] = [];
    await client.eval(script, 1, key);
    const gates = open((name, message) => void lines.push(`${name}: ${message}`));
    const gate = gates.open(upstream, { settings });
    const held = await client.getBuffer(key);
    for (let calls = 0; calls < 3; calls++) {
      const error = await Promise.resolve(gate.enter(ticket(`t${calls}`))).catch((reason: unknown) => reason);
      expect((error as GatewayError).code).toBe('state_unavailable');
    }
    expect(await client.getBuffer(key)).toEqual(held);
    expect(lines.length).toBe(1);
    expect(lines[0]).toContain(`{comporta:gate:${upstream}}:*`);
    expect(lines[0]).toContain('this version knows form 1');
    await client.unlink(...(await client.keys(`{comporta:gate:${upstream}}:*`)));
    await until(async () => {
      const grant = await Promise.resolve(gate.enter(ticket('later'))).catch(() => undefined);
      grant?.end('success');
      return grant !== undefined;
    });
    gates.close();
  };

  test('state that a later version wrote is not touched, no call goes out, and one line says why', () =>
    foreign("return redis.call('SET', KEYS[1], cmsgpack.pack({ format = 2, anything = {} }))", 'later'));

  test('nor is state from before it had a number', () =>
    foreign("return redis.call('SET', KEYS[1], cmsgpack.pack({ run = 'x', total = 7 }))", 'earlier'));
});
