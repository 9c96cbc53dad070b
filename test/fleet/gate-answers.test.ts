import { describe, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import { GatewayError } from '../../src/shared/errors.ts';
import { settle } from '../../src/shared/virtual-clock.ts';
import { perSecond, settingsOf } from '../contract/gate/driver.ts';
import { hasRedis } from '../support/redis.ts';
import { type DrillCall, useDrills } from './drill.fixture.ts';

const codeOf = ({ error }: DrillCall): unknown => (error instanceof GatewayError ? error.code : error);

describe.skipIf(!hasRedis)('a shared gate whose requests and answers are lost, late or overtaken', () => {
  const drills = useDrills();
  const { start } = drills;

  test('an answer that is lost does not have its ticket told that an operator removed it', async () => {
    await start(2, settingsOf({ limits: [perSecond(1)] }));
    await drills.now.enter(0, 'first');
    const waits = await drills.now.enter(0, 'waits');
    await drills.now.pass(900);
    const node = drills.now.node(0);
    // Its claim is granted, and the answer is lost only after the next rejoining was said: what is slow is lost.
    node.fate = (script) =>
      script === 'claim'
        ? { thereMs: 1, backMs: 300, lost: 'back' }
        : { thereMs: 1, backMs: 0, lost: undefined };
    await drills.now.pass(120);
    node.gate.linkChanged(true);
    await drills.now.pass(350);
    node.fate = undefined;
    await drills.now.pass(5_000);
    expect(codeOf(waits)).toBeUndefined();
    expect(waits.grant).toBeDefined();
  });

  test('what a node says on rejoining is not said later than what it asked after it (SCRIPT FLUSH)', async () => {
    await start(2, settingsOf({ limits: [perSecond(1)] }));
    const { clock } = drills.now;
    await drills.now.enter(0, 'first');
    await drills.now.pass(1_500);
    const client = new Redis(drills.url);
    await client.script('FLUSH');
    client.disconnect();
    // Node 1 has the scripts that everybody uses loaded again; nobody rejoins.
    const peeked = drills.now.call(drills.now.node(1), 'peek', { deadlineInMs: -1 });
    await drills.now.fleet.settled();
    expect(codeOf(peeked)).toBe('deadline_unmeetable');
    // Node 0's connection comes back, and a call comes in the same moment.
    drills.now.node(0).gate.linkChanged(true);
    const held = drills.now.call(drills.now.node(0), 'written', { holds: true });
    await until(() => held.grant !== undefined);
    // It is written 30 ms later: still fresh. Before that, node 1 asks.
    await drills.now.fleet.settled();
    await drills.now.pass(30);
    const other = await drills.now.enter(1, 'too close');
    expect(held.grant!.isFresh()).toBe(true);
    drills.now.write(held.grant!);
    await drills.now.fleet.settled();
    expect(clock.now()).toBe(1_530);
    expect(other.grant?.ticketId).toBeUndefined();
    expect(drills.now.closest()).toBeGreaterThanOrEqual(1_000);
  });

  test('a request that is long in the writing keeps the next ones away, as in one process', async () => {
    await start(2);
    const upload = await drills.now.enter(0, 'upload', { holds: true });
    expect(upload.grant!.isFresh()).toBe(true);
    const next = await drills.now.enter(1, 'next');
    // Its last byte is handed to the socket after 1.9 s.
    await drills.now.pass(1_900);
    drills.now.write(upload.grant!);
    upload.grant!.end('success');
    await drills.now.pass(5_000);
    expect(next.grant).toBeDefined();
    expect(drills.now.closest()).toBeGreaterThanOrEqual(1_000);
  });

  test('a request that is long in the writing keeps the next ones away though Redis loses everything meanwhile', async () => {
    await start(2);
    const upload = await drills.now.enter(0, 'upload', { holds: true });
    expect(upload.grant!.isFresh()).toBe(true);
    await drills.now.pass(100);
    await drills.now.fleet.flush();
    const next = await drills.now.enter(1, 'next');
    await drills.now.pass(1_700);
    drills.now.write(upload.grant!);
    upload.grant!.end('success');
    await drills.now.pass(10_000);
    expect(next.grant).toBeDefined();
    expect(drills.now.closest()).toBeGreaterThanOrEqual(1_000);
  });

  test('a write later than promised counts from when it was, though the telling of it was lost', async () => {
    await start(2);
    const slow = await drills.now.enter(0, 'slow', { holds: true });
    // Long in the writing: its last byte goes at 900 ms, and nobody is told.
    await drills.now.pass(900);
    const node = drills.now.node(0);
    const run = node.run.bind(node);
    let lost = 0;
    node.run = (script, request) => {
      if (String(script) !== 'sent' && script !== 'report') return run(script, request);
      lost++;
      return Promise.reject(new Error('lost on its way there'));
    };
    drills.now.write(slow.grant!);
    await drills.now.fleet.settled();
    node.run = run;
    expect(lost).toBe(1);
    // It rejoins, which tells what it sent.
    await drills.now.pass(600);
    const next = drills.now.call(drills.now.node(1), 'next');
    await drills.now.pass(5_000);
    slow.grant!.end('success');
    expect(next.grant).toBeDefined();
    expect(drills.now.closest()).toBeGreaterThanOrEqual(1_000);
  });

  /** A ticket whose first grant came too late is granted once more before the handing back of the first is told. */
  async function grantedTwice(): Promise<DrillCall> {
    await start(2, settingsOf({ limits: [perSecond(4)] }));
    const node = drills.now.node(0);
    const held = [
      await drills.now.enter(0, 'a', { holds: true }),
      await drills.now.enter(0, 'b', { holds: true }),
    ];
    for (const call of held) drills.now.write(call.grant!);
    await drills.now.fleet.settled();
    let entered = 0;
    node.fate = (script) => {
      if (script === 'enter' && entered++ === 0) return { thereMs: 1, backMs: 42 };
      return script === 'enter' ? { thereMs: 1, backMs: 1 } : { thereMs: 1, backMs: 40 };
    };
    // Its answer comes too late to be used; two reports are under way by then, so a third one has to wait.
    const late = drills.now.call(node, 'late', { holds: true });
    await drills.now.pass(20);
    held[0]!.grant!.end('success');
    await drills.now.pass(1);
    held[1]!.grant!.end('success');
    await drills.now.pass(40);
    for (let ms = 0; ms < 40 && late.grant === undefined; ms++) await drills.now.pass(1);
    expect(late.grant).toBeDefined();
    await drills.now.pass(20);
    expect(late.grant!.isFresh()).toBe(true);
    return late;
  }

  test('a grant that is handed back late does not take away what keeps others off the next grant of its ticket', async () => {
    const late = await grantedTwice();
    await drills.now.enter(1, 'fourth');
    const fifth = await drills.now.enter(1, 'fifth');
    drills.now.write(late.grant!);
    await drills.now.pass(100);
    expect(fifth.grant?.ticketId).toBeUndefined();
  });

  test('a grant that is handed back late leaves no place taken for ever', async () => {
    const late = await grantedTwice();
    drills.now.write(late.grant!);
    late.grant!.end('success');
    drills.now.node(0).fate = undefined;
    await drills.now.pass(10_000);
    await drills.now.node(1).gate.refresh();
    await drills.now.fleet.settled();
    expect(drills.now.node(1).gate.snapshot().running).toBe(0);
  });

  test('a machine that slept between a grant and its write does not write late', async () => {
    await start(2);
    const call = await drills.now.enter(0, 'asleep', { holds: true });
    expect(call.grant!.isFresh()).toBe(true);
    // Its monotonic clock stood still, as Linux has it; the one on the wall went on.
    const { clock } = drills.now;
    const wallNow = clock.wallNow.bind(clock);
    clock.wallNow = () => wallNow() + 30_000;
    expect(call.grant!.isFresh()).toBe(false);
  });

  test('a ticket that comes twice, because its request was sent again, stands in the queue once', async () => {
    await start(2);
    await drills.now.enter(1, 'first');
    const node = drills.now.node(0);
    const run = node.run.bind(node);
    // A client for a cluster sends a command again whose connection broke; the first one had been done.
    node.run = async (script, request) => {
      if (script === 'enter') await run(script, request);
      return run(script, request);
    };
    const twice = await drills.now.enter(0, 'twice');
    node.run = run;
    const after = await drills.now.enter(1, 'after');
    await drills.now.pass(10_000);
    expect(twice.grant).toBeDefined();
    expect(after.grant).toBeDefined();
    const last = await drills.now.enter(0, 'last');
    await drills.now.pass(10_000);
    expect(last.grant).toBeDefined();
    await drills.now.node(1).gate.refresh();
    await drills.now.fleet.settled();
    expect(drills.now.node(1).gate.snapshot().waiting).toBe(0);
  });

  test('a ticket that is known to nobody any more does not hold the others up', async () => {
    await start(2);
    await drills.now.enter(1, 'first');
    const node = drills.now.node(0);
    const run = node.run.bind(node);
    let late: (() => Promise<unknown>) | undefined;
    // A request on a connection that broke is done after the node has come back on another one.
    node.run = (script, request) => {
      if (script !== 'enter') return run(script, request);
      late = () => run(script, request);
      return Promise.reject(new Error('the connection broke'));
    };
    const refused = await drills.now.enter(0, 'refused');
    expect(codeOf(refused)).toBe('state_unavailable');
    node.run = run;
    node.gate.linkChanged(true);
    await drills.now.fleet.settled();
    await drills.now.pass(400);
    await late!();
    const calls = [];
    for (let index = 0; index < 5; index++) calls.push(await drills.now.enter(1, `t${index}`));
    for (let step = 0; step < 24; step++) {
      await drills.now.pass(250);
      void drills.now.node(0).gate.snapshot();
      await drills.now.fleet.settled();
    }
    // 6.4 s after the first: six of them have gone.
    expect(calls.filter(({ grant }) => grant !== undefined).length).toBe(5);
    expect(drills.now.node(1).gate.snapshot().waiting).toBe(0);
  });

  test('a request that is long in the writing keeps the next ones away though its node was taken for dead meanwhile', async () => {
    await start(2);
    const node = drills.now.node(0);
    const upload = await drills.now.enter(0, 'upload', { holds: true });
    expect(upload.grant!.isFresh()).toBe(true);
    await drills.now.pass(100);
    node.isUp = false;
    node.gate.linkChanged(false);
    for (let s = 0; s < 20; s++) {
      await drills.now.pass(1_000);
      await drills.now.node(1).gate.refresh();
    }
    node.isUp = true;
    node.gate.linkChanged(true);
    await drills.now.pass(5_000);
    // It is still being written, its node is here, and says so.
    await drills.now.enter(1, 'other');
    await drills.now.pass(100);
    drills.now.write(upload.grant!);
    upload.grant!.end('success');
    await drills.now.pass(3_000);
    expect(drills.now.closest()).toBeGreaterThanOrEqual(1_000);
    expect(drills.now.sends).toHaveLength(2);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !isSo(); turn++) {
    await settle();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
