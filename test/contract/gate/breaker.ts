import { describe, expect, test } from 'bun:test';
import { breakerOf, type Call, GateDriver, type MakeGate, perSecond, settingsOf } from './driver.ts';

/** The breaker, at arrival and when a call is chosen. */
export function breakerContract(make: MakeGate): void {
  const settings = settingsOf({ limits: [perSecond(10)], breaker: breakerOf() });
  const start = (more = settings) => GateDriver.start(make, more);
  const fail = async (driver: GateDriver, times: number) => {
    for (let index = 0; index < times; index++) {
      await driver.finish(await driver.enter(`failing${index}`), 'failure');
    }
  };

  describe('breaker', () => {
    test('an open breaker refuses at arrival, until its time is over', async () => {
      const driver = await start();
      await fail(driver, 3);
      const refused = await driver.enter('a');
      expect(refused.error).toMatchObject({ code: 'circuit_open', retryAfterMs: 10_000 });
      expect((await driver.gate.estimate(3, 'x')).waitMs).toBe(10_000);
      expect(await driver.snapshot()).toMatchObject({
        breaker: { kind: 'open', reason: 'consecutive' },
        counters: { breakerOpened: 1, refused: { circuit_open: 1 } },
      });
      await driver.pass(9_999);
      expect((await driver.enter('b')).error.retryAfterMs).toBe(1);
      await driver.pass(1);
      expect((await driver.enter('c')).result).toBe('granted');
      await driver.close();
    });

    test('when it opens, everybody who waits is refused at once', async () => {
      const driver = await start(settingsOf({ limits: [perSecond(3)], breaker: breakerOf() }));
      const calls: Call[] = [];
      for (let index = 0; index < 8; index++) calls.push(await driver.enter(`t${index}`));
      for (const call of calls.slice(0, 3)) await driver.finish(call, 'failure');
      expect(calls.slice(3).map(({ error }) => error?.code)).toEqual(Array(5).fill('circuit_open'));
      expect(calls.slice(3).map(({ atMs }) => atMs)).toEqual(Array(5).fill(0));
      expect(await driver.snapshot()).toMatchObject({
        waiting: 0,
        counters: { refused: { circuit_open: 5 } },
      });
      expect(driver.clock.timers).toBe(0);
      await driver.close();
    });

    test('half-open: as many probes as set; others wait for the verdict', async () => {
      const driver = await start(settingsOf({ limits: [perSecond(10)], breaker: breakerOf({ probes: 2 }) }));
      await fail(driver, 3);
      await driver.pass(10_000);
      const calls: Call[] = [];
      for (let index = 0; index < 5; index++) calls.push(await driver.enter(`t${index}`));
      expect(calls.map(({ result }) => result)).toEqual(['granted', 'granted', ...Array(3).fill('waiting')]);
      expect((await driver.snapshot()).breaker).toMatchObject({ kind: 'half_open', running: 2 });
      await driver.pass(100);
      await driver.finish(calls[0]!, 'success');
      expect(calls[2]!.result).toBe('waiting');
      await driver.finish(calls[1]!, 'success');
      expect(calls.slice(2).map(({ result }) => result)).toEqual(Array(3).fill('granted'));
      expect((await driver.snapshot()).breaker?.kind).toBe('closed');
      await driver.close();
    });

    test('half-open: a probe that fails refuses those who waited for it', async () => {
      const driver = await start();
      await fail(driver, 3);
      await driver.pass(10_000);
      const probe = await driver.enter('probe');
      const waiting = await driver.enter('waiting');
      await driver.finish(probe, 'failure');
      expect(waiting.error).toMatchObject({ code: 'circuit_open', retryAfterMs: 10_000 });
      await driver.close();
    });

    test('half-open: a probe that hangs is overdue, and those who waited are told then', async () => {
      const driver = await start();
      await fail(driver, 3);
      await driver.pass(10_000);
      const probe = await driver.enter('probe');
      const waiting = await driver.enter('waiting');
      await driver.pass(4_999);
      expect(waiting.result).toBe('waiting');
      await driver.pass(1);
      expect(waiting).toMatchObject({ result: 'refused', atMs: 15_000 });
      expect((await driver.snapshot()).breaker).toMatchObject({ kind: 'open', reason: 'probe_timeout' });
      await driver.finish(probe, 'success');
      expect((await driver.snapshot()).breaker?.kind).toBe('open');
      await driver.close();
    });

    test('half-open: an unwritten probe under a limit of one is overdue too', async () => {
      const driver = await start(
        settingsOf({ limits: [perSecond(1)], breaker: breakerOf({ consecutive: 1 }) }),
      );
      await fail(driver, 1);
      await driver.pass(10_000);
      const probe = await driver.enter('probe');
      const waiting = await driver.enter('waiting');
      await driver.pass(5_000);
      expect([probe.result, waiting.result]).toEqual(['granted', 'refused']);
      await driver.close();
    });

    test('half-open: a probe given back leaves its place to the next', async () => {
      const driver = await start();
      await fail(driver, 3);
      await driver.pass(10_000);
      const probe = await driver.enter('probe');
      const waiting = await driver.enter('waiting');
      probe.grant.giveBack();
      await driver.pass(0);
      expect(waiting.result).toBe('granted');
      await driver.close();
    });

    test('`ignore` neither opens nor closes', async () => {
      const driver = await start();
      for (let index = 0; index < 5; index++) {
        await driver.finish(await driver.enter(`t${index}`), 'ignore');
      }
      expect((await driver.snapshot()).breaker).toEqual({
        kind: 'closed',
        sinceMs: undefined,
        consecutiveFailures: 0,
      });
      await driver.close();
    });

    test('waiting and cancelling never count against it', async () => {
      const driver = await start(settingsOf({ breaker: breakerOf({ consecutive: 1 }) }));
      const first = await driver.enter('first');
      const controller = new AbortController();
      await driver.enter('gone', { signal: controller.signal });
      const timedOut = await driver.enter('late', { deadlineInMs: 2_500 });
      controller.abort();
      await driver.pass(2_500);
      expect(timedOut.error.code).toBe('queue_timeout');
      await driver.finish(first);
      expect((await driver.snapshot()).breaker).toEqual({
        kind: 'closed',
        sinceMs: undefined,
        consecutiveFailures: 0,
      });
      await driver.close();
    });

    test('forced open refuses everybody until it expires; forced closed ignores failures', async () => {
      const driver = await start(settingsOf({ limits: [perSecond(1)], breaker: breakerOf() }));
      await driver.finish(await driver.enter('first'));
      const waiting = await driver.enter('waiting');
      await driver.gate.force('open', 2_000);
      await driver.pass(0);
      expect(waiting.error).toMatchObject({ code: 'circuit_open', retryAfterMs: 2_000 });
      expect((await driver.enter('refused')).error.code).toBe('circuit_open');
      await driver.pass(2_000);
      expect((await driver.enter('free')).result).toBe('granted');
      await driver.gate.force('closed', 60_000);
      for (let index = 0; index < 5; index++) {
        await driver.pass(1_000);
        const call = await driver.enter(`t${index}`);
        if (call.result === 'granted') await driver.finish(call, 'failure');
      }
      expect((await driver.snapshot()).breaker).toMatchObject({ kind: 'forced', as: 'closed' });
      expect(() => driver.gate.force('open')).toThrow(RangeError);
      await driver.close();
    });

    test('reset closes it', async () => {
      const driver = await start();
      await fail(driver, 3);
      await driver.gate.force('reset');
      expect((await driver.enter('a')).result).toBe('granted');
      expect(driver.events.map((event) => (event.kind === 'breaker' ? event.to.kind : event.kind))).toEqual([
        'open',
        'closed',
      ]);
      await driver.close();
    });

    test('a breaker taken away and given back knows nothing of earlier calls', async () => {
      const driver = await start();
      await fail(driver, 2);
      const old = await driver.enter('old');
      await driver.gate.configure(settingsOf({ limits: [perSecond(10)] }));
      expect((await driver.snapshot()).breaker).toBeUndefined();
      await driver.gate.configure(
        settingsOf({ limits: [perSecond(10)], breaker: breakerOf({ consecutive: 1 }) }),
      );
      await driver.finish(old, 'failure');
      expect((await driver.snapshot()).breaker?.kind).toBe('closed');
      await driver.close();
    });
  });
}
