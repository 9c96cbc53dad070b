import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { GatewayError } from '../../src/shared/errors.ts';
import { breakerOf, perSecond, settingsOf } from '../contract/gate/driver.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { Drill, type DrillCall } from './drill.fixture.ts';

const codeOf = ({ error }: DrillCall): unknown => (error instanceof GatewayError ? error.code : error);

describe.skipIf(!hasRedis)('a gate that nodes share', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  const start = (count: number, settings = settingsOf(), rejoinMs = 0) =>
    Drill.start(server.url, count, settings, rejoinMs);

  test('calls of three nodes go in one order, a second apart', async () => {
    const drill = await start(3);
    for (let index = 0; index < 9; index++) {
      await drill.enter(index % 3, `t${index}`);
      await drill.pass(1);
    }
    await drill.pass(8_200);
    expect(drill.order).toEqual(['t0', 't1', 't2', 't3', 't4', 't5', 't6', 't7', 't8']);
    expect(drill.sends).toEqual([0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000]);
    await drill.close();
  });

  test('an urgent call that comes last, at any node, goes next', async () => {
    const drill = await start(3, settingsOf({ queue: { policy: 'priority' } }));
    for (let index = 0; index < 4; index++) await drill.enter(index % 2, `t${index}`);
    await drill.pass(1_990);
    await drill.enter(2, 'urgent', { urgency: 0 });
    await drill.pass(2_100);
    expect(drill.order).toEqual(['t0', 't1', 'urgent', 't2', 't3']);
    expect(drill.sends).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
    await drill.close();
  });

  test('fair: clients take turns, whichever nodes they came to', async () => {
    const drill = await start(2, settingsOf({ queue: { policy: 'fair' } }));
    for (let index = 0; index < 4; index++) await drill.enter(0, `flood${index}`, { client: 'flood' });
    for (let index = 0; index < 2; index++) await drill.enter(1, `one${index}`, { client: 'one' });
    await drill.pass(5_100);
    expect(drill.order).toEqual(['flood0', 'one0', 'flood1', 'one1', 'flood2', 'flood3']);
    await drill.close();
  });

  test('concurrency is bounded for all together; a place that is freed goes to the best anywhere', async () => {
    const drill = await start(2, settingsOf({ limits: [], concurrency: 2 }));
    const first = await drill.enter(0, 'a', { holds: true });
    await drill.enter(1, 'b', { holds: true });
    const waiting = await drill.enter(1, 'c');
    expect(waiting.grant).toBeUndefined();
    await drill.pass(10);
    first.grant!.sent();
    first.grant!.end('success');
    await drill.pass(0);
    expect(waiting.grantedAtMs).toBe(10);
    await drill.close();
  });

  test('the breaker, a pause and a clearing hold on all', async () => {
    const drill = await start(
      2,
      settingsOf({ limits: [perSecond(5)], breaker: breakerOf({ consecutive: 2 }) }),
    );
    for (const index of [0, 1]) {
      const call = await drill.enter(index, `fails${index}`, { holds: true });
      call.grant!.sent();
      call.grant!.end('failure');
      await drill.fleet.settled();
    }
    expect(codeOf(await drill.enter(0, 'refused'))).toBe('circuit_open');
    expect(codeOf(await drill.enter(1, 'refused too'))).toBe('circuit_open');
    await drill.node(0).gate.force('reset');
    await drill.node(1).gate.pause(undefined, 'by hand');
    await drill.fleet.settled();
    expect(drill.node(0).gate.snapshot().pause?.reason).toBe('by hand');
    expect(codeOf(await drill.enter(0, 'paused'))).toBe('upstream_paused');
    await drill.node(0).gate.resume();
    await drill.node(0).gate.pause(5_000, 'a while');
    const waiting = [await drill.enter(0, 'x'), await drill.enter(1, 'y')];
    expect(await drill.node(1).gate.clear()).toEqual({ requests: 2, clients: 1 });
    await drill.fleet.settled();
    expect(waiting.map(codeOf)).toEqual(['upstream_paused', 'upstream_paused']);
    await drill.close();
  });

  test('an operator at one node removes and promotes what waits at another', async () => {
    const drill = await start(2, settingsOf({ queue: { policy: 'priority' } }));
    await drill.enter(0, 'first');
    const [removed] = [await drill.enter(0, 'removed'), await drill.enter(0, 'x'), await drill.enter(0, 'y')];
    expect(await drill.node(1).gate.remove('removed')).toBe(true);
    expect(await drill.node(1).gate.promote('y', 0)).toBe(true);
    await drill.fleet.settled();
    expect(codeOf(removed)).toBe('upstream_paused');
    await drill.pass(2_100);
    expect(drill.order).toEqual(['first', 'y', 'x']);
    await drill.close();
  });

  test('settings changed at one node are in force at all', async () => {
    const drill = await start(2);
    await drill.node(0).gate.configure(settingsOf({ limits: [perSecond(3)], queue: { policy: 'fair' } }));
    await drill.fleet.settled();
    expect(drill.node(1).gate.settings()).toEqual(drill.node(0).gate.settings());
    for (let index = 0; index < 4; index++) await drill.enter(1, `t${index}`);
    expect(drill.order.length).toBe(3);
    await drill.close();
  });

  test('of nodes with different limits the strictest hold, and the difference is told', async () => {
    const drill = await start(1, settingsOf({ limits: [perSecond(5)] }));
    drill.fleet.add({ settings: settingsOf({ limits: [perSecond(2)], concurrency: 9 }), rejoinMs: 0 });
    await drill.node(1).gate.refresh();
    await drill.fleet.settled();
    for (let index = 0; index < 4; index++) await drill.enter(0, `t${index}`);
    expect(drill.order).toEqual(['t0', 't1']);
    const drift = await drill.node(0).gate.drift();
    expect([...drift].map(([node, { limits }]) => [node, limits[0]?.rate.count]).sort()).toEqual([
      ['n0', 5],
      ['n1', 2],
    ]);
    // Once it has left, its limits go with it.
    drill.node(1).gate.close();
    await drill.fleet.settled();
    await drill.node(0).gate.configure(settingsOf({ limits: [perSecond(5)] }));
    await drill.pass(0);
    expect(drill.order.length).toBe(4);
    await drill.close();
  });

  test('a node that is gone leaves its tickets, its place and its unwritten grant behind, counted', async () => {
    const drill = await start(2, settingsOf({ concurrency: 1 }));
    await drill.enter(0, 'granted', { holds: true });
    await drill.enter(0, 'lost');
    await drill.enter(1, 'waits');
    // No more of it: neither requests nor messages.
    drill.node(0).isUp = false;
    drill.node(0).hears = false;
    await drill.pass(20_000);
    expect(drill.order).toEqual(['granted', 'waits']);
    // Its grant could have been written 50 ms after it was asked for.
    expect(drill.sends[0]!).toBeGreaterThanOrEqual(1_050);
    expect(drill.sends[0]!).toBeLessThan(6_000);
    await drill.close();
  });

  test('a node that does not answer is passed over soon', async () => {
    const drill = await start(2);
    await drill.enter(1, 'first');
    await drill.enter(0, 'stuck');
    await drill.enter(1, 'waits');
    drill.node(0).isUp = false;
    drill.node(0).hears = false;
    await drill.pass(2_500);
    expect(drill.order).toEqual(['first', 'waits']);
    await drill.close();
  });

  test('messages that are lost cost time, and nobody is forgotten', async () => {
    const drill = await start(3);
    for (const node of drill.fleet.nodes) node.hears = false;
    for (let index = 0; index < 9; index++) await drill.enter(index % 3, `t${index}`);
    await drill.pass(20_000);
    expect(drill.order.length).toBe(9);
    expect(drill.closest()).toBeGreaterThanOrEqual(1_000);
    await drill.close();
  });

  test('a grant that was held up on its way is not used; its slot is lost, its ticket is not', async () => {
    const drill = await start(1);
    drill.node(0).fate = () => ({ thereMs: 1, backMs: 60 });
    const call = await drill.enter(0, 'late');
    await drill.pass(61);
    expect(call.grant).toBeUndefined();
    drill.node(0).fate = undefined;
    await drill.pass(1_500);
    expect(call.grant).toBeDefined();
    expect(drill.node(0).gate.unusedGrants).toBeGreaterThanOrEqual(1);
    await drill.close();
  });

  test('a slow Redis has its answers used: the bound follows it', async () => {
    const drill = await start(2);
    for (const node of drill.fleet.nodes) node.fate = () => ({ thereMs: 100, backMs: 100 });
    for (let index = 0; index < 6; index++) await drill.enter(index % 2, `t${index}`);
    await drill.pass(20_000);
    expect(drill.order.length).toBe(6);
    expect(drill.closest()).toBeGreaterThanOrEqual(1_000);
    await drill.close();
  });

  test('Redis comes back empty: sends and tickets are told anew, before the first grant', async () => {
    const day = { rate: { count: 4, windowMs: 86_400_000 }, even: false, guardMs: 0 };
    const drill = await start(
      2,
      settingsOf({ limits: [perSecond(1), day], queue: { policy: 'priority' } }),
      1_000,
    );
    await drill.pass(1_000);
    for (let index = 0; index < 3; index++) await drill.enter(index % 2, `t${index}`);
    await drill.pass(2_100);
    expect(drill.order).toEqual(['t0', 't1', 't2']);
    await drill.enter(0, 'low', { urgency: 6 });
    await drill.enter(1, 'high', { urgency: 1 });
    await drill.fleet.flush();
    for (const { gate } of drill.fleet.nodes) gate.linkChanged(false);
    await drill.pass(50);
    for (const { gate } of drill.fleet.nodes) gate.linkChanged(true);
    await drill.pass(10_000);
    // The fourth and last of the day, the most urgent; no fifth.
    expect(drill.order).toEqual(['t0', 't1', 't2', 'high']);
    expect(drill.closest()).toBeGreaterThanOrEqual(1_000);
    expect(drill.sends[3]! - drill.sends[2]!).toBeGreaterThanOrEqual(1_000);
    await drill.close();
  });

  test('data lost under a node that noticed nothing: its next request tells it', async () => {
    const day = { rate: { count: 2, windowMs: 86_400_000 }, even: false, guardMs: 0 };
    const drill = await start(2, settingsOf({ limits: [day] }), 500);
    await drill.pass(500);
    await drill.enter(0, 'a');
    await drill.enter(1, 'b');
    await drill.fleet.flush();
    // Node 0 asks; node 1, which does not, is told that something is lost, and says what it sent.
    const late = await drill.enter(0, 'c', { deadlineInMs: 5_000 });
    await drill.pass(6_000);
    expect(codeOf(late)).toBe('deadline_unmeetable');
    expect(drill.order).toEqual(['a', 'b']);
    await drill.close();
  });

  test('Redis away: who waits waits to its deadline, who comes is refused', async () => {
    const drill = await start(1);
    await drill.enter(0, 'first');
    const waiting = await drill.enter(0, 'waits', { deadlineInMs: 5_000 });
    drill.node(0).isUp = false;
    drill.node(0).gate.linkChanged(false);
    await drill.pass(1_000);
    const refused = await drill.enter(0, 'comes');
    await drill.pass(100);
    expect(codeOf(refused)).toBe('state_unavailable');
    await drill.pass(3_899);
    expect(waiting.error).toBeUndefined();
    await drill.pass(1);
    expect(codeOf(waiting)).toBe('queue_timeout');
    expect(drill.order).toEqual(['first']);
    await drill.close();
  });

  test('nodes whose dear calls wait behind a silent one do not have each other ask again and again', async () => {
    const drill = await start(3, settingsOf({ limits: [perSecond(3)] }));
    await drill.enter(1, 'first', { cost: 3 });
    for (const index of [0, 1, 2]) await drill.enter(index, `dear-${index}`, { cost: 2 });
    drill.node(0).isDead = true;
    drill.node(0).isUp = false;
    let asked = 0;
    for (const node of [drill.node(1), drill.node(2)]) {
      const run = node.run.bind(node);
      node.run = (script, request) => (++asked > 500 ? new Promise(() => {}) : run(script, request));
    }
    await drill.pass(1_250);
    // The first of them is passed over after 300 ms; until then the others look in now and then.
    expect(asked).toBeLessThan(60);
    await drill.pass(3_000);
    expect(drill.order).toEqual(['first', 'dear-1', 'dear-2']);
    await drill.close();
  });
});
