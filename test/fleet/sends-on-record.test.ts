import { describe, expect, test } from 'bun:test';
import { settingsOf } from '../contract/gate/driver.ts';
import { hasRedis } from '../support/redis.ts';
import { useDrills } from './drill.fixture.ts';
import { VirtualNode } from './virtual-fleet.fixture.ts';

const aDay = (count: number) => ({ rate: { count, windowMs: 86_400_000 }, even: false, guardMs: 0 });
const perDay = (count: number) => settingsOf({ limits: [aDay(count)] });
const oneASecond = { rate: { count: 1, windowMs: 1_000 }, even: false, guardMs: 0 };

/** What reached the wire stays on record, whatever is lost, late or given back beside it. */
describe.skipIf(!hasRedis)('stays on record:', () => {
  const drills = useDrills();
  const start = (settings = perDay(1)) => drills.start(2, settings);

  test('written and over while the connection was away', async () => {
    await start();
    const node = drills.now.node(0);
    const written = await drills.now.enter(0, 'written', { holds: true });
    node.isUp = false;
    node.gate.linkChanged(false);
    await drills.now.pass(10);
    expect(written.grant!.isFresh()).toBe(true);
    drills.now.write(written.grant!);
    await drills.now.pass(200);
    written.grant!.end('success');
    await drills.now.pass(2_500);
    node.isUp = true;
    node.gate.linkChanged(true);
    await drills.now.fleet.settled();
    expect(await drills.now.fleet.recorded()).toBe(1);
    const second = await drills.now.enter(1, 'second');
    await drills.now.pass(5_000);
    expect(second.grant).toBeUndefined();
    expect(drills.now.sends).toHaveLength(1);
  });

  test('a long write that was over while the connection was away', async () => {
    await start();
    const node = drills.now.node(0);
    const written = await drills.now.enter(0, 'written', { holds: true });
    expect(written.grant!.isFresh()).toBe(true);
    await drills.now.pass(100);
    node.isUp = false;
    node.gate.linkChanged(false);
    await drills.now.pass(10);
    drills.now.write(written.grant!);
    written.grant!.end('success');
    await drills.now.pass(2_500);
    node.isUp = true;
    node.gate.linkChanged(true);
    await drills.now.fleet.settled();
    expect(await drills.now.fleet.recorded()).toBe(1);
    await drills.now.enter(1, 'one too many');
    await drills.now.pass(5_000);
    expect(drills.now.sends).toHaveLength(1);
  });

  test('a rejoining that was said before a grant came is done after the grant has expired', async () => {
    await start(settingsOf({ limits: [aDay(2), oneASecond] }));
    const node = drills.now.node(0);
    await drills.now.enter(0, 'first');
    const second = drills.now.call(node, 'second', { holds: true });
    await drills.now.fleet.settled();
    // Claims are answered within 10 ms; what is asked after this one is 100 ms on its way.
    node.fate = (script) => (script === 'claim' ? { thereMs: 0, backMs: 10 } : { thereMs: 100, backMs: 0 });
    await drills.now.pass(1_000);
    for (let ms = 0; ms < 20 && node.gate.pending === 0; ms++) await drills.now.pass(1);
    expect(second.grant?.ticketId).toBeUndefined();
    node.gate.linkChanged(true);
    for (let ms = 0; ms < 20 && second.grant === undefined; ms++) await drills.now.pass(1);
    expect(second.grant!.isFresh()).toBe(true);
    drills.now.write(second.grant!);
    second.grant!.end('success');
    await drills.now.pass(400);
    node.fate = undefined;
    await drills.now.pass(2_000);
    expect(await drills.now.fleet.recorded()).toBe(2);
    await drills.now.enter(1, 'third');
    await drills.now.pass(5_000);
    expect(drills.now.sends).toHaveLength(2);
  });

  test('written and over, untold, when another server takes over', async () => {
    await start();
    const node = drills.now.node(0);
    const written = await drills.now.enter(0, 'written', { holds: true });
    const run = node.run.bind(node);
    node.run = (script, request) =>
      script === 'report' ? Promise.reject(new Error('the server is gone')) : run(script, request);
    drills.now.write(written.grant!);
    written.grant!.end('success');
    await drills.now.fleet.settled();
    node.run = run;
    // A replica that has all but the last word, or the same server again with its AOF.
    await drills.now.fleet.changeServer();
    await drills.now.pass(2_000);
    await drills.now.fleet.settled();
    expect(await drills.now.fleet.recorded()).toBe(1);
    await drills.now.enter(1, 'second');
    await drills.now.pass(5_000);
    expect(drills.now.sends).toHaveLength(1);
  });

  test('a rejoining that its node gave up is done after the gate was closed', async () => {
    await start(settingsOf({ limits: [aDay(2), oneASecond] }));
    const node = drills.now.node(0);
    await drills.now.enter(0, 'first');
    const second = await drills.now.enter(0, 'second');
    const run = node.run.bind(node);
    let late: (() => Promise<unknown>) | undefined;
    node.run = (script, request) => {
      if (script !== 'rejoin') return run(script, request);
      late = () => run(script, request);
      return Promise.reject(new Error('the connection broke'));
    };
    node.gate.linkChanged(true);
    await drills.now.fleet.settled();
    expect(late).toBeDefined();
    node.run = run;
    node.gate.linkChanged(true);
    await drills.now.pass(1_500);
    expect(second.grant).toBeDefined();
    node.gate.close();
    await drills.now.fleet.settled();
    expect(await drills.now.fleet.recorded()).toBe(2);
    await late!();
    await drills.now.fleet.settled();
    expect(await drills.now.fleet.recorded()).toBe(2);
    await drills.now.pass(2_000);
    await drills.now.enter(1, 'one too many');
    await drills.now.pass(20_000);
    expect(drills.now.sends).toHaveLength(2);
  });

  test('calls of a closed gate that were written when the connection broke', async () => {
    await start();
    const { fleet, clock } = drills.now;
    const old = drills.now.node(0);
    const written = await drills.now.enter(0, 'written', { holds: true });
    old.gate.close();
    await fleet.settled();
    const again = new VirtualNode(fleet, 'n0', {
      clock,
      settings: perDay(1),
      rejoinMs: 0,
      predecessor: old.gate,
    });
    fleet.nodes[0] = again;
    again.gate.linkChanged(true);
    await fleet.settled();
    await drills.now.pass(10);
    expect(written.grant!.isFresh()).toBe(true);
    // The connection breaks under the report of its write, and is there again after 2.5 s.
    old.run = () => Promise.reject(new Error('the connection broke'));
    drills.now.write(written.grant!);
    written.grant!.end('success');
    await fleet.settled();
    again.isUp = false;
    again.gate.linkChanged(false);
    await drills.now.pass(2_500);
    again.isUp = true;
    again.gate.linkChanged(true);
    await fleet.settled();
    expect(await fleet.recorded()).toBe(1);
    await drills.now.enter(1, 'one too many');
    await drills.now.pass(5_000);
    expect(drills.now.sends).toHaveLength(1);
  });

  test('grants that were not used, among sends that stand for others, when another server takes over', async () => {
    await drills.start(2, settingsOf({ limits: [{ ...oneASecond, rate: { count: 1, windowMs: 1 } }] }));
    for (let i = 0; i < 650; i++) {
      await drills.now.enter(1, `a${i}`);
      await drills.now.pass(2);
    }
    const held = [];
    for (let i = 0; i < 12; i++) {
      held.push(await drills.now.enter(0, `h${i}`, { holds: true }));
      await drills.now.pass(60);
      for (let j = 0; j < 6; j++) {
        await drills.now.enter(1, `b${i}.${j}`);
        await drills.now.pass(2);
      }
    }
    expect(held.every(({ grant }) => grant !== undefined)).toBe(true);
    for (let i = 0; i < 150; i++) {
      await drills.now.enter(1, `c${i}`);
      await drills.now.pass(2);
    }
    await drills.now.fleet.changeServer();
    await drills.now.pass(3_000);
    for (const { grant } of held) grant!.giveBack();
    await drills.now.pass(1_000);
    expect(await drills.now.fleet.recorded()).toBeGreaterThanOrEqual(drills.now.sends.length);
  });

  test('written and over, untold, when the upstream is taken out of the configuration and put back', async () => {
    await drills.start(2, perDay(1));
    const { fleet, clock } = drills.now;
    const old = drills.now.node(0);
    const written = await drills.now.enter(0, 'written', { holds: true });
    old.run = () => Promise.reject(new Error('the connection broke'));
    drills.now.write(written.grant!);
    written.grant!.end('success');
    await fleet.settled();
    old.isUp = false;
    old.gate.linkChanged(false);
    await drills.now.pass(500);
    expect(old.gate.running).toBe(0);
    old.gate.close();
    // As gates.ts has it: no call is under way, so there is no predecessor.
    const again = new VirtualNode(fleet, 'n0', { clock, settings: perDay(1), rejoinMs: 0 });
    fleet.nodes[0] = again;
    again.gate.linkChanged(true);
    await fleet.settled();
    await drills.now.enter(1, 'one too many');
    await drills.now.pass(2_000);
    expect(drills.now.sends).toHaveLength(1);
  });

  test('a report that hands back what was written before', async () => {
    await drills.start(2, perDay(1));
    const node = drills.now.node(0);
    const run = node.run.bind(node);
    let header: object = {};
    node.run = (script, request) => {
      header = request;
      return run(script, request);
    };
    const written = await drills.now.enter(0, 'written', { holds: true });
    drills.now.write(written.grant!);
    await drills.now.fleet.settled();
    const uid = (written.grant as unknown as { uid: string }).uid;
    await run('report', {
      ...header,
      begun: [],
      sent: [],
      left: [],
      over: [{ id: uid, cost: 0, outcome: 'ignore', back: true }],
    });
    expect(await drills.now.fleet.recorded()).toBe(1);
  });

  for (const isTold of [false, true]) {
    test(`a long write, ${isTold ? 'told' : 'not told'} when it began, that is over before its forgotten node is back`, async () => {
      await start(settingsOf({ limits: [{ ...oneASecond, rate: { count: 1, windowMs: 10_000 } }] }));
      const node = drills.now.node(0);
      const upload = await drills.now.enter(0, 'upload', { holds: true });
      expect(upload.grant!.isFresh()).toBe(true);
      if (isTold) await drills.now.pass(40);
      node.breakConnection(() => undefined);
      for (let second = 0; second < 8; second++) {
        await drills.now.pass(1_000);
        await drills.now.node(1).gate.refresh();
      }
      drills.now.write(upload.grant!);
      upload.grant!.end('success');
      await drills.now.pass(100);
      node.connect();
      await drills.now.fleet.settled();
      await drills.now.enter(1, 'next');
      await drills.now.pass(20_000);
      expect(drills.now.sends).toHaveLength(2);
      expect(drills.now.closest()).toBeGreaterThanOrEqual(10_000);
    });
  }

  test('once, though it is heard that a call is over before it is heard that it was written', async () => {
    await start(perDay(2));
    const node = drills.now.node(0);
    const run = node.run.bind(node);
    const held = await drills.now.enter(0, 'written', { holds: true });
    // As a request has it whose script the server does not know, while others load it: it is sent again.
    let again: (() => Promise<string>) | undefined;
    const late = Promise.withResolvers<string>();
    node.run = (script, request) => {
      if (script !== 'report' || again !== undefined) return run(script, request);
      again = () => run(script, request);
      return late.promise;
    };
    drills.now.write(held.grant!);
    await drills.now.fleet.settled();
    held.grant!.end('success');
    await drills.now.fleet.settled();
    late.resolve(await again!());
    await drills.now.fleet.settled();
    expect(await drills.now.fleet.recorded()).toBe(1);
    const second = await drills.now.enter(1, 'second');
    expect(second.grant).toBeDefined();
  });
});
