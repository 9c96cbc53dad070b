import { describe, expect, test } from 'bun:test';
import { type Call, GateDriver, type MakeGate, perSecond, settingsOf } from './driver.ts';

/** Limits, concurrency and what a grant does to them. */
export function limitsContract(make: MakeGate): void {
  const start = (settings = settingsOf()) => GateDriver.start(make, settings);

  describe('limits', () => {
    test('the spacing counts from the write, not from the grant', async () => {
      const driver = await start();
      const first = await driver.enter('first');
      const second = await driver.enter('second');
      await driver.pass(700);
      first.grant.sent();
      await driver.pass(999);
      expect(second.result).toBe('waiting');
      await driver.pass(1);
      expect(second).toMatchObject({ result: 'granted', atMs: 1_700 });
      await driver.close();
    });

    test('a second `sent` does not move the spacing', async () => {
      const driver = await start();
      const first = await driver.enter('first');
      const second = await driver.enter('second');
      first.grant.sent();
      await driver.pass(500);
      first.grant.sent();
      first.grant.end('success');
      await driver.pass(500);
      expect(second).toMatchObject({ result: 'granted', atMs: 1_000 });
      expect((await driver.snapshot()).counters.sent).toBe(1);
      await driver.close();
    });

    test('a grant that ends without `sent` is a spent slot from its end on', async () => {
      const driver = await start();
      const first = await driver.enter('first');
      const second = await driver.enter('second');
      await driver.pass(300);
      first.grant.end('failure');
      await driver.pass(999);
      expect(second.result).toBe('waiting');
      await driver.pass(1);
      expect(second).toMatchObject({ result: 'granted', atMs: 1_300 });
      await driver.close();
    });

    test('a grant that is given back leaves its slot to the next', async () => {
      const driver = await start();
      const first = await driver.enter('first');
      const second = await driver.enter('second');
      await driver.pass(300);
      first.grant.giveBack();
      await driver.pass(0);
      expect(second).toMatchObject({ result: 'granted', atMs: 300 });
      await driver.close();
    });

    test('what was sent cannot be given back, and no grant ends twice', async () => {
      const driver = await start(settingsOf({ concurrency: 1 }));
      const first = await driver.enter('first');
      const second = await driver.enter('second');
      first.grant.sent();
      first.grant.giveBack();
      expect((await driver.snapshot()).running).toBe(1);
      first.grant.end('success');
      first.grant.end('failure');
      first.grant.giveBack();
      first.grant.sent();
      expect((await driver.snapshot()).running).toBe(0);
      await driver.pass(999);
      expect(second.result).toBe('waiting');
      await driver.pass(1);
      expect(second.result).toBe('granted');
      await driver.close();
    });

    test('several limits hold together', async () => {
      const limits = [perSecond(2), { rate: { count: 3, windowMs: 5_000 }, even: false, guardMs: 100 }];
      const driver = await start(settingsOf({ limits }));
      const calls: Call[] = [];
      for (let index = 0; index < 6; index++) calls.push(await driver.enter(`t${index}`));
      for (const call of calls) if (call.result === 'granted') await driver.finish(call);
      await driver.run(calls, 11_000);
      expect(calls.map(({ atMs }) => atMs)).toEqual([0, 0, 1_000, 5_100, 5_100, 6_100]);
      await driver.close();
    });

    test('an even limit spreads the calls', async () => {
      const driver = await start(settingsOf({ limits: [perSecond(4, { even: true })] }));
      const calls: Call[] = [];
      for (let index = 0; index < 4; index++) calls.push(await driver.enter(`t${index}`));
      await driver.finish(calls[0]!);
      await driver.run(calls, 1_000);
      expect(calls.map(({ atMs }) => atMs)).toEqual([0, 250, 500, 750]);
      await driver.close();
    });

    test('calls in flight are bounded; an end lets the next one go', async () => {
      const driver = await start(settingsOf({ limits: [], concurrency: 2 }));
      const calls: Call[] = [];
      for (let index = 0; index < 4; index++) calls.push(await driver.enter(`t${index}`));
      expect(calls.map(({ result }) => result)).toEqual(['granted', 'granted', 'waiting', 'waiting']);
      await driver.pass(100);
      await driver.finish(calls[1]!);
      expect(calls.map(({ result }) => result)).toEqual(['granted', 'granted', 'granted', 'waiting']);
      expect((await driver.snapshot()).running).toBe(2);
      calls[0]!.grant.giveBack();
      await driver.pass(0);
      expect(calls[3]).toMatchObject({ result: 'granted', atMs: 100 });
      await driver.close();
    });

    test('without limits every call goes at once, and nothing is left behind', async () => {
      const driver = await start(settingsOf({ limits: [] }));
      for (let index = 0; index < 50; index++) {
        const call = await driver.enter(`t${index}`);
        expect(call.result).toBe('granted');
        await driver.finish(call);
      }
      expect(driver.clock.timers).toBe(0);
      await driver.close();
    });

    test('new limits count what was sent under the old ones', async () => {
      const driver = await start(settingsOf({ limits: [perSecond(10)] }));
      const calls: Call[] = [];
      for (let index = 0; index < 5; index++) calls.push(await driver.enter(`t${index}`));
      for (const call of calls) await driver.finish(call);
      await driver.gate.configure(
        settingsOf({ limits: [{ ...perSecond(5), rate: { count: 5, windowMs: 3_000 } }] }),
      );
      const late = await driver.enter('late');
      await driver.pass(2_999);
      expect(late.result).toBe('waiting');
      await driver.pass(1);
      expect(late.result).toBe('granted');
      await driver.close();
    });

    test('wider limits let those who wait go at once', async () => {
      const driver = await start();
      const calls: Call[] = [];
      for (let index = 0; index < 4; index++) calls.push(await driver.enter(`t${index}`));
      await driver.finish(calls[0]!);
      await driver.gate.configure(settingsOf({ limits: [perSecond(3)] }));
      await driver.pass(0);
      expect(calls.map(({ result }) => result)).toEqual(['granted', 'granted', 'granted', 'waiting']);
      await driver.gate.configure(settingsOf({ limits: [] }));
      await driver.pass(0);
      expect(calls[3]!.result).toBe('granted');
      await driver.close();
    });

    test('an unsent call counts under limits that were lowered meanwhile', async () => {
      const driver = await start(settingsOf({ limits: [perSecond(2)] }));
      const slow = await driver.enter('slow');
      await driver.gate.configure(settingsOf({ limits: [perSecond(1)] }));
      const next = await driver.enter('next');
      await driver.pass(5_000);
      expect(next.result).toBe('waiting');
      slow.grant.sent();
      await driver.pass(1_000);
      expect(next).toMatchObject({ result: 'granted', atMs: 6_000 });
      await driver.close();
    });

    test('a cost that the limits never allow is refused, then or when they are lowered', async () => {
      const driver = await start(settingsOf({ limits: [perSecond(5)] }));
      expect(await driver.enter('never', { cost: 6 })).toMatchObject({ result: 'refused' });
      const first = await driver.enter('first', { cost: 5 });
      const heavy = await driver.enter('heavy', { cost: 4 });
      const light = await driver.enter('light');
      await driver.finish(first);
      await driver.gate.configure(settingsOf({ limits: [perSecond(3)] }));
      await driver.pass(0);
      expect(heavy.error.code).toBe('deadline_unmeetable');
      await driver.run([light], 1_050);
      expect(light.result).toBe('granted');
      expect(() => driver.gate.enter(driver.ticket('bad', { cost: 0 }))).toThrow(RangeError);
      await driver.close();
    });

    test('a bad setting is refused and changes nothing', async () => {
      const driver = await start();
      const settings = settingsOf({ queue: { policy: 'fair' }, limits: [perSecond(9)] });
      const weights = { a: -1 };
      expect(() => driver.gate.configure({ ...settings, queue: { ...settings.queue, weights } })).toThrow(
        RangeError,
      );
      expect(() => driver.gate.configure(settingsOf({ limits: [perSecond(0)] }))).toThrow(RangeError);
      expect((await driver.snapshot()).policy).toBe('fifo');
      await driver.finish(await driver.enter('a'));
      expect((await driver.enter('b')).result).toBe('waiting');
      await driver.close();
    });
  });
}
