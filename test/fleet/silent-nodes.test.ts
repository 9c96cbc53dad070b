import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { VirtualClock } from '../../src/shared/virtual-clock.ts';
import { IdleBeat } from '../../src/state/redis/gate/idle-beat.ts';
import { perSecond, settingsOf } from '../contract/gate/driver.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { VirtualFleet, type VirtualNode } from './virtual-fleet.fixture.ts';

const WIDE = settingsOf({ limits: [perSecond(5)] });
const STRICT = settingsOf({ limits: [perSecond(2)], concurrency: 9 });
const MINUTE_MS = 60_000;

describe.skipIf(!hasRedis)('a node that is silent', () => {
  let server: TestRedis;
  let fleet: VirtualFleet;
  let clock: VirtualClock;
  let wide: VirtualNode;
  let strict: VirtualNode;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  const start = async (): Promise<void> => {
    clock = new VirtualClock();
    fleet = await VirtualFleet.start(server.url, clock);
    wide = fleet.add({ settings: WIDE, rejoinMs: 0 });
    await wide.gate.refresh();
    strict = fleet.add({ settings: STRICT, rejoinMs: 0 });
    await strict.gate.refresh();
    await wide.gate.refresh();
    await fleet.settled();
    // As each process has it.
    for (const node of fleet.nodes) new IdleBeat(clock, () => (node.isDead ? [] : [node.gate]));
  };
  const pass = (ms: number) => clock.advanceAsync(ms, fleet.settled);
  const counts = ({ gate }: VirtualNode) =>
    gate
      .settings()
      .limits.map(({ rate }) => rate.count)
      .sort();
  const kill = (node: VirtualNode): void => {
    node.isDead = true;
    node.isUp = false;
    node.gate.linkChanged(false);
  };
  const tickets = (node: VirtualNode, count: number, refused: unknown[] = []) => {
    for (let index = 0; index < count; index++) {
      const now = clock.now();
      const ticket = { id: `${node.node}-${index}`, client: `c${index % 7}`, urgency: 3 as const, cost: 1 };
      node.gate
        .enter({ ...ticket, arrivedAtMs: now, deadlineMs: now + 10 * MINUTE_MS })
        .then((grant) => grant.end('success'))
        .catch((error: unknown) => void refused.push(error));
    }
    return fleet.settled();
  };

  test('killed, with nothing to do: its stricter limits hold for a minute more, not for ten', async () => {
    await start();
    expect(counts(wide)).toEqual([2, 5]);
    kill(strict);
    await pass(MINUTE_MS - 5_000);
    await wide.gate.refresh();
    expect(counts(wide)).toEqual([2, 5]);
    await pass(45_000);
    expect(counts(wide)).toEqual([5]);
    expect(wide.gate.settings().concurrency).toBeUndefined();
    expect([...(await wide.gate.drift()).keys()]).toEqual(['n0']);
    await fleet.close();
  });

  test('killed, with calls that wait: they are dropped soon, its stricter limits hold as long', async () => {
    await start();
    await wide.gate.pause(clock.now() + MINUTE_MS / 2, 'so that they wait');
    await tickets(strict, 3);
    kill(strict);
    await pass(20_000);
    await wide.gate.refresh();
    await fleet.settled();
    expect(wide.gate.snapshot().waiting).toBe(0);
    expect(counts(wide)).toEqual([2, 5]);
    await pass(80_000);
    expect(counts(wide)).toEqual([5]);
    await fleet.close();
  });

  test('idle, and alive: its stricter limits hold, at a command in twenty seconds', async () => {
    await start();
    const before = strict.gate.commands;
    await pass(10 * MINUTE_MS);
    await wide.gate.refresh();
    expect(counts(wide)).toEqual([2, 5]);
    expect(strict.gate.commands - before).toBe(30);
    await fleet.close();
  });

  test('that has left says so: its stricter limits go with it at once', async () => {
    await start();
    strict.gate.close();
    await fleet.settled();
    await wide.gate.refresh();
    await fleet.settled();
    expect(counts(wide)).toEqual([5]);
    await fleet.close();
  });

  test('back after its limits had gone: they hold again before any of its calls goes', async () => {
    await start();
    strict.isUp = false;
    strict.gate.linkChanged(false);
    await pass(2 * MINUTE_MS);
    expect(counts(wide)).toEqual([5]);
    strict.isUp = true;
    strict.gate.linkChanged(true);
    await fleet.settled();
    await wide.gate.refresh();
    await fleet.settled();
    expect(counts(wide)).toContain(2);
    await fleet.close();
  });

  test('with more calls than one script takes out, and back in between: none is lost, none twice', async () => {
    await start();
    const day = { rate: { count: 1, windowMs: 86_400_000 }, even: false, guardMs: 0 };
    await wide.gate.configure(settingsOf({ limits: [day], queue: { maxSize: 10_000 } }));
    const refused: unknown[] = [];
    const late = { arrivedAtMs: clock.now(), deadlineMs: Number.POSITIVE_INFINITY };
    for (const node of [wide, strict]) {
      for (let index = 0; index < 1_000; index++) {
        const ticket = { id: `${node.node}-${index}`, client: `c${index % 7}`, urgency: 3 as const, cost: 1 };
        node.gate.enter({ ...ticket, ...late }).then(
          () => {},
          (error: unknown) => void refused.push(error),
        );
      }
    }
    await fleet.settled();
    const waiting = async (): Promise<number> => {
      await wide.gate.refresh();
      await fleet.settled();
      return wide.gate.snapshot().waiting;
    };
    expect(await waiting()).toBe(1_999);
    strict.isUp = false;
    strict.hears = false;
    strict.gate.linkChanged(false);
    let left = 1_999;
    for (let tries = 0; left === 1_999 && tries < 200; tries++) {
      await clock.advanceAsync(100, fleet.settled);
      left = await waiting();
    }
    // In parts: some are out, not all.
    expect(left).toBeLessThan(1_999);
    expect(left).toBeGreaterThan(1_000);
    strict.isUp = true;
    strict.hears = true;
    strict.gate.linkChanged(true);
    await fleet.settled();
    expect(await waiting()).toBe(1_999);
    expect(await wide.gate.holders()).toEqual({ requests: 1_999, clients: 7 });
    expect(refused).toEqual([]);
    kill(strict);
    for (let passed = 0; passed < 30; passed++) {
      await clock.advanceAsync(1_000, fleet.settled);
      await waiting();
    }
    expect([999, 1_000]).toContain(await waiting());
    expect(await wide.gate.clear()).toMatchObject({ clients: 7 });
    expect(await waiting()).toBe(0);
    await fleet.close();
  });
});
