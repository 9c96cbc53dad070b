import { describe, expect, test } from 'bun:test';
import type { Urgency } from '../../../src/state/contracts.ts';
import { type Call, GateDriver, type MakeGate, perSecond, settingsOf } from './driver.ts';

/** Who goes next. */
export function orderContract(make: MakeGate, immediate: boolean): void {
  const start = (settings = settingsOf()) => GateDriver.start(make, settings);

  describe('order', () => {
    test('a call goes at once when nothing is in its way', async () => {
      const driver = await start();
      const call = await driver.enter('a');
      expect(call.result).toBe('granted');
      expect(call.grant).toMatchObject({ ticketId: 'a', waitedMs: 0, line: undefined });
      if (immediate) expect(call.immediate).toBe(true);
      await driver.close();
    });

    test('fifo: by arrival, whatever the urgency', async () => {
      const driver = await start();
      const calls: Call[] = [];
      for (const [index, urgency] of ([3, 7, 0, 5] as Urgency[]).entries()) {
        calls.push(await driver.enter(`t${index}`, { urgency }));
      }
      await driver.finish(calls[0]!);
      await driver.run(calls, 5_000);
      expect(driver.order).toEqual(['t0', 't1', 't2', 't3']);
      expect(calls.map(({ atMs }) => atMs)).toEqual([0, 1_000, 2_000, 3_000]);
      await driver.close();
    });

    test('late binding: an urgent ticket that arrives last is granted next', async () => {
      const driver = await start(settingsOf({ queue: { policy: 'priority' } }));
      const first = await driver.enter('first');
      const calls = [await driver.enter('b'), await driver.enter('c')];
      await driver.finish(first);
      await driver.pass(999);
      calls.push(await driver.enter('urgent', { urgency: 0 }));
      await driver.run(calls, 3_100, 1);
      expect(driver.order).toEqual(['first', 'urgent', 'b', 'c']);
      expect(calls[2]).toMatchObject({ atMs: 1_000 });
      expect(calls[2]!.grant.waitedMs).toBe(1);
      await driver.close();
    });

    test('priority: a level of urgency is worth `agingMs` of waiting, so nothing starves', async () => {
      const driver = await start(settingsOf({ queue: { policy: 'priority', agingMs: 1_000 } }));
      const first = await driver.enter('first');
      await driver.finish(first);
      const patient = await driver.enter('patient', { urgency: 7 });
      const calls: Call[] = [patient];
      for (let second = 0; second < 12 && patient.result === 'waiting'; second++) {
        calls.push(await driver.enter(`hurried${second}`, { urgency: 0 }));
        await driver.run(calls, 1_000, 100);
      }
      expect(patient.result).toBe('granted');
      // At 7,000 ms it has made good the seven levels; the arrival at that moment is its equal and came later.
      expect(patient.atMs).toBe(8_000);
      await driver.close();
    });

    test('fair: clients take turns by weight, however many calls one of them brings', async () => {
      const settings = settingsOf({ queue: { policy: 'fair', weights: { vip: 2 } } });
      const driver = await start(settings);
      const calls: Call[] = [await driver.enter('now', { client: 'other' })];
      await driver.finish(calls[0]!);
      for (let index = 0; index < 8; index++)
        calls.push(await driver.enter(`flood${index}`, { client: 'flood' }));
      for (let index = 0; index < 4; index++)
        calls.push(await driver.enter(`vip${index}`, { client: 'vip' }));
      for (let index = 0; index < 2; index++)
        calls.push(await driver.enter(`one${index}`, { client: 'one' }));
      await driver.run(calls, 8_050);
      const served = (name: string) => driver.order.slice(1, 9).filter((id) => id.startsWith(name)).length;
      expect([served('flood'), served('vip'), served('one')]).toEqual([2, 4, 2]);
      await driver.close();
    });

    test('fair: also where only the calls in flight are bounded', async () => {
      const settings = settingsOf({ limits: [], concurrency: 1, queue: { policy: 'fair' } });
      const driver = await start(settings);
      const calls: Call[] = [];
      // A client that has had ten calls does not owe them to one that comes now.
      for (let index = 0; index < 10; index++) {
        const call = await driver.enter(`early${index}`, { client: 'early' });
        await driver.finish(call);
      }
      const running = await driver.enter('running', { client: 'early' });
      for (let index = 0; index < 3; index++)
        calls.push(await driver.enter(`late${index}`, { client: 'late' }));
      for (let index = 0; index < 3; index++)
        calls.push(await driver.enter(`early-${index}`, { client: 'early' }));
      await driver.finish(running);
      await driver.run(calls, 200);
      expect(driver.order.slice(-6)).toEqual(['late0', 'late1', 'early-0', 'late2', 'early-1', 'early-2']);
      await driver.close();
    });

    test('fair: who left without going, or was refused, is not charged for it', async () => {
      const driver = await start(settingsOf({ queue: { policy: 'fair', maxSize: 4 } }));
      const first = await driver.enter('first', { client: 'x' });
      const controller = new AbortController();
      const gone: Call[] = [];
      for (let index = 0; index < 3; index++) {
        gone.push(await driver.enter(`gone${index}`, { client: 'a', signal: controller.signal }));
      }
      const b0 = await driver.enter('b0', { client: 'b' });
      for (let index = 0; index < 20; index++) {
        expect((await driver.enter(`full${index}`, { client: 'a' })).result).toBe('refused');
      }
      controller.abort(new Error('gone'));
      await driver.pass(0);
      expect(gone.map(({ result }) => result)).toEqual(['aborted', 'aborted', 'aborted']);
      const calls = [
        b0,
        await driver.enter('a0', { client: 'a' }),
        await driver.enter('b1', { client: 'b' }),
      ];
      await driver.finish(first);
      await driver.run(calls, 3_050);
      expect(driver.order).toEqual(['first', 'b0', 'a0', 'b1']);
      await driver.close();
    });

    test('ties go by arrival', async () => {
      const driver = await start(settingsOf({ queue: { policy: 'priority' } }));
      const calls: Call[] = [];
      for (let index = 0; index < 6; index++) calls.push(await driver.enter(`t${index}`));
      await driver.finish(calls[0]!);
      await driver.run(calls, 6_000, 100);
      expect(driver.order).toEqual(['t0', 't1', 't2', 't3', 't4', 't5']);
      await driver.close();
    });

    test('a newcomer never overtakes those who wait, even when the slot opens as it comes', async () => {
      const driver = await start();
      const first = await driver.enter('first');
      const second = await driver.enter('second');
      await driver.finish(first);
      await driver.pass(1_000);
      expect(second.result).toBe('granted');
      const third = await driver.enter('third');
      await driver.finish(second);
      const fourth = await driver.enter('fourth');
      await driver.run([third, fourth], 2_050);
      expect(driver.order).toEqual(['first', 'second', 'third', 'fourth']);
      await driver.close();
    });

    test('a retry keeps the rank that its ticket had first', async () => {
      const driver = await start();
      const first = await driver.enter('first');
      const others = [await driver.enter('b'), await driver.enter('c')];
      await driver.finish(first, 'failure');
      const retry = driver.enterTicket(first.ticket);
      await driver.run([retry, ...others], 3_050);
      expect(driver.order).toEqual(['first', 'first', 'b', 'c']);
      await driver.close();
    });

    test('fair: a retry keeps its first rank and is charged once', async () => {
      const driver = await start(settingsOf({ queue: { policy: 'fair' } }));
      const first = await driver.enter('first', { client: 'a' });
      const b0 = await driver.enter('b0', { client: 'b' });
      await driver.finish(first, 'failure');
      const retry = driver.enterTicket(first.ticket);
      const a1 = await driver.enter('a1', { client: 'a' });
      const b1 = await driver.enter('b1', { client: 'b' });
      await driver.run([retry, b0, a1, b1], 4_050);
      expect(driver.order).toEqual(['first', 'first', 'b0', 'a1', 'b1']);
      await driver.close();
    });

    test('a switch of policy ranks who waits anew', async () => {
      const driver = await start();
      const first = await driver.enter('first');
      const calls = [
        await driver.enter('low', { urgency: 7 }),
        await driver.enter('middle', { urgency: 3 }),
        await driver.enter('high', { urgency: 0 }),
      ];
      await driver.gate.configure(settingsOf({ queue: { policy: 'priority' } }));
      expect((await driver.snapshot()).policy).toBe('priority');
      await driver.finish(first);
      await driver.run(calls, 1_050);
      await driver.gate.configure(settingsOf({ queue: { policy: 'fifo' } }));
      await driver.run(calls, 2_050);
      expect(driver.order).toEqual(['first', 'high', 'low', 'middle']);
      await driver.close();
    });

    test('a change of other settings leaves the turns of `fair` as they were', async () => {
      const queue = { policy: 'fair', weights: { a: 1 } } as const;
      const driver = await start(settingsOf({ queue }));
      const calls: Call[] = [await driver.enter('a0', { client: 'a' })];
      for (let index = 1; index < 4; index++) calls.push(await driver.enter(`a${index}`, { client: 'a' }));
      await driver.gate.configure(settingsOf({ queue: { ...queue, weights: { a: 1 }, maxSize: 50 } }));
      calls.push(await driver.enter('b0', { client: 'b' }));
      await driver.finish(calls[0]!);
      await driver.run(calls, 4_050);
      expect(driver.order).toEqual(['a0', 'b0', 'a1', 'a2', 'a3']);
      await driver.close();
    });

    test('a promoted ticket goes by its new urgency, and keeps it through a switch of policy', async () => {
      const settings = settingsOf({ queue: { policy: 'priority' } });
      const driver = await start(settings);
      const first = await driver.enter('first');
      const calls = [
        await driver.enter('a', { urgency: 3 }),
        await driver.enter('b', { urgency: 3 }),
        await driver.enter('c', { urgency: 3 }),
      ];
      expect(await driver.gate.promote('c', 0)).toBe(true);
      expect(await driver.gate.promote('nobody', 0)).toBe(false);
      await driver.gate.configure(settingsOf({ queue: { policy: 'fifo' } }));
      await driver.gate.configure(settings);
      await driver.finish(first);
      await driver.run(calls, 3_050);
      expect(driver.order).toEqual(['first', 'c', 'a', 'b']);
      await driver.close();
    });

    test('promoted to the urgency of others, a ticket takes its place among them by arrival', async () => {
      const driver = await start(settingsOf({ limits: [perSecond(1)], queue: { policy: 'priority' } }));
      const first = await driver.enter('first');
      const calls = [
        await driver.enter('low', { urgency: 5 }),
        await driver.enter('x', { urgency: 3 }),
        await driver.enter('y', { urgency: 3 }),
      ];
      await driver.gate.promote('low', 3);
      await driver.finish(first);
      await driver.run(calls, 3_050);
      expect(driver.order).toEqual(['first', 'low', 'x', 'y']);
      await driver.close();
    });
  });
}
