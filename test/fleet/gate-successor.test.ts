import { describe, expect, test } from 'bun:test';
import type { GateSettings } from '../../src/state/contracts.ts';
import { perSecond, settingsOf } from '../contract/gate/driver.ts';
import { hasRedis } from '../support/redis.ts';
import { type DrillCall, useDrills } from './drill.fixture.ts';
import type { VirtualNode } from './virtual-fleet.fixture.ts';

const limit = (count: number, windowMs: number) => ({ rate: { count, windowMs }, even: false, guardMs: 0 });
const DAY_MS = 86_400_000;

/** An upstream is taken out of the configuration of a node with something left to tell, and put back. */
describe.skipIf(!hasRedis)('a gate that is opened after another one of its node', () => {
  const drills = useDrills();
  const held = (id: string): Promise<DrillCall> => drills.now.enter(0, id, { holds: true });
  const written = async (id: string): Promise<DrillCall> => {
    const call = await held(id);
    drills.now.write(call.grant!);
    await drills.now.fleet.settled();
    return call;
  };
  const reopen = async (settings: GateSettings): Promise<VirtualNode> => {
    drills.now.node(0).gate.close();
    await drills.now.fleet.settled();
    const opened = drills.now.reopen(0, settings);
    await drills.now.fleet.settled();
    await drills.now.pass(10);
    return opened;
  };
  const breakOff = (node: VirtualNode): void => {
    node.run = () => Promise.reject(new Error('the connection broke'));
  };
  const changeServer = async (): Promise<void> => {
    await drills.now.pass(50);
    await drills.now.fleet.changeServer();
    drills.now.node(0).gate.linkChanged(true);
    await drills.now.fleet.settled();
  };

  test('does not take what was written before it for unwritten when another server takes over', async () => {
    const settings = settingsOf({ limits: [limit(1, DAY_MS)] });
    await drills.start(2, settings);
    const before = drills.now.node(0);
    const call = await held('written');
    breakOff(before);
    drills.now.write(call.grant!);
    call.grant!.end('success');
    before.breakConnection(() => undefined);
    await drills.now.pass(500);
    drills.now.node(0).gate.close();
    drills.now.reopen(0, settings);
    await changeServer();
    expect(await drills.now.fleet.recorded()).toBe(1);
    await drills.now.enter(1, 'one too many');
    await drills.now.pass(20_000);
    expect(drills.now.sends).toHaveLength(1);
  });

  test('does not speak for one between it and its oldest predecessor', async () => {
    const settings = settingsOf({ limits: [limit(2, DAY_MS)] });
    await drills.start(2, settings);
    const oldest = drills.now.node(0);
    await written('running');
    const between = await reopen(settings);
    const call = await held('between');
    expect(call.grant!.isFresh()).toBe(true);
    await drills.now.pass(100);
    for (const node of [oldest, between]) breakOff(node);
    drills.now.write(call.grant!);
    call.grant!.end('success');
    await drills.now.fleet.settled();
    between.breakConnection(() => undefined);
    await drills.now.pass(500);
    await reopen(settings);
    expect(await drills.now.fleet.recorded()).toBe(2);
    await drills.now.enter(1, 'one too many');
    await drills.now.pass(20_000);
    expect(drills.now.sends).toHaveLength(2);
  });

  test('tells of a long write that the gate before it could not tell', async () => {
    const settings = settingsOf({ limits: [limit(1, 10_000)] });
    await drills.start(2, settings);
    const call = await held('upload');
    expect(call.grant!.isFresh()).toBe(true);
    drills.now.node(0).breakConnection(() => undefined);
    await drills.now.pass(2_000);
    drills.now.write(call.grant!);
    call.grant!.end('success');
    await drills.now.pass(100);
    await reopen(settings);
    await drills.now.enter(1, 'next');
    await drills.now.pass(20_000);
    expect(drills.now.sends).toHaveLength(2);
    expect(drills.now.closest()).toBeGreaterThanOrEqual(10_000);
  });

  test('counts the calls under way of all gates before it', async () => {
    const settings = settingsOf({ limits: [], concurrency: 2 });
    await drills.start(2, settings);
    await written('one');
    await reopen(settings);
    await written('two');
    await reopen(settings);
    const third = await drills.now.enter(1, 'third', { holds: true });
    await drills.now.pass(1_000);
    expect(third.grant?.ticketId).toBeUndefined();
  });

  test('leaves nothing in the way when a call of the one before it is over after another server has taken over', async () => {
    for (const settings of [
      settingsOf({ limits: [perSecond(1)] }),
      settingsOf({ limits: [], concurrency: 1 }),
    ]) {
      await drills.now?.close();
      await drills.start(2, settings);
      const call = await held('under way');
      expect(call.grant!.isFresh()).toBe(true);
      await drills.now.pass(40);
      await reopen(settings);
      await changeServer();
      drills.now.write(call.grant!);
      call.grant!.end('success');
      await drills.now.pass(1_000);
      const calls = [await drills.now.enter(1, 'next'), await drills.now.enter(0, 'mine')];
      await drills.now.pass(10_000);
      expect(calls.map(({ grant }) => grant !== undefined)).toEqual([true, true]);
    }
  });

  test('has its settings in force though it is opened in the step in which the other was closed', async () => {
    await drills.start(2, settingsOf({ limits: [perSecond(50)] }));
    await written('under way');
    await drills.now.pass(2_000);
    drills.now.node(0).gate.close();
    const opened = drills.now.reopen(0, settingsOf({ limits: [perSecond(1)] }));
    await drills.now.fleet.settled();
    for (let index = 0; index < 10; index++) drills.now.call(opened, `t${index}`);
    await drills.now.pass(500);
    expect(drills.now.sends).toHaveLength(2);
  });
});
