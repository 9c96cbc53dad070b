import { describe, expect, test } from 'bun:test';
import { type Call, GateDriver, type MakeGate, perSecond, settingsOf } from './driver.ts';

/** Who is refused, when, and what it is told; cancels, pauses and what operators do. */
export function refusalsContract(make: MakeGate): void {
  const start = (settings = settingsOf()) => GateDriver.start(make, settings);

  describe('refusals', () => {
    test('a full queue refuses the newcomer and says what the last place would wait', async () => {
      const driver = await start(settingsOf({ queue: { maxSize: 2 } }));
      const calls = [await driver.enter('a'), await driver.enter('b'), await driver.enter('c')];
      const full = await driver.enter('d');
      expect(full.error).toMatchObject({ code: 'queue_full', estimatedWaitMs: 3_000, retryAfterMs: 3_000 });
      expect(await driver.snapshot()).toMatchObject({ waiting: 2, counters: { refused: { queue_full: 1 } } });
      await driver.finish(calls[0]!);
      await driver.run(calls, 1_000);
      expect((await driver.enter('e')).result).toBe('waiting');
      await driver.close();
    });

    test('a queue without places still lets go what may go at once', async () => {
      const driver = await start(settingsOf({ queue: { maxSize: 0 } }));
      const first = await driver.enter('a');
      expect(first.result).toBe('granted');
      expect((await driver.enter('b')).error.code).toBe('queue_full');
      await driver.finish(first);
      await driver.pass(1_000);
      expect((await driver.enter('c')).result).toBe('granted');
      await driver.close();
    });

    test('who would wait longer than its deadline is refused at once, with the wait', async () => {
      const driver = await start();
      const first = await driver.enter('a');
      await driver.finish(first);
      await driver.enter('b');
      const late = await driver.enter('c', { deadlineInMs: 1_999 });
      expect(late.error).toMatchObject({ code: 'deadline_unmeetable', estimatedWaitMs: 2_000 });
      expect((await driver.enter('d', { deadlineInMs: 2_000 })).result).toBe('waiting');
      expect((await driver.snapshot()).counters.refused.deadline_unmeetable).toBe(1);
      await driver.close();
    });

    test('the estimate is what an urgent call would wait, not what the last one would', async () => {
      const driver = await start(settingsOf({ queue: { policy: 'priority' } }));
      await driver.finish(await driver.enter('first'));
      for (let index = 0; index < 10; index++) await driver.enter(`t${index}`);
      expect(await driver.gate.estimate(0, 'x')).toEqual({ position: 0, waitMs: 1_000 });
      expect(await driver.gate.estimate(3, 'x')).toEqual({ position: 10, waitMs: 11_000 });
      expect((await driver.enter('urgent', { urgency: 0, deadlineInMs: 1_000 })).result).toBe('waiting');
      await driver.close();
    });

    test('a ticket past its deadline is refused even when a slot is free', async () => {
      const driver = await start();
      const call = await driver.enter('late', { deadlineInMs: -1 });
      expect(call.error.code).toBe('deadline_unmeetable');
      await driver.close();
    });

    test('who waits to its deadline is told so at that moment', async () => {
      const driver = await start();
      const first = await driver.enter('first');
      const call = await driver.enter('b', { deadlineInMs: 4_000 });
      const patient = await driver.enter('c', { deadlineInMs: 9_000 });
      // The first call is never written: nobody can go.
      await driver.pass(3_999);
      expect(call.result).toBe('waiting');
      await driver.pass(1);
      expect(call).toMatchObject({ result: 'refused', atMs: 4_000, answers: 1 });
      expect(call.error).toMatchObject({ code: 'queue_timeout', estimatedWaitMs: 2_000 });
      await driver.finish(first);
      await driver.run([patient], 1_050);
      expect(patient.result).toBe('granted');
      expect((await driver.snapshot()).counters.refused.queue_timeout).toBe(1);
      await driver.close();
    });

    test('a slot that opens at the very deadline is still in time', async () => {
      const driver = await start();
      await driver.finish(await driver.enter('first'));
      const call = await driver.enter('b', { deadlineInMs: 1_000 });
      await driver.pass(5_000);
      expect(call).toMatchObject({ result: 'granted', atMs: 1_000, answers: 1 });
      await driver.close();
    });
  });

  describe('cancels', () => {
    test('a cancelled ticket costs no slot and frees its place', async () => {
      const driver = await start(settingsOf({ queue: { maxSize: 2 } }));
      const first = await driver.enter('first');
      const controller = new AbortController();
      const gone = await driver.enter('gone', { signal: controller.signal });
      const next = await driver.enter('next');
      const reason = new Error('the client left');
      await driver.finish(first);
      await driver.pass(500);
      controller.abort(reason);
      await driver.pass(0);
      expect(gone).toMatchObject({ result: 'aborted', atMs: 500 });
      expect(await driver.snapshot()).toMatchObject({ waiting: 1, counters: { cancelled: 1 } });
      expect((await driver.enter('more')).result).toBe('waiting');
      await driver.pass(500);
      expect(next).toMatchObject({ result: 'granted', atMs: 1_000 });
      await driver.close();
    });

    test('a signal that has aborted before is obeyed, even when a slot is free', async () => {
      const driver = await start();
      const call = await driver.enter('a', { signal: AbortSignal.abort(new Error('gone')) });
      expect(call.result).toBe('aborted');
      expect((await driver.snapshot()).counters.granted).toBe(0);
      await driver.close();
    });

    test('an abort after the answer changes nothing', async () => {
      const driver = await start();
      const controller = new AbortController();
      const first = await driver.enter('first');
      const second = await driver.enter('second', { signal: controller.signal });
      await driver.finish(first);
      await driver.pass(1_000);
      controller.abort();
      await driver.pass(0);
      expect(second).toMatchObject({ result: 'granted', answers: 1 });
      expect(await driver.snapshot()).toMatchObject({ running: 1, counters: { cancelled: 0 } });
      await driver.close();
    });

    test('when the best leaves, the next best takes its turn', async () => {
      const driver = await start(settingsOf({ limits: [perSecond(5)] }));
      const first = await driver.enter('first', { cost: 3 });
      await driver.finish(first);
      const controller = new AbortController();
      const heavy = await driver.enter('heavy', { cost: 4, signal: controller.signal });
      const light = await driver.enter('light', { cost: 2 });
      expect([heavy.result, light.result]).toEqual(['waiting', 'waiting']);
      controller.abort();
      await driver.pass(0);
      expect(light.result).toBe('granted');
      await driver.close();
    });
  });

  describe('pauses', () => {
    test('no call goes out before its end; those who wait keep their order', async () => {
      const driver = await start(settingsOf({ limits: [perSecond(2)] }));
      await driver.gate.pause(3_000, 'Retry-After');
      const calls: Call[] = [];
      for (let index = 0; index < 3; index++) calls.push(await driver.enter(`t${index}`));
      expect(await driver.gate.estimate(3, 'x')).toEqual({ position: 3, waitMs: 4_000 });
      expect((await driver.snapshot()).pause).toEqual({ untilMs: 3_000, reason: 'Retry-After' });
      await driver.run(calls, 2_990);
      expect(driver.order).toEqual([]);
      await driver.run(calls, 1_100);
      expect(calls.map(({ atMs }) => atMs)).toEqual([3_000, 3_000, 4_000]);
      expect(driver.order).toEqual(['t0', 't1', 't2']);
      expect((await driver.snapshot()).pause).toBeUndefined();
      expect([driver.count('paused'), driver.count('resumed')]).toEqual([1, 1]);
      await driver.close();
    });

    test('a shorter pause never shortens a longer one; a longer one extends it', async () => {
      const driver = await start();
      await driver.gate.pause(3_000, 'long');
      await driver.gate.pause(1_000, 'short');
      const call = await driver.enter('a');
      await driver.pass(1_500);
      expect(call.result).toBe('waiting');
      await driver.gate.pause(4_000, 'longer');
      await driver.pass(2_499);
      expect(call.result).toBe('waiting');
      await driver.pass(1);
      expect(call.result).toBe('granted');
      expect((await driver.snapshot()).counters.pauses).toBe(2);
      await driver.close();
    });

    test('a pause that is over already is none', async () => {
      const driver = await start();
      await driver.pass(1_000);
      await driver.gate.pause(1_000, 'late');
      expect(await driver.snapshot()).toMatchObject({ pause: undefined, counters: { pauses: 0 } });
      expect((await driver.enter('a')).result).toBe('granted');
      await driver.close();
    });

    test('a pause without end holds until `resume`, and refuses newcomers', async () => {
      const driver = await start();
      const first = await driver.enter('first');
      const waiting = await driver.enter('waiting');
      await driver.finish(first);
      await driver.gate.pause(undefined, 'maintenance');
      await driver.gate.pause(1_000, 'shorter');
      const refused = await driver.enter('new');
      expect(refused.error).toMatchObject({ code: 'upstream_paused', estimatedWaitMs: undefined });
      expect(refused.error.message).toContain('maintenance');
      expect((await driver.gate.estimate(3, 'x')).waitMs).toBeUndefined();
      await driver.pass(5_000);
      expect(waiting.result).toBe('waiting');
      await driver.gate.resume();
      await driver.pass(0);
      expect(waiting.result).toBe('granted');
      await driver.gate.resume();
      expect(driver.count('resumed')).toBe(1);
      await driver.close();
    });

    test('a pause that outlasts the deadline refuses with its end', async () => {
      const driver = await start();
      await driver.gate.pause(10_000, 'Retry-After');
      const call = await driver.enter('a', { deadlineInMs: 5_000 });
      expect(call.error).toMatchObject({ code: 'upstream_paused', retryAfterMs: 10_000 });
      await driver.close();
    });
  });

  describe('operators', () => {
    test('remove: the caller is told, the place is free, the slot goes to the next', async () => {
      const driver = await start();
      const first = await driver.enter('first');
      const removed = await driver.enter('removed');
      const next = await driver.enter('next');
      expect(await driver.gate.remove('removed')).toBe(true);
      expect(await driver.gate.remove('removed')).toBe(false);
      await driver.finish(first);
      expect(removed.error.code).toBe('upstream_paused');
      await driver.pass(1_000);
      expect(next.result).toBe('granted');
      await driver.close();
    });

    test('two tickets may have the same id: clients choose it', async () => {
      const driver = await start();
      const first = await driver.enter('first');
      const controller = new AbortController();
      const twins = [await driver.enter('twin', { signal: controller.signal }), await driver.enter('twin')];
      controller.abort();
      await driver.pass(0);
      expect(twins.map(({ result }) => result)).toEqual(['aborted', 'waiting']);
      expect(await driver.gate.remove('twin')).toBe(true);
      await driver.finish(first);
      expect(twins[1]!.result).toBe('refused');
      expect((await driver.snapshot()).waiting).toBe(0);
      await driver.close();
    });

    test('the snapshot tells what there is', async () => {
      const driver = await start();
      const first = await driver.enter('first');
      first.grant.sent();
      await driver.pass(100);
      await driver.enter('a');
      await driver.pass(100);
      await driver.enter('b');
      await driver.pass(100);
      expect(await driver.snapshot()).toMatchObject({
        waiting: 2,
        running: 1,
        oldestWaitMs: 200,
        policy: 'fifo',
        breaker: undefined,
        pause: undefined,
        nextSlotAtMs: 1_000,
        counters: { granted: 1, sent: 1, cancelled: 0, pauses: 0, breakerOpened: 0 },
      });
      await driver.close();
    });

    test('close refuses who waits and who comes, and leaves no timer', async () => {
      const driver = await start();
      const first = await driver.enter('first');
      const waiting = await driver.enter('waiting');
      await driver.close();
      expect(waiting.error.code).toBe('draining');
      expect((await driver.enter('late')).error.code).toBe('draining');
      first.grant.sent();
      // A call that is under way is the last thing that a gate has; then nothing is left.
      first.grant.end('success');
      await driver.gate.resume();
      await driver.settle();
      expect(driver.clock.timers).toBe(0);
    });

    test('when everything is over no timer is left', async () => {
      const driver = await start();
      const controller = new AbortController();
      const calls = [
        await driver.enter('a'),
        await driver.enter('b'),
        await driver.enter('c', { signal: controller.signal }),
      ];
      await driver.finish(calls[0]!);
      await driver.run(calls, 1_050);
      controller.abort();
      await driver.pass(0);
      expect(driver.clock.timers).toBe(0);
      await driver.close();
    });
  });
}
