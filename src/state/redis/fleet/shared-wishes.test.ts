import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { hasRedis, startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { systemClock } from '../../../shared/clock.ts';
import { systemRandom } from '../../../shared/random.ts';
import type { Gate, GateSettings } from '../../contracts.ts';
import type { RedisLink } from '../link.ts';
import { commandCounts, linkTo, until, wireCommands } from '../redis-link.fixture.ts';
import { SharedRevisions } from '../revisions/shared-revisions.ts';
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
    const clock = systemClock;
    const link = await linkTo(url);
    const topics = new Topics(clock, link);
    const revisions = new SharedRevisions({ clock, random: systemRandom, link, topics, prefix });
    const wishes = new SharedWishes({ clock, link, topics, revisions, node: `n${++names}`, prefix });
    const gate = wishes.open('external', { clock, settings: SETTINGS });
    ends.push(() => {
      wishes.close();
      revisions.close();
      topics.close();
      link.close();
    });
    const hears = async () =>
      ((await link.commands.pubsub('NUMSUB', `${prefix}:wishes`)) as number[])[1]! > 0;
    await until(hears);
    return { gate, link, wishes };
  }

  const stored = async (link: RedisLink, prefix: string): Promise<string> =>
    (await link.commands.hget(`{${prefix}:shared}:wishes`, 'external')) ?? '';

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
    await until(async () => (await stored(a.link, 'p4')).includes('force'));
    const b = await node('p4');
    await until(() => isPaused(b.gate) && b.gate.snapshot().breaker?.kind === 'forced');
    expect(pausedFor(b.gate)!).toBeGreaterThan(50_000);
    // Connections break; meanwhile it is resumed.
    b.link.subscriber.disconnect();
    await until(() => b.link.subscriber.status === 'end');
    a.gate.resume();
    await until(async () => !(await stored(a.link, 'p4')).includes('pause'));
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

  /** Whatever comes by message is lost for a node while `during` runs. */
  async function deaf(prefix: string, { link }: { link: RedisLink }, during: () => Promise<unknown>) {
    await link.subscriber.unsubscribe(`${prefix}:wishes`);
    await during();
    await link.subscriber.subscribe(`${prefix}:wishes`);
  }

  test('a pause whose message was lost holds on the other node all the same', async () => {
    const [a, b] = await Promise.all([node('p7'), node('p7')]);
    await deaf('p7', b, async () => {
      a.gate.pause(systemClock.now() + 60_000, 'maintenance');
      await until(async () => (await stored(a.link, 'p7')) !== '');
    });
    await until(() => isPaused(b.gate), 2_000);
  });

  test('a pause whose message was lost holds, too, when the next message is heard', async () => {
    const [a, b] = await Promise.all([node('p8'), node('p8')]);
    await deaf('p8', b, async () => {
      a.gate.pause(systemClock.now() + 60_000, 'maintenance');
      await until(async () => (await stored(a.link, 'p8')) !== '');
    });
    a.gate.force('closed', 60_000);
    await until(() => b.gate.snapshot().breaker?.kind === 'forced' && isPaused(b.gate), 2_000);
    expect(isPaused(a.gate)).toBe(true);
  });

  test('a pause that was ended stays ended when a replica takes over that had missed the end', async () => {
    const [a, b] = await Promise.all([node('p9'), node('p9')]);
    a.gate.pause(undefined, 'maintenance');
    await until(() => isPaused(b.gate));
    const before = await stored(a.link, 'p9');
    a.gate.resume();
    await until(() => !isPaused(b.gate));
    // What the replica has.
    await a.link.commands.hset('{p9:shared}:wishes', 'external', before);
    for (const { link } of [a, b]) link.commands.disconnect(true);
    await until(() => !a.link.isUp && !b.link.isUp);
    await until(() => a.link.isUp && b.link.isUp);
    for (const { link } of [a, b]) link.subscriber.disconnect(true);
    // Whoever remembers has told it; a node that comes later finds it so.
    await until(async () => !(await stored(a.link, 'p9')).includes('maintenance'));
    const c = await node('p9');
    await Bun.sleep(700);
    expect([a, b, c].map(({ gate }) => isPaused(gate))).toEqual([false, false, false]);
  });

  test('calls that wait for the end of a pause are not let go by a reading that finds it still holds', async () => {
    const [a, b] = await Promise.all([node('p10'), node('p10')]);
    a.gate.pause(systemClock.now() + 5_000, 'the provider said so');
    await until(() => isPaused(b.gate));
    const now = systemClock.now();
    const times = { arrivedAtMs: now, deadlineMs: now + 60_000 };
    const ticket = { id: 't', client: 'c', urgency: 3 as const, cost: 1, ...times };
    const waiting = Promise.resolve(b.gate.enter(ticket)).catch(() => undefined);
    expect(b.gate.snapshot().waiting).toBe(1);
    await deaf('p10', b, async () => {
      a.gate.pause(systemClock.now() + 10_000, 'a little longer');
      await until(() => pausedFor(b.gate)! > 6_000);
      // Resumed, and paused for a shorter time: what is read has the second one only.
      const wishes = JSON.parse(await stored(a.link, 'p10'));
      const pause = { til: wishes.pause.til - 7_000, reason: 'shorter' };
      const other = JSON.stringify({ ...wishes, rev: wishes.rev + 2, id: 'other', pause });
      await a.link.commands.hset('{p10:shared}:wishes', 'external', other);
      await a.link.commands.hincrby('{p10:shared}:revisions', 'wishes', 2);
      await until(() => pausedFor(b.gate)! < 4_000);
    });
    expect(b.gate.snapshot().counters.granted).toBe(0);
    b.gate.close();
    await waiting;
  });

  test('of wishes that cross each other the last one holds on both nodes', async () => {
    const [a, b] = await Promise.all([node('p11'), node('p11')]);
    for (let round = 0; round < 20; round++) {
      for (const { gate } of [a, b]) {
        gate.pause(undefined, 'maintenance');
        gate.resume();
      }
      a.gate.pause(undefined, 'maintenance');
      b.gate.resume();
      let wanted = '';
      await until(async () => {
        const last = await stored(a.link, 'p11');
        const isSettled = last === wanted;
        wanted = last;
        const paused = last.includes('maintenance');
        return isSettled && [a, b].every(({ gate }) => isPaused(gate) === paused);
      });
      a.gate.resume();
      await until(() => !isPaused(b.gate) && !isPaused(a.gate));
    }
  }, 20_000);

  test('calls cost nothing at Redis', async () => {
    const { gate } = await node('p6');
    await Bun.sleep(300);
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
