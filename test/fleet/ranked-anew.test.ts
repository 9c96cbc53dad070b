import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createRanker, type QueuePolicy } from '../../src/policies/queue/rank.ts';
import { VirtualClock } from '../../src/shared/virtual-clock.ts';
import type { GateSettings, Grant, Ticket, Urgency } from '../../src/state/contracts.ts';
import type { RedisGate } from '../../src/state/redis/gate/gate.ts';
import type { GateScriptName } from '../../src/state/redis/gate/gate-scripts.ts';
import { settingsOf } from '../contract/gate/driver.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { VirtualFleet } from './virtual-fleet.fixture.ts';

const COUNT = 2_500;
const WEIGHTS = { c3: 4 };

/** Another ranking for many who wait. */
describe.skipIf(!hasRedis)('ranked anew', () => {
  let server: TestRedis;
  let fleet: VirtualFleet;
  let clock: VirtualClock;
  let gate: RedisGate;
  let tickets: Ticket[];
  const granted: Grant[] = [];
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  const settings = (policy: QueuePolicy): GateSettings => {
    const queue = { policy, agingMs: 100, maxSize: 10_000, weights: policy === 'fair' ? WEIGHTS : {} };
    return settingsOf({ limits: [], concurrency: 1, queue });
  };
  const enter = (id: number, client = `c${id % 11}`): Ticket => {
    const now = clock.now();
    const urgency = (id % 8) as Urgency;
    const ticket: Ticket = {
      id: `t${id}`,
      client,
      urgency,
      arrivedAtMs: now,
      deadlineMs: now + 1e9,
      cost: 1,
    };
    gate.enter(ticket).then(
      (grant) => void granted.push(grant),
      () => {},
    );
    return ticket;
  };
  /** One call is in flight, and all others wait. */
  const fill = async (policy: QueuePolicy): Promise<void> => {
    clock = new VirtualClock();
    fleet = await VirtualFleet.start(server.url, clock);
    gate = fleet.add({ settings: settings(policy), rejoinMs: 0 }).gate;
    await gate.refresh();
    await fleet.settled();
    granted.length = 0;
    tickets = [];
    enter(100_000);
    await fleet.settled();
    for (let id = 0; id < COUNT; id++) {
      tickets.push(enter(id));
      if (id % 100 === 99) await clock.advanceAsync(7, fleet.settled);
    }
  };
  /** Before each of the first node's requests of this kind. */
  const beforeEach = (script: GateScriptName, act: () => void): void => {
    const node = fleet.nodes[0]!;
    const run = node.run.bind(node);
    node.run = async (name, request) => {
      if (name === script) act();
      return run(name, request);
    };
  };
  const order = async (): Promise<string[]> => (await gate.waiting(0, 10_000)).map(({ id }) => id);
  /** As one process would rank them. */
  const expected = (policy: QueuePolicy): string[] => {
    const ranker = createRanker(policy, settings(policy).queue);
    const ranked = tickets.map((ticket, index) => ({ id: ticket.id, rank: ranker.rank(ticket), index }));
    return ranked.sort((a, b) => a.rank - b.rank || a.index - b.index).map(({ id }) => id);
  };

  for (const [from, to] of [
    ['fifo', 'priority'],
    ['fifo', 'fair'],
    ['fair', 'priority'],
    ['priority', 'fifo'],
  ] as const) {
    test(`${from} to ${to}: in parts, each a short script, and in the order of one process`, async () => {
      await fill(from);
      let parts = 0;
      beforeEach('configure', () => void parts++);
      await gate.configure(settings(to));
      await clock.advanceAsync(100, fleet.settled);
      expect(parts).toBeGreaterThan(1);
      expect(await order()).toEqual(expected(to));
      await fleet.close();
    });
  }

  test('calls come, go, are promoted and leave meanwhile: everybody has one place in the end', async () => {
    await fill('fifo');
    let parts = 0;
    let promoted: Promise<boolean> | undefined;
    let removed: Promise<boolean> | undefined;
    beforeEach('configure', () => {
      if (++parts !== 2) return;
      granted.shift()?.end('success');
      enter(COUNT, 'new');
      promoted = gate.promote('t2000', 0);
      removed = gate.remove('t1500');
    });
    await gate.configure(settings('fair'));
    await clock.advanceAsync(100, fleet.settled);
    expect([await promoted, await removed]).toEqual([true, true]);
    const left = tickets.map(({ id }) => id).filter((id) => id !== 't0' && id !== 't1500');
    const now = await order();
    expect([...now].sort()).toEqual([...left, `t${COUNT}`].sort());
    // A client that comes now goes before the second call of those who were here, as `fair` has it.
    expect(now.indexOf(`t${COUNT}`)).toBeLessThan(20);
    expect((await gate.holders()).requests).toBe(COUNT - 1);
    // Each goes once, in that order.
    const went: string[] = [];
    for (let calls = 0; calls < 50; calls++) {
      const grant = granted.shift()!;
      went.push(grant.ticketId);
      grant.end('success');
      await fleet.settled();
    }
    expect(went.slice(1)).toEqual(now.slice(0, 49));
    await fleet.close();
  });

  test('the node that began it is gone: the scripts of the others end it', async () => {
    await fill('fifo');
    const other = fleet.add({ settings: settings('fifo'), rejoinMs: 0 });
    await other.gate.refresh();
    await fleet.settled();
    let parts = 0;
    // Its second part never comes.
    beforeEach('configure', () => {
      if (++parts > 1) throw new Error('lost on its way there');
    });
    await gate.configure(settings('priority'));
    await fleet.settled();
    for (let looks = 0; looks < 12; looks++) await other.gate.holders();
    expect(parts).toBe(2);
    expect(await order()).toEqual(expected('priority'));
    await fleet.close();
  });

  test('changed once more before it was done: the last change counts', async () => {
    await fill('fifo');
    await Promise.all([gate.configure(settings('priority')), gate.configure(settings('fair'))]);
    await clock.advanceAsync(100, fleet.settled);
    expect(await order()).toEqual(expected('fair'));
    await fleet.close();
  });
});
