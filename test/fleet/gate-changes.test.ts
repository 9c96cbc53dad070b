import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../src/shared/errors.ts';
import type { GateScriptName } from '../../src/state/redis/gate/gate-scripts.ts';
import { breakerOf, perSecond, settingsOf } from '../contract/gate/driver.ts';
import { hasRedis } from '../support/redis.ts';
import { type DrillCall, useDrills } from './drill.fixture.ts';
import { VirtualNode } from './virtual-fleet.fixture.ts';

const codeOf = ({ error }: DrillCall): unknown => (error instanceof GatewayError ? error.code : error);
const aDay = (count: number) => ({ rate: { count, windowMs: 86_400_000 }, even: false, guardMs: 0 });
/** Requests of one kind that are lost, and how. */
const losing = (which: GateScriptName, lost: 'there' | 'back') => (script: GateScriptName) => ({
  thereMs: 0,
  backMs: 0,
  lost: script === which ? lost : undefined,
});

describe.skipIf(!hasRedis)('a shared gate that changes, pauses, closes and comes back', () => {
  const drills = useDrills();
  const { start } = drills;

  test('lower limits whose telling was lost are told until somebody has heard them', async () => {
    const { fleet } = await start(1, settingsOf({ limits: [perSecond(50)] }));
    const node = drills.now.node(0);
    // Neither `configure` nor the first rejoining after it arrive.
    const lose = new Set<GateScriptName>(['configure', 'rejoin']);
    node.fate = (script) => ({ thereMs: 0, backMs: 0, lost: lose.delete(script) ? 'there' : undefined });
    node.gate.configure(settingsOf({ limits: [perSecond(1)] })).catch(() => {});
    await drills.now.pass(5_000);
    node.fate = undefined;
    expect(lose.size).toBe(0);
    for (let index = 0; index < 10; index++) await drills.now.enter(0, `t${index}`);
    await fleet.settled();
    expect(node.gate.settings().limits[0]?.rate.count).toBe(1);
    expect(drills.now.order.length).toBe(1);
  });

  test('an upstream that is taken out of the configuration and put back does not reuse the names of its calls', async () => {
    const day = settingsOf({ limits: [aDay(10)] });
    await start(1, day, 0);
    const { fleet, clock } = drills.now;
    for (let index = 0; index < 5; index++) await drills.now.enter(0, `a${index}`);
    await drills.now.pass(1_000);
    drills.now.node(0).gate.close();
    await fleet.settled();
    fleet.nodes.length = 0;
    // The same process: the same node.
    const again = new VirtualNode(fleet, 'n0', { clock, settings: day, rejoinMs: 0 });
    fleet.nodes.push(again);
    for (let index = 0; index < 5; index++) {
      drills.now.call(again, `b${index}`);
      await fleet.settled();
    }
    expect(drills.now.order.length).toBe(10);
    // A failover to a replica that has all of it but is another server: nothing is lost, all is told anew.
    await drills.now.fleet.changeServer();
    const late = drills.now.call(again, 'eleventh', { deadlineInMs: 5_000 });
    await drills.now.pass(6_000);
    expect(drills.now.order.length).toBe(10);
    expect(codeOf(late)).toBe('deadline_unmeetable');
  });

  test('calls under way of an upstream that is put back count against its concurrency', async () => {
    const settings = settingsOf({ limits: [], concurrency: 1 });
    await start(1, settings);
    const { fleet, clock } = drills.now;
    const old = await drills.now.enter(0, 'under way', { holds: true });
    old.grant!.sent();
    const before = drills.now.node(0).gate;
    before.close();
    await fleet.settled();
    fleet.nodes.length = 0;
    const again = new VirtualNode(fleet, 'n0', { clock, settings, rejoinMs: 0, predecessor: before });
    fleet.nodes.push(again);
    const next = drills.now.call(again, 'next', { holds: true });
    await drills.now.pass(100);
    expect(next.grant?.ticketId).toBeUndefined();
  });

  test('calls under way of an upstream that only this node gave up count until they end', async () => {
    await start(2, settingsOf({ limits: [], concurrency: 1 }));
    const old = await drills.now.enter(0, 'under way', { holds: true });
    old.grant!.sent();
    drills.now.node(0).gate.close();
    const next = await drills.now.enter(1, 'next', { holds: true });
    await drills.now.pass(30_000);
    expect(next.grant?.ticketId).toBeUndefined();
    old.grant!.end('success');
    await drills.now.pass(1_000);
    expect(next.grant).toBeDefined();
  });

  test('calls that hang are failures for the breaker, at a node that has nothing else to do', async () => {
    await start(2, settingsOf({ limits: [perSecond(100)], breaker: breakerOf({ consecutive: 2 }) }));
    const hanging = [
      await drills.now.enter(0, 'hangs', { holds: true }),
      await drills.now.enter(0, 'hangs too', { holds: true }),
    ];
    for (const call of hanging) call.grant!.sent();
    for (let second = 0; second < 10; second++) {
      await drills.now.pass(1_000);
      await drills.now.node(1).gate.refresh();
      await drills.now.fleet.settled();
    }
    for (const call of hanging) call.grant!.end('failure');
    await drills.now.fleet.settled();
    expect(codeOf(await drills.now.enter(1, 'refused'))).toBe('circuit_open');
  });

  test('half-open: one probe at a time, however long it takes', async () => {
    await start(
      2,
      settingsOf({
        limits: [perSecond(100)],
        breaker: breakerOf({ consecutive: 1, openForMs: 1_000, probeTimeoutMs: 60_000 }),
      }),
    );
    const fails = await drills.now.enter(0, 'fails', { holds: true });
    fails.grant!.end('failure');
    await drills.now.pass(1_100);
    const probe = await drills.now.enter(0, 'probe', { holds: true });
    probe.grant!.sent();
    const second = await drills.now.enter(1, 'second', { holds: true });
    await drills.now.pass(20_000);
    expect(second.grant?.ticketId).toBeUndefined();
  });

  test('settings are learned though a message overtook the answer that told them', async () => {
    await start(2, settingsOf({ limits: [perSecond(1)] }));
    const [first, second] = [drills.now.node(0), drills.now.node(1)];
    await drills.now.enter(1, 'one');
    await drills.now.enter(1, 'waits', { holds: true });
    second.fate = () => ({ thereMs: 0, backMs: 40 });
    await first.gate.configure(settingsOf({ limits: [perSecond(1), aDay(100)], concurrency: 7 }));
    // Node 1 has seen that there are new ones, and asks for them; the answer is on its way.
    await drills.now.pass(60);
    await first.gate.pause(5_000, 'it is not yet the turn of node 1');
    await drills.now.pass(60);
    second.fate = undefined;
    await drills.now.pass(20_000);
    await second.gate.refresh();
    await drills.now.fleet.settled();
    expect(second.gate.settings().concurrency).toBe(7);
    expect(second.gate.settings().limits.length).toBe(2);
  });

  test('the longest pause that the provider asked for while Redis was away is the one that is told', async () => {
    await start(1);
    const node = drills.now.node(0);
    node.isUp = false;
    node.gate.linkChanged(false);
    await node.gate.pause(60_000, 'a minute').catch(() => {});
    await node.gate.pause(5_000, 'five seconds').catch(() => {});
    node.isUp = true;
    node.gate.linkChanged(true);
    await drills.now.pass(10);
    expect(node.gate.snapshot().pause?.untilMs).toBeGreaterThan(50_000);
  });

  test('no call goes out during a pause that the provider asked for and that could not be told at once', async () => {
    await start(1, settingsOf({ limits: [perSecond(100)] }));
    const node = drills.now.node(0);
    node.fate = losing('operate', 'there');
    node.gate.pause(60_000, 'the upstream answered 429').catch(() => {});
    await drills.now.pass(0);
    node.fate = undefined;
    const call = await drills.now.enter(0, 'goes');
    expect(call.grant?.ticketId).toBeUndefined();
  });

  test('a limit is one limit, whatever the digits of its guard', async () => {
    // 2.9 % of a second, as the configuration computes it: 28.999999999999996 ms.
    const limits = [{ ...perSecond(5), guardMs: 1_000 * (2.9 / 100) }];
    await start(2, settingsOf({ limits }));
    await drills.now.node(0).gate.refresh();
    await drills.now.fleet.settled();
    expect(drills.now.node(0).gate.settings().limits.length).toBe(1);
  });

  test('a node that closes while it rejoins still says goodbye', async () => {
    await start(2);
    await drills.now.enter(1, 'first');
    const node = drills.now.node(0);
    await drills.now.enter(0, 'leaves');
    const waits = await drills.now.enter(1, 'waits');
    node.fate = () => ({ thereMs: 10, backMs: 10 });
    node.gate.linkChanged(true);
    node.gate.close();
    node.hears = false;
    await drills.now.pass(1_100);
    expect(waits.grant).toBeDefined();
  });

  test('what was sent before a window was made longer is known to a Redis that forgets', async () => {
    await start(1, settingsOf({ limits: [perSecond(1)] }), 500);
    await drills.now.pass(1_000);
    for (let index = 0; index < 8; index++) {
      await drills.now.enter(0, `t${index}`);
      await drills.now.pass(1_000);
    }
    await drills.now.node(0).gate.configure(settingsOf({ limits: [aDay(10)] }));
    await drills.now.fleet.settled();
    await drills.now.fleet.flush();
    for (let index = 0; index < 8; index++)
      drills.now.call(drills.now.node(0), `u${index}`, { deadlineInMs: 20_000 });
    await drills.now.pass(20_000);
    expect(drills.now.order.length).toBe(10);
  });
});

/** The same data on another server: what the scripts know a server by is another. */
