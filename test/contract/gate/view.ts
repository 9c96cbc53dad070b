import { describe, expect, test } from 'bun:test';
import type { Urgency, WaitingTicket } from '../../../src/state/contracts.ts';
import { breakerOf, type Call, GateDriver, type MakeGate, perSecond, settingsOf } from './driver.ts';

const priority = settingsOf({ queue: { policy: 'priority' } });

/** What whoever looks at a gate is told. */
export function viewContract(make: MakeGate): void {
  const start = (settings = settingsOf()) => GateDriver.start(make, settings);
  const idsOf = (tickets: readonly WaitingTicket[]) => tickets.map(({ id, position }) => [id, position]);

  /** One call went; these wait, next one first: u0, x3, y3, z3, u7. */
  async function startWithWaiting(): Promise<{ driver: GateDriver; calls: Call[] }> {
    const driver = await start(priority);
    const first = await driver.enter('first');
    await driver.finish(first);
    const calls = [
      await driver.enter('u7', { urgency: 7, client: 'a' }),
      await driver.enter('x3', { client: 'b' }),
      await driver.enter('y3', { client: 'a' }),
      await driver.enter('z3', { client: 'b' }),
      await driver.enter('u0', { urgency: 0, client: 'c' }),
    ];
    return { driver, calls };
  }

  describe('who waits', () => {
    test('is listed next one first, by page', async () => {
      const { driver } = await startWithWaiting();
      await driver.pass(100);
      const all = await driver.gate.waiting(0, 100);
      expect(idsOf(all)).toEqual([
        ['u0', 0],
        ['x3', 1],
        ['y3', 2],
        ['z3', 3],
        ['u7', 4],
      ]);
      expect(all[1]).toEqual({ id: 'x3', position: 1, client: 'b', urgency: 3, ageMs: 100, etaMs: 1_900 });
      expect(await driver.gate.waiting(1, 2)).toEqual(all.slice(1, 3));
      expect(await driver.gate.waiting(4, 10)).toEqual(all.slice(4));
      expect(await driver.gate.waiting(5, 10)).toEqual([]);
      expect(await driver.gate.waiting(0, 0)).toEqual([]);
      await driver.close();
    });

    test('of one urgency keeps the positions of the whole queue; pages count within the urgency', async () => {
      const { driver } = await startWithWaiting();
      const all = await driver.gate.waiting(0, 100);
      expect(await driver.gate.waiting(0, 100, 3)).toEqual(all.slice(1, 4));
      expect(await driver.gate.waiting(1, 1, 3)).toEqual(all.slice(2, 3));
      expect(await driver.gate.waiting(2, 9, 3)).toEqual(all.slice(3, 4));
      expect(await driver.gate.waiting(3, 9, 3)).toEqual([]);
      expect(await driver.gate.waiting(0, 100, 0)).toEqual(all.slice(0, 1));
      expect(await driver.gate.waiting(0, 100, 5)).toEqual([]);
      expect(await driver.gate.waiting(0, 0, 3)).toEqual([]);
      await driver.close();
    });

    test('goes by the urgency that an operator gave it', async () => {
      const { driver } = await startWithWaiting();
      await driver.gate.promote('u7', 3);
      expect(idsOf(await driver.gate.waiting(0, 100, 3))).toEqual([
        ['u7', 1],
        ['x3', 2],
        ['y3', 3],
        ['z3', 4],
      ]);
      expect(await driver.gate.waiting(0, 100, 7)).toEqual([]);
      await driver.close();
    });

    test('is found by its id, as the list shows it', async () => {
      const { driver } = await startWithWaiting();
      for (const listed of await driver.gate.waiting(0, 100)) {
        expect(await driver.gate.find(listed.id)).toEqual(listed);
      }
      expect(await driver.gate.find('first')).toBeUndefined();
      await driver.gate.remove('y3');
      expect(await driver.gate.find('y3')).toBeUndefined();
      expect(await driver.gate.find('z3')).toMatchObject({ position: 2 });
      await driver.close();
    });

    test('is counted as clearing then counts it', async () => {
      const { driver, calls } = await startWithWaiting();
      const held = await driver.gate.holders();
      expect(held).toEqual({ requests: 5, clients: 3 });
      expect(calls.map(({ result }) => result)).toEqual(Array(5).fill('waiting'));
      expect(await driver.gate.clear()).toEqual(held);
      expect(await driver.gate.holders()).toEqual({ requests: 0, clients: 0 });
      await driver.close();
    });

    test('waits an unknown time through a pause without an end', async () => {
      const { driver } = await startWithWaiting();
      await driver.gate.pause(undefined, 'by hand');
      expect((await driver.gate.find('x3'))?.etaMs).toBeUndefined();
      expect((await driver.snapshot()).drainMs).toBeUndefined();
      await driver.close();
    });
  });

  describe('the snapshot', () => {
    test('counts who waits by urgency, whatever brings or takes them', async () => {
      const driver = await start(priority);
      const lanes = async () => (await driver.snapshot()).waitingByUrgency;
      expect(await lanes()).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
      const first = await driver.enter('first', { urgency: 1 });
      expect(await lanes()).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
      const leaving = new AbortController();
      await driver.enter('gone', { urgency: 6, signal: leaving.signal });
      await driver.enter('late', { urgency: 5, deadlineInMs: 9_000 });
      await driver.enter('removed', { urgency: 4 });
      await driver.enter('promoted', { urgency: 7 });
      for (const urgency of [0, 2, 2, 3] as Urgency[]) await driver.enter(`u${urgency}`, { urgency });
      expect(await lanes()).toEqual([1, 0, 2, 1, 1, 1, 1, 1]);
      leaving.abort();
      await driver.pass(0);
      expect(await lanes()).toEqual([1, 0, 2, 1, 1, 1, 0, 1]);
      await driver.gate.remove('removed');
      expect(await lanes()).toEqual([1, 0, 2, 1, 0, 1, 0, 1]);
      await driver.gate.promote('promoted', 0);
      expect(await lanes()).toEqual([2, 0, 2, 1, 0, 1, 0, 0]);
      // The first call is not written yet: nobody goes, one comes to its deadline.
      await driver.pass(9_000);
      expect(await lanes()).toEqual([2, 0, 2, 1, 0, 0, 0, 0]);
      for (const policy of ['fifo', 'fair', 'priority'] as const) {
        await driver.gate.configure(settingsOf({ queue: { policy } }));
        expect(await lanes()).toEqual([2, 0, 2, 1, 0, 0, 0, 0]);
      }
      await driver.finish(first);
      await driver.pass(1_000);
      expect(await lanes()).toEqual([1, 0, 2, 1, 0, 0, 0, 0]);
      await driver.gate.clear();
      expect(await lanes()).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
      await driver.close();
    });

    test('a retry counts by the urgency that its ticket was promoted to', async () => {
      const driver = await start(priority);
      const first = await driver.enter('first');
      const call = await driver.enter('call', { urgency: 5 });
      await driver.gate.promote('call', 1);
      await driver.finish(first);
      await driver.pass(1_000);
      await driver.finish(call, 'failure');
      driver.enterTicket(call.ticket);
      await driver.pass(0);
      expect((await driver.snapshot()).waitingByUrgency).toEqual([0, 1, 0, 0, 0, 0, 0, 0]);
      expect(await driver.gate.find('call')).toMatchObject({ urgency: 1 });
      await driver.close();
    });

    test('an open circuit leaves nobody counted as waiting', async () => {
      const driver = await start(settingsOf({ breaker: breakerOf() }));
      await driver.enter('first');
      await driver.enter('a');
      await driver.gate.force('open', 1_000);
      await driver.pass(0);
      expect((await driver.snapshot()).waitingByUrgency).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
      await driver.close();
    });

    test('says how long until the last one who waits has gone', async () => {
      const { driver, calls } = await startWithWaiting();
      expect((await driver.snapshot()).drainMs).toBe(5_000);
      expect((await driver.gate.waiting(4, 1))[0]?.etaMs).toBe(5_000);
      await driver.run(calls, 2_500);
      expect((await driver.snapshot()).drainMs).toBe(2_500);
      await driver.run(calls, 2_500);
      expect(await driver.snapshot()).toMatchObject({ waiting: 0, drainMs: 0 });
      await driver.close();
    });

    test('knows the drain of calls in flight only once one has ended', async () => {
      const driver = await start(settingsOf({ limits: [], concurrency: 1 }));
      const first = await driver.enter('first');
      await driver.enter('a');
      await driver.enter('b');
      expect((await driver.snapshot()).drainMs).toBeUndefined();
      await driver.pass(400);
      await driver.finish(first);
      expect(await driver.snapshot()).toMatchObject({ waiting: 1, drainMs: 400 });
      await driver.close();
    });

    test('tells what each limit has in use: written and unwritten calls, until their window is over', async () => {
      const day = { rate: { count: 100, windowMs: 86_400_000 }, even: true, guardMs: 0 };
      const limits = [perSecond(3, { guardMs: 20 }), { ...day, even: false }];
      const driver = await start(settingsOf({ limits }));
      const used = async () => (await driver.snapshot()).limits.map((limit) => limit.used);
      expect((await driver.snapshot()).limits).toEqual([
        { rate: { count: 3, windowMs: 1_000 }, even: false, used: 0 },
        { rate: { count: 100, windowMs: 86_400_000 }, even: false, used: 0 },
      ]);
      const unsent = await driver.enter('unsent');
      expect(await used()).toEqual([1, 1]);
      const given = await driver.enter('given');
      given.grant.giveBack();
      expect(await used()).toEqual([1, 1]);
      await driver.finish(await driver.enter('sent', { cost: 2 }));
      expect(await used()).toEqual([3, 3]);
      await driver.pass(1_019);
      expect(await used()).toEqual([3, 3]);
      await driver.pass(1);
      // What is not written may be written at any moment.
      expect(await used()).toEqual([1, 3]);
      unsent.grant.sent();
      await driver.pass(1_020);
      expect(await used()).toEqual([0, 3]);
      await driver.gate.configure(settingsOf({ limits: [day] }));
      expect((await driver.snapshot()).limits).toEqual([{ rate: day.rate, even: true, used: 3 }]);
      await driver.close();
    });

    test('tells what the breaker has counted of late, for the rules on shares that it has', async () => {
      const limits = [perSecond(10)];
      const failureRate = { threshold: 0.5, windowMs: 60_000, minimum: 20 };
      const slowCalls = { ...failureRate, durationMs: 2_000, windowMs: 120_000 };
      const driver = await start(settingsOf({ limits, breaker: breakerOf({ failureRate, slowCalls }) }));
      const window = async () => (await driver.snapshot()).breakerWindow;
      expect(await window()).toEqual({
        failureRate: { calls: 0, failures: 0 },
        slowCalls: { calls: 0, slow: 0 },
      });
      const slow = await driver.enter('slow');
      await driver.finish(await driver.enter('fails'), 'failure');
      await driver.finish(await driver.enter('works'));
      await driver.finish(await driver.enter('says nothing'), 'ignore');
      (await driver.enter('never written')).grant.giveBack();
      // Not before it has ended.
      expect(await window()).toMatchObject({ failureRate: { calls: 2, failures: 1 } });
      await driver.pass(2_001);
      await driver.finish(slow);
      expect(await window()).toEqual({
        failureRate: { calls: 3, failures: 1 },
        slowCalls: { calls: 3, slow: 1 },
      });
      // A silence empties them, without a call.
      await driver.pass(60_000);
      expect(await window()).toEqual({
        failureRate: { calls: 0, failures: 0 },
        slowCalls: { calls: 3, slow: 1 },
      });
      await driver.gate.configure(settingsOf({ limits, breaker: breakerOf() }));
      expect(await window()).toEqual({ failureRate: undefined, slowCalls: undefined });
      await driver.gate.configure(settingsOf({ limits }));
      expect(await window()).toBeUndefined();
      await driver.close();
    });

    test('tells since when the breaker is closed, once it has closed', async () => {
      const driver = await start(settingsOf({ limits: [], breaker: breakerOf({ consecutive: 1 }) }));
      const breaker = async () => (await driver.snapshot()).breaker;
      expect(await breaker()).toEqual({ kind: 'closed', sinceMs: undefined, consecutiveFailures: 0 });
      await driver.finish(await driver.enter('fails'), 'failure');
      await driver.pass(10_000);
      const probe = await driver.enter('probe');
      await driver.pass(100);
      await driver.finish(probe);
      await driver.pass(5_000);
      expect(await breaker()).toEqual({ kind: 'closed', sinceMs: 10_100, consecutiveFailures: 0 });
      await driver.close();
    });

    test('counts every call that came, and what became of it', async () => {
      const driver = await start(settingsOf({ queue: { maxSize: 2 } }));
      const counters = async () => (await driver.snapshot()).counters;
      expect(await counters()).toMatchObject({ entered: 0, granted: 0, sent: 0, cancelled: 0 });
      const first = await driver.enter('first');
      const leaving = new AbortController();
      await driver.enter('gone', { signal: leaving.signal });
      await driver.enter('waits');
      await driver.enter('full');
      await driver.enter('too late', { deadlineInMs: -1 });
      leaving.abort();
      await driver.finish(first, 'failure');
      driver.enterTicket(first.ticket);
      await driver.pass(0);
      expect(await counters()).toMatchObject({ entered: 6, granted: 1, sent: 1, cancelled: 1 });
      expect((await counters()).refused).toMatchObject({ queue_full: 1, deadline_unmeetable: 1 });
      expect((await driver.snapshot()).waiting).toBe(2);
      await driver.close();
    });

    test('counts arrivals and writes by the second: never more writes than the limit', async () => {
      const driver = await start();
      const { arrivals, sends } = (await driver.snapshot()).perSecond;
      const first = await driver.enter('first');
      const calls = [await driver.enter('b'), await driver.enter('c')];
      await driver.pass(1_500);
      calls.push(await driver.enter('d'));
      // It is granted in second 0 and written in second 1.
      await driver.finish(first);
      await driver.run(calls, 4_000);
      const seconds = [0, 1, 2, 3, 4, 5, 6];
      expect(seconds.map((second) => arrivals.at(second))).toEqual([3, 1, 0, 0, 0, 0, 0]);
      expect(seconds.map((second) => sends.at(second))).toEqual([0, 1, 1, 1, 1, 0, 0]);
      expect((await driver.snapshot()).perSecond.sends.at(4)).toBe(1);
      await driver.close();
    });

    test('a grant that is given back was no write; one that ends unwritten was, at its end', async () => {
      const driver = await start(settingsOf({ limits: [perSecond(5)] }));
      const given = await driver.enter('given');
      given.grant.giveBack();
      const unwritten = await driver.enter('unwritten');
      await driver.pass(2_000);
      unwritten.grant.end('failure');
      const { sends } = (await driver.snapshot()).perSecond;
      expect([0, 1, 2].map((second) => sends.at(second))).toEqual([0, 0, 1]);
      await driver.close();
    });
  });
}
