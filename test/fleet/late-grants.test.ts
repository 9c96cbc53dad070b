import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { perSecond, settingsOf } from '../contract/gate/driver.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { Drill } from './drill.fixture.ts';

const DAY_MS = 86_400_000;
const perDay = (count: number) =>
  settingsOf({ limits: [{ rate: { count, windowMs: DAY_MS }, even: false, guardMs: 0 }] });

/** What a grant that is not written in its time costs: nothing, when its node can still say that it was not. */
describe.skipIf(!hasRedis)('grants that come too late to be used', () => {
  let server: TestRedis;
  let drill: Drill | undefined;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    await drill?.close();
    drill = undefined;
  });
  afterAll(() => server.stop());
  const start = async (settings = perDay(3)) => {
    drill = await Drill.start(server.url, 2, settings);
    return drill;
  };
  /** The next answer to this script is on its way for so long. */
  const holdUp = (index: number, slow: string, backMs: number): void => {
    const node = drill!.node(index);
    node.fate = (script) => {
      if (script !== slow) return { thereMs: 0, backMs: 0 };
      node.fate = undefined;
      return { thereMs: 0, backMs };
    };
  };

  test('a grant that has expired when it comes takes no place of a long window', async () => {
    await start();
    holdUp(0, 'enter', 400);
    const late = drill!.call(drill!.node(0), 'late');
    await drill!.pass(200);
    // By now it counts as written at its latest moment; another call stands after it on record.
    const second = await drill!.enter(1, 'second');
    await drill!.pass(300);
    const third = await drill!.enter(1, 'third');
    const fourth = await drill!.enter(1, 'fourth');
    await drill!.pass(2_000);
    expect([late, second, third].map(({ grant }) => grant !== undefined)).toEqual([true, true, true]);
    expect(fourth.grant).toBeUndefined();
    expect(drill!.sends).toHaveLength(3);
  });

  test('a node that stood still until it was forgotten gives its grant back', async () => {
    await start();
    holdUp(0, 'enter', 90_000);
    const late = drill!.call(drill!.node(0), 'late', { deadlineInMs: 3 * DAY_MS });
    await drill!.pass(5_000);
    await drill!.enter(1, 'second');
    await drill!.pass(120_000);
    const third = await drill!.enter(1, 'third');
    expect([late, third].map(({ grant }) => grant !== undefined)).toEqual([true, true]);
    expect(drill!.sends).toHaveLength(3);
  });

  test('a caller that has gone when its grant comes leaves its place to others', async () => {
    await start(perDay(1));
    holdUp(0, 'enter', 400);
    const gone = drill!.call(drill!.node(0), 'gone', { deadlineInMs: 300 });
    await drill!.pass(1_000);
    expect(gone.error).toBeDefined();
    const next = await drill!.enter(1, 'next');
    expect(next.grant).toBeDefined();
  });

  test('a grant that is given back after it has expired leaves its place to others', async () => {
    await start(perDay(1));
    const held = await drill!.enter(0, 'held', { holds: true });
    await drill!.pass(500);
    await drill!.enter(1, 'next', { deadlineInMs: 1 });
    held.grant!.giveBack();
    await drill!.fleet.settled();
    const next = await drill!.enter(1, 'next');
    expect(next.grant).toBeDefined();
  });

  test('what is written after its grant has expired counts once, from when it was written', async () => {
    await start(settingsOf({ limits: [perSecond(2)] }));
    const slow = await drill!.enter(0, 'slow', { holds: true });
    await drill!.pass(500);
    // Nothing told the fleet that its write had begun; somebody looks, and it expires there.
    await drill!.node(1).gate.refresh();
    drill!.write(slow.grant!);
    slow.grant!.end('success');
    await drill!.fleet.settled();
    const beside = await drill!.enter(1, 'beside');
    expect(beside.grant).toBeDefined();
    const third = await drill!.enter(1, 'third');
    await drill!.pass(950);
    expect(third.grant).toBeUndefined();
    await drill!.pass(50);
    expect(third.grant).toBeDefined();
  });

  test('a spacing goes on from the send before the grant that was not used', async () => {
    await start(settingsOf({ limits: [perSecond(1, { even: true })] }));
    const first = await drill!.enter(0, 'first');
    expect(first.grant).toBeDefined();
    await drill!.pass(1_000);
    holdUp(0, 'enter', 600);
    const late = drill!.call(drill!.node(0), 'late');
    await drill!.pass(600);
    await drill!.pass(1);
    expect(late.grant).toBeDefined();
    expect(drill!.closest()).toBeGreaterThanOrEqual(1_000);
  });

  test('a ticket that comes again on a connection that broke does not free the grant that it got meanwhile', async () => {
    await start(settingsOf({ limits: [perSecond(1)], queue: { policy: 'priority' } }));
    const node = drill!.node(0);
    const run = node.run.bind(node);
    holdUp(0, 'enter', 45);
    const call = drill!.call(node, 'again', { holds: true });
    await drill!.fleet.settled();
    let late: (() => Promise<unknown>) | undefined;
    // It comes again with a grant that came too late; that request is done only after the node has come back.
    node.run = (script, request) => {
      if (script !== 'enter') return run(script, request);
      late = () => run(script, request);
      return Promise.reject(new Error('the connection broke'));
    };
    await drill!.pass(50);
    expect(late).toBeDefined();
    node.run = run;
    node.gate.linkChanged(true);
    await drill!.fleet.settled();
    for (let ms = 0; ms < 100 && call.grant === undefined; ms++) await drill!.pass(1);
    expect(call.grant!.isFresh()).toBe(true);
    const urgent = await drill!.enter(1, 'too close', { urgency: 0 });
    await late!();
    await drill!.fleet.settled();
    drill!.write(call.grant!);
    await drill!.fleet.settled();
    expect(urgent.grant?.ticketId).toBeUndefined();
  });

  test('a write that is told late does not shorten the spacing after a dearer one', async () => {
    await start(settingsOf({ limits: [{ rate: { count: 5, windowMs: 5_000 }, even: true, guardMs: 0 }] }));
    const slow = await drill!.enter(0, 'slow', { holds: true });
    await drill!.pass(1_100);
    const dear = await drill!.enter(1, 'dear', { cost: 3 });
    expect(dear.grant).toBeDefined();
    await drill!.pass(50);
    drill!.write(slow.grant!);
    slow.grant!.end('success');
    const next = await drill!.enter(1, 'next');
    await drill!.pass(2_900);
    expect(next.grant).toBeUndefined();
    await drill!.pass(200);
    expect(next.grant).toBeDefined();
  });

  test('what was not written leaves the spacing as the dear call before it set it', async () => {
    await start(settingsOf({ limits: [{ rate: { count: 5, windowMs: 5_000 }, even: true, guardMs: 0 }] }));
    await drill!.enter(1, 'dear', { cost: 3 });
    await drill!.pass(3_000);
    const held = await drill!.enter(0, 'held', { holds: true });
    await drill!.pass(100);
    await drill!.node(1).gate.refresh();
    held.grant!.giveBack();
    const next = await drill!.enter(1, 'next');
    expect(next.grant).toBeDefined();
    const last = await drill!.enter(1, 'last');
    await drill!.pass(990);
    expect(last.grant).toBeUndefined();
    await drill!.pass(20);
    expect(last.grant).toBeDefined();
  });
});
