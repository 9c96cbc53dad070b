import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { hasRedis, startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { Gate, GateSettings } from '../../contracts.ts';
import { commandCounts, linkTo, until, wireCommands } from '../redis-link.fixture.ts';
import { Topics } from '../topics.ts';
import { SharedWishes } from './shared-wishes.ts';

const SETTINGS: GateSettings = {
  limits: [],
  concurrency: undefined,
  queue: { policy: 'fifo', agingMs: 0, maxSize: 10, weights: {} },
  breaker: {
    consecutive: 3,
    failureRate: undefined,
    slowCalls: undefined,
    openForMs: 30_000,
    probes: 1,
    probeTimeoutMs: 1_000,
  },
};

describe.skipIf(!hasRedis)('what operators want of an upstream that is not paced', () => {
  let redis: TestRedis;
  const ends: Array<() => void> = [];
  let names = 0;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    for (const end of ends) end();
    await redis.stop();
  });

  async function node(prefix: string, url = redis.url) {
    const link = await linkTo(url);
    const topics = new Topics(systemClock, link);
    const wishes = new SharedWishes({ clock: systemClock, link, topics, node: `n${++names}`, prefix });
    const gate = wishes.open('external', { clock: systemClock, settings: SETTINGS });
    ends.push(() => {
      wishes.close();
      topics.close();
      link.close();
    });
    return { gate, link, wishes };
  }

  const pausedFor = (gate: Gate): number | undefined => {
    const { pause } = gate.snapshot();
    return pause?.untilMs === undefined ? undefined : pause.untilMs - systemClock.now();
  };
  const isPaused = (gate: Gate): boolean => gate.snapshot().pause !== undefined;

  test('a pause holds on all for as long, and ends on all', async () => {
    const [a, b] = await Promise.all([node('p1'), node('p1')]);
    a.gate.pause(systemClock.now() + 60_000, 'maintenance');
    await until(() => isPaused(b.gate));
    expect(b.gate.snapshot().pause!.reason).toBe('maintenance');
    expect(Math.abs(pausedFor(b.gate)! - pausedFor(a.gate)!)).toBeLessThan(1_000);
    // A shorter one shortens nothing, anywhere.
    b.gate.pause(systemClock.now() + 1_000, 'short');
    b.gate.resume();
    await until(() => !isPaused(a.gate));
    expect(isPaused(b.gate)).toBe(false);
  });

  test('one without an end lasts until it is resumed', async () => {
    const [a, b] = await Promise.all([node('p2'), node('p2')]);
    a.gate.pause(undefined, 'until told');
    await until(() => isPaused(b.gate));
    expect(b.gate.snapshot().pause!.untilMs).toBeUndefined();
    a.gate.resume();
    await until(() => !isPaused(b.gate));
  });

  test('a forced breaker is forced on all, and reset on all', async () => {
    const [a, b] = await Promise.all([node('p3'), node('p3')]);
    b.gate.force('open', 60_000);
    await until(() => a.gate.snapshot().breaker?.kind === 'forced');
    expect(a.gate.snapshot().breaker).toMatchObject({ kind: 'forced', as: 'open' });
    a.gate.force('reset');
    await until(() => b.gate.snapshot().breaker?.kind === 'closed');
  });

  test('a node that comes later, or missed the message, finds what holds', async () => {
    const a = await node('p4');
    a.gate.pause(systemClock.now() + 60_000, 'maintenance');
    a.gate.force('closed', 60_000);
    await until(
      async () => (await a.link.commands.hget('{p4:fleet}:wishes', 'external'))?.includes('force') === true,
    );
    const b = await node('p4');
    await until(() => isPaused(b.gate) && b.gate.snapshot().breaker?.kind === 'forced');
    expect(pausedFor(b.gate)!).toBeGreaterThan(50_000);
    // Connections break; meanwhile it is resumed.
    b.link.subscriber.disconnect();
    await until(() => b.link.subscriber.status === 'end');
    a.gate.resume();
    await until(
      async () => !(await a.link.commands.hget('{p4:fleet}:wishes', 'external'))!.includes('pause'),
    );
    expect(isPaused(b.gate)).toBe(true);
    await b.link.subscriber.connect();
    await until(() => !isPaused(b.gate));
    expect(b.gate.snapshot().breaker?.kind).toBe('forced');
  });

  test('a server that forgot is told again by who remembers; nobody is let go by it', async () => {
    const own = await startRedis();
    try {
      const [a, b] = await Promise.all([node('p5', own.url), node('p5', own.url)]);
      a.gate.pause(systemClock.now() + 60_000, 'maintenance');
      await until(() => isPaused(b.gate));
      await own.kill();
      await until(() => !a.link.isUp && !b.link.isUp);
      // Told while nobody hears it.
      a.gate.force('open', 60_000);
      await own.restart();
      await until(() => b.gate.snapshot().breaker?.kind === 'forced', 10_000);
      expect([isPaused(a.gate), isPaused(b.gate)]).toEqual([true, true]);
      const c = await node('p5', own.url);
      await until(() => isPaused(c.gate) && c.gate.snapshot().breaker?.kind === 'forced');
    } finally {
      for (const end of ends.splice(-3)) end();
      await own.stop();
    }
  }, 20_000);

  test('calls cost nothing at Redis', async () => {
    const { gate } = await node('p6');
    const before = await commandCounts(redis.url);
    for (let index = 0; index < 100; index++) {
      const now = systemClock.now();
      const ticket = {
        id: `${index}`,
        client: 'c',
        urgency: 3 as const,
        arrivedAtMs: now,
        deadlineMs: now + 1e4,
        cost: 1,
      };
      const grant = await gate.enter(ticket);
      grant.sent();
      grant.end('success');
    }
    expect(wireCommands(before, await commandCounts(redis.url))).toBe(0);
  });
});
