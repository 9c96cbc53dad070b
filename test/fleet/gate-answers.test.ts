import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import { GatewayError } from '../../src/shared/errors.ts';
import { settle } from '../../src/shared/virtual-clock.ts';
import { perSecond, settingsOf } from '../contract/gate/driver.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { Drill, type DrillCall } from './drill.fixture.ts';

const codeOf = ({ error }: DrillCall): unknown => (error instanceof GatewayError ? error.code : error);

describe.skipIf(!hasRedis)('a shared gate whose requests and answers are lost, late or overtaken', () => {
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
  const start = async (count: number, settings = settingsOf(), rejoinMs = 0) => {
    drill = await Drill.start(server.url, count, settings, rejoinMs);
    return drill;
  };

  test('an answer that is lost does not have its ticket told that an operator removed it', async () => {
    await start(2, settingsOf({ limits: [perSecond(1)] }));
    await drill!.enter(0, 'first');
    const waits = await drill!.enter(0, 'waits');
    await drill!.pass(900);
    const node = drill!.node(0);
    // Its claim is granted, and the answer is lost only after the next rejoining was said: what is slow is lost.
    node.fate = (script) =>
      script === 'claim'
        ? { thereMs: 1, backMs: 300, lost: 'back' }
        : { thereMs: 1, backMs: 0, lost: undefined };
    await drill!.pass(120);
    node.gate.linkChanged(true);
    await drill!.pass(350);
    node.fate = undefined;
    await drill!.pass(5_000);
    expect(codeOf(waits)).toBeUndefined();
    expect(waits.grant).toBeDefined();
  });

  test('what a node says on rejoining is not said later than what it asked after it (SCRIPT FLUSH)', async () => {
    await start(2, settingsOf({ limits: [perSecond(1)] }));
    const { clock } = drill!;
    await drill!.enter(0, 'first');
    await drill!.pass(1_500);
    const client = new Redis(server.url);
    await client.script('FLUSH');
    client.disconnect();
    // Node 1 has the scripts that everybody uses loaded again; nobody rejoins.
    const peeked = drill!.call(drill!.node(1), 'peek', { deadlineInMs: -1 });
    await drill!.fleet.settled();
    expect(codeOf(peeked)).toBe('deadline_unmeetable');
    // Node 0's connection comes back, and a call comes in the same moment.
    drill!.node(0).gate.linkChanged(true);
    const held = drill!.call(drill!.node(0), 'written', { holds: true });
    await until(() => held.grant !== undefined);
    // It is written 30 ms later: still fresh. Before that, node 1 asks.
    await drill!.fleet.settled();
    await drill!.pass(30);
    const other = await drill!.enter(1, 'too close');
    expect(held.grant!.isFresh()).toBe(true);
    drill!.write(held.grant!);
    await drill!.fleet.settled();
    expect(clock.now()).toBe(1_530);
    expect(other.grant?.ticketId).toBeUndefined();
    expect(drill!.closest()).toBeGreaterThanOrEqual(1_000);
  });

  test('a request that is long in the writing keeps the next ones away, as in one process', async () => {
    await start(2);
    const upload = await drill!.enter(0, 'upload', { holds: true });
    expect(upload.grant!.isFresh()).toBe(true);
    const next = await drill!.enter(1, 'next');
    // Its last byte is handed to the socket after 1.9 s.
    await drill!.pass(1_900);
    drill!.write(upload.grant!);
    upload.grant!.end('success');
    await drill!.pass(5_000);
    expect(next.grant).toBeDefined();
    expect(drill!.closest()).toBeGreaterThanOrEqual(1_000);
  });

  test('a request that is long in the writing keeps the next ones away though Redis loses everything meanwhile', async () => {
    await start(2);
    const upload = await drill!.enter(0, 'upload', { holds: true });
    expect(upload.grant!.isFresh()).toBe(true);
    await drill!.pass(100);
    await drill!.fleet.flush();
    const next = await drill!.enter(1, 'next');
    await drill!.pass(1_700);
    drill!.write(upload.grant!);
    upload.grant!.end('success');
    await drill!.pass(10_000);
    expect(next.grant).toBeDefined();
    expect(drill!.closest()).toBeGreaterThanOrEqual(1_000);
  });

  test('a write later than promised counts from when it was, though the telling of it was lost', async () => {
    await start(2);
    const slow = await drill!.enter(0, 'slow', { holds: true });
    // Long in the writing: its last byte goes at 900 ms, and nobody is told.
    await drill!.pass(900);
    const node = drill!.node(0);
    const run = node.run.bind(node);
    let lost = 0;
    node.run = (script, request) => {
      if (String(script) !== 'sent' && script !== 'report') return run(script, request);
      lost++;
      return Promise.reject(new Error('lost on its way there'));
    };
    drill!.write(slow.grant!);
    await drill!.fleet.settled();
    node.run = run;
    expect(lost).toBe(1);
    // It rejoins, which tells what it sent.
    await drill!.pass(600);
    const next = drill!.call(drill!.node(1), 'next');
    await drill!.pass(5_000);
    slow.grant!.end('success');
    expect(next.grant).toBeDefined();
    expect(drill!.closest()).toBeGreaterThanOrEqual(1_000);
  });

  /** A ticket whose first grant came too late is granted once more before the handing back of the first is told. */
  async function grantedTwice(): Promise<DrillCall> {
    await start(2, settingsOf({ limits: [perSecond(4)] }));
    const node = drill!.node(0);
    const held = [await drill!.enter(0, 'a', { holds: true }), await drill!.enter(0, 'b', { holds: true })];
    for (const call of held) drill!.write(call.grant!);
    await drill!.fleet.settled();
    let entered = 0;
    node.fate = (script) => {
      if (script === 'enter' && entered++ === 0) return { thereMs: 1, backMs: 42 };
      return script === 'enter' ? { thereMs: 1, backMs: 1 } : { thereMs: 1, backMs: 40 };
    };
    // Its answer comes too late to be used; two reports are under way by then, so a third one has to wait.
    const late = drill!.call(node, 'late', { holds: true });
    await drill!.pass(20);
    held[0]!.grant!.end('success');
    await drill!.pass(1);
    held[1]!.grant!.end('success');
    await drill!.pass(40);
    for (let ms = 0; ms < 40 && late.grant === undefined; ms++) await drill!.pass(1);
    expect(late.grant).toBeDefined();
    await drill!.pass(20);
    expect(late.grant!.isFresh()).toBe(true);
    return late;
  }

  test('a grant that is handed back late does not take away what keeps others off the next grant of its ticket', async () => {
    const late = await grantedTwice();
    await drill!.enter(1, 'fourth');
    const fifth = await drill!.enter(1, 'fifth');
    drill!.write(late.grant!);
    await drill!.pass(100);
    expect(fifth.grant?.ticketId).toBeUndefined();
  });

  test('a grant that is handed back late leaves no place taken for ever', async () => {
    const late = await grantedTwice();
    drill!.write(late.grant!);
    late.grant!.end('success');
    drill!.node(0).fate = undefined;
    await drill!.pass(10_000);
    await drill!.node(1).gate.refresh();
    await drill!.fleet.settled();
    expect(drill!.node(1).gate.snapshot().running).toBe(0);
  });

  test('a machine that slept between a grant and its write does not write late', async () => {
    await start(2);
    const call = await drill!.enter(0, 'asleep', { holds: true });
    expect(call.grant!.isFresh()).toBe(true);
    // Its monotonic clock stood still, as Linux has it; the one on the wall went on.
    const { clock } = drill!;
    const wallNow = clock.wallNow.bind(clock);
    clock.wallNow = () => wallNow() + 30_000;
    expect(call.grant!.isFresh()).toBe(false);
  });

  test('a ticket that comes twice, because its request was sent again, stands in the queue once', async () => {
    await start(2);
    await drill!.enter(1, 'first');
    const node = drill!.node(0);
    const run = node.run.bind(node);
    // A client for a cluster sends a command again whose connection broke; the first one had been done.
    node.run = async (script, request) => {
      if (script === 'enter') await run(script, request);
      return run(script, request);
    };
    const twice = await drill!.enter(0, 'twice');
    node.run = run;
    const after = await drill!.enter(1, 'after');
    await drill!.pass(10_000);
    expect(twice.grant).toBeDefined();
    expect(after.grant).toBeDefined();
    const last = await drill!.enter(0, 'last');
    await drill!.pass(10_000);
    expect(last.grant).toBeDefined();
    await drill!.node(1).gate.refresh();
    await drill!.fleet.settled();
    expect(drill!.node(1).gate.snapshot().waiting).toBe(0);
  });

  test('a ticket that is known to nobody any more does not hold the others up', async () => {
    await start(2);
    await drill!.enter(1, 'first');
    const node = drill!.node(0);
    const run = node.run.bind(node);
    let late: (() => Promise<unknown>) | undefined;
    // A request on a connection that broke is done after the node has come back on another one.
    node.run = (script, request) => {
      if (script !== 'enter') return run(script, request);
      late = () => run(script, request);
      return Promise.reject(new Error('the connection broke'));
    };
    const refused = await drill!.enter(0, 'refused');
    expect(codeOf(refused)).toBe('state_unavailable');
    node.run = run;
    node.gate.linkChanged(true);
    await drill!.fleet.settled();
    await drill!.pass(400);
    await late!();
    const calls = [];
    for (let index = 0; index < 5; index++) calls.push(await drill!.enter(1, `t${index}`));
    for (let step = 0; step < 24; step++) {
      await drill!.pass(250);
      void drill!.node(0).gate.snapshot();
      await drill!.fleet.settled();
    }
    // 6.4 s after the first: six of them have gone.
    expect(calls.filter(({ grant }) => grant !== undefined).length).toBe(5);
    expect(drill!.node(1).gate.snapshot().waiting).toBe(0);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !isSo(); turn++) {
    await settle();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
