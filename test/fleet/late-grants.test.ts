import { describe, expect, test } from 'bun:test';
import { perSecond, settingsOf } from '../contract/gate/driver.ts';
import { hasRedis } from '../support/redis.ts';
import { useDrills } from './drill.fixture.ts';

const DAY_MS = 86_400_000;
const perDay = (count: number) =>
  settingsOf({ limits: [{ rate: { count, windowMs: DAY_MS }, even: false, guardMs: 0 }] });

/** What a grant that is not written in its time costs: nothing, when its node can still say that it was not. */
describe.skipIf(!hasRedis)('grants that come too late to be used', () => {
  const drills = useDrills();
  const start = (settings = perDay(3)) => drills.start(2, settings);
  /** The next answer to this script is on its way for so long. */
  const holdUp = (index: number, slow: string, backMs: number): void => {
    const node = drills.now.node(index);
    node.fate = (script) => {
      if (script !== slow) return { thereMs: 0, backMs: 0 };
      node.fate = undefined;
      return { thereMs: 0, backMs };
    };
  };

  test('a grant that has expired when it comes takes no place of a long window', async () => {
    await start();
    holdUp(0, 'enter', 400);
    const late = drills.now.call(drills.now.node(0), 'late');
    await drills.now.pass(200);
    // By now it counts as written at its latest moment; another call stands after it on record.
    const second = await drills.now.enter(1, 'second');
    await drills.now.pass(300);
    const third = await drills.now.enter(1, 'third');
    const fourth = await drills.now.enter(1, 'fourth');
    await drills.now.pass(2_000);
    expect([late, second, third].map(({ grant }) => grant !== undefined)).toEqual([true, true, true]);
    expect(fourth.grant).toBeUndefined();
    expect(drills.now.sends).toHaveLength(3);
  });

  test('a node that stood still until it was forgotten gives its grant back', async () => {
    await start();
    holdUp(0, 'enter', 90_000);
    const late = drills.now.call(drills.now.node(0), 'late', { deadlineInMs: 3 * DAY_MS });
    await drills.now.pass(5_000);
    await drills.now.enter(1, 'second');
    await drills.now.pass(120_000);
    const third = await drills.now.enter(1, 'third');
    expect([late, third].map(({ grant }) => grant !== undefined)).toEqual([true, true]);
    expect(drills.now.sends).toHaveLength(3);
  });

  test('a caller that has gone when its grant comes leaves its place to others', async () => {
    await start(perDay(1));
    holdUp(0, 'enter', 400);
    const gone = drills.now.call(drills.now.node(0), 'gone', { deadlineInMs: 300 });
    await drills.now.pass(1_000);
    expect(gone.error).toBeDefined();
    const next = await drills.now.enter(1, 'next');
    expect(next.grant).toBeDefined();
  });

  test('a grant that is given back after it has expired leaves its place to others', async () => {
    await start(perDay(1));
    const held = await drills.now.enter(0, 'held', { holds: true });
    await drills.now.pass(500);
    await drills.now.enter(1, 'next', { deadlineInMs: 1 });
    held.grant!.giveBack();
    await drills.now.fleet.settled();
    const next = await drills.now.enter(1, 'next');
    expect(next.grant).toBeDefined();
  });

  test('what is written after its grant has expired counts once, from when it was written', async () => {
    await start(settingsOf({ limits: [perSecond(2)] }));
    const slow = await drills.now.enter(0, 'slow', { holds: true });
    await drills.now.pass(500);
    // Nothing told the fleet that its write had begun; somebody looks, and it expires there.
    await drills.now.node(1).gate.refresh();
    drills.now.write(slow.grant!);
    slow.grant!.end('success');
    await drills.now.fleet.settled();
    const beside = await drills.now.enter(1, 'beside');
    expect(beside.grant).toBeDefined();
    const third = await drills.now.enter(1, 'third');
    await drills.now.pass(950);
    expect(third.grant).toBeUndefined();
    await drills.now.pass(50);
    expect(third.grant).toBeDefined();
  });

  test('a spacing goes on from the send before the grant that was not used', async () => {
    await start(settingsOf({ limits: [perSecond(1, { even: true })] }));
    const first = await drills.now.enter(0, 'first');
    expect(first.grant).toBeDefined();
    await drills.now.pass(1_000);
    holdUp(0, 'enter', 600);
    const late = drills.now.call(drills.now.node(0), 'late');
    await drills.now.pass(600);
    await drills.now.pass(1);
    expect(late.grant).toBeDefined();
    expect(drills.now.closest()).toBeGreaterThanOrEqual(1_000);
  });

  test('a ticket that comes again on a connection that broke does not free the grant that it got meanwhile', async () => {
    await start(settingsOf({ limits: [perSecond(1)], queue: { policy: 'priority' } }));
    const node = drills.now.node(0);
    const run = node.run.bind(node);
    holdUp(0, 'enter', 45);
    const call = drills.now.call(node, 'again', { holds: true });
    await drills.now.fleet.settled();
    let late: (() => Promise<unknown>) | undefined;
    // It comes again with a grant that came too late; that request is done only after the node has come back.
    node.run = (script, request) => {
      if (script !== 'enter') return run(script, request);
      late = () => run(script, request);
      return Promise.reject(new Error('the connection broke'));
    };
    await drills.now.pass(50);
    expect(late).toBeDefined();
    node.run = run;
    node.gate.linkChanged(true);
    await drills.now.fleet.settled();
    for (let ms = 0; ms < 100 && call.grant === undefined; ms++) await drills.now.pass(1);
    expect(call.grant!.isFresh()).toBe(true);
    const urgent = await drills.now.enter(1, 'too close', { urgency: 0 });
    await late!();
    await drills.now.fleet.settled();
    drills.now.write(call.grant!);
    await drills.now.fleet.settled();
    expect(urgent.grant?.ticketId).toBeUndefined();
  });

  test('a write that is told late does not shorten the spacing after a dearer one', async () => {
    await start(settingsOf({ limits: [{ rate: { count: 5, windowMs: 5_000 }, even: true, guardMs: 0 }] }));
    const slow = await drills.now.enter(0, 'slow', { holds: true });
    await drills.now.pass(1_100);
    const dear = await drills.now.enter(1, 'dear', { cost: 3 });
    expect(dear.grant).toBeDefined();
    await drills.now.pass(50);
    drills.now.write(slow.grant!);
    slow.grant!.end('success');
    const next = await drills.now.enter(1, 'next');
    await drills.now.pass(2_900);
    expect(next.grant).toBeUndefined();
    await drills.now.pass(200);
    expect(next.grant).toBeDefined();
  });

  test('what was not written leaves the spacing as the dear call before it set it', async () => {
    await start(settingsOf({ limits: [{ rate: { count: 5, windowMs: 5_000 }, even: true, guardMs: 0 }] }));
    await drills.now.enter(1, 'dear', { cost: 3 });
    await drills.now.pass(3_000);
    const held = await drills.now.enter(0, 'held', { holds: true });
    await drills.now.pass(100);
    await drills.now.node(1).gate.refresh();
    held.grant!.giveBack();
    const next = await drills.now.enter(1, 'next');
    expect(next.grant).toBeDefined();
    const last = await drills.now.enter(1, 'last');
    await drills.now.pass(990);
    expect(last.grant).toBeUndefined();
    await drills.now.pass(20);
    expect(last.grant).toBeDefined();
  });

  test('limits that become even after a grant was handed back keep the spacing from the send before', async () => {
    const limit = { rate: { count: 5, windowMs: 5_000 }, even: false, guardMs: 0 };
    await start(settingsOf({ limits: [limit] }));
    await drills.now.enter(1, 'first');
    const held = await drills.now.enter(0, 'held', { holds: true });
    await drills.now.pass(100);
    await drills.now.node(1).gate.refresh();
    held.grant!.giveBack();
    await drills.now.fleet.settled();
    await drills.now.node(1).gate.configure(settingsOf({ limits: [{ ...limit, even: true }] }));
    await drills.now.fleet.settled();
    await drills.now.enter(1, 'next');
    await drills.now.pass(2_000);
    expect(drills.now.sends).toHaveLength(2);
    expect(drills.now.closest()).toBeGreaterThanOrEqual(1_000);
  });

  for (const [how, seconds] of [
    ['once its node is back', 2],
    ['though its node was taken for dead meanwhile', 6],
  ] as const) {
    test(`a grant whose answer was lost with the connection costs no place ${how}`, async () => {
      await start(perDay(1));
      const node = drills.now.node(0);
      node.fate = () => ({ thereMs: 0, backMs: 0, lost: 'back' });
      const call = await drills.now.enter(0, 'lost');
      await drills.now.pass(1);
      expect(call.error).toBeDefined();
      node.fate = undefined;
      node.breakConnection(() => undefined);
      // Others are heard of: who is silent for long is taken for dead.
      for (let second = 0; second < seconds; second++) {
        await drills.now.pass(1_000);
        await drills.now.node(1).gate.refresh();
      }
      node.connect();
      await drills.now.pass(1_000);
      const next = await drills.now.enter(1, 'next');
      expect(next.grant?.ticketId).toBe('next');
    });
  }

  test('a grant whose handing back was not heard costs no place once its node has rejoined', async () => {
    await start(perDay(1));
    const node = drills.now.node(0);
    const held = await drills.now.enter(0, 'held', { holds: true });
    await drills.now.pass(45);
    node.fate = (script) => ({ thereMs: 0, backMs: 0, lost: script === 'report' ? 'there' : undefined });
    held.grant!.giveBack();
    await drills.now.pass(1);
    node.fate = undefined;
    await drills.now.pass(2_000);
    const next = await drills.now.enter(1, 'next');
    expect(next.grant).toBeDefined();
  });
});
