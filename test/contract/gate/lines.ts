import { describe, expect, test } from 'bun:test';
import { settle } from '../../../src/shared/virtual-clock.ts';
import type { Line, Lines } from '../../../src/state/contracts.ts';
import { breakerOf, type Call, GateDriver, type MakeGate, perSecond, settingsOf } from './driver.ts';

/** Connections that a test makes ready by hand. */
class HandLines implements Lines {
  leadMs = 100;
  /** What was expected, and when. */
  readonly expected: Array<{ readonly atMs: number; readonly tickets: number }> = [];
  readonly ready: Line[] = [];
  released = 0;
  now: () => number = () => 0;
  settle: () => Promise<void> = settle;
  private listener: () => void = () => {};

  get available(): number {
    return this.ready.length;
  }

  take(): Line | undefined {
    return this.ready.pop();
  }

  expect(tickets: number): void {
    this.expected.push({ atMs: this.now(), tickets });
  }

  onChange(listener: () => void): void {
    this.listener = listener;
  }

  async add(count = 1): Promise<void> {
    for (let index = 0; index < count; index++) this.ready.push(this.line());
    this.listener();
    await this.settle();
  }

  async lost(): Promise<void> {
    this.listener();
    await this.settle();
  }

  private line(): Line {
    const line: Line = {
      release: () => {
        this.released++;
        this.ready.push(line);
        this.listener();
      },
    };
    return line;
  }
}

/** A gate whose grants need a ready connection. */
export function linesContract(make: MakeGate): void {
  const start = async (settings = settingsOf()) => {
    const lines = new HandLines();
    const driver = await GateDriver.start(make, settings, lines);
    lines.now = () => driver.clock.now();
    lines.settle = driver.settle;
    return { driver, lines };
  };

  describe('lines', () => {
    test('nothing is granted without a ready line', async () => {
      const { driver, lines } = await start(settingsOf({ limits: [perSecond(5)] }));
      const calls = [await driver.enter('a'), await driver.enter('b')];
      await driver.pass(400);
      expect(calls.map(({ result }) => result)).toEqual(['waiting', 'waiting']);
      expect(Math.max(...lines.expected.map(({ tickets }) => tickets))).toBe(2);
      await lines.add(1);
      expect(calls.map(({ result }) => result)).toEqual(['granted', 'waiting']);
      expect(calls[0]!.grant.line).toBeDefined();
      await lines.add(1);
      expect(calls[1]!.grant.line).toBeDefined();
      expect(calls[1]!.grant.line).not.toBe(calls[0]!.grant.line);
      await driver.close();
    });

    test('no more lines are expected than calls may go', async () => {
      const { driver, lines } = await start(settingsOf({ limits: [perSecond(3)], concurrency: 2 }));
      for (let index = 0; index < 10; index++) await driver.enter(`t${index}`);
      expect(Math.max(...lines.expected.map(({ tickets }) => tickets))).toBe(2);
      await driver.close();
    });

    test('a line is expected just in time: before its slot by its lead, not a minute before', async () => {
      const { driver, lines } = await start(
        settingsOf({ limits: [{ rate: { count: 1, windowMs: 60_000 }, even: false, guardMs: 0 }] }),
      );
      const first = await driver.enter('first');
      await lines.add(1);
      await driver.finish(first);
      lines.expected.length = 0;
      const second = await driver.enter('second');
      await driver.pass(50_000);
      expect(lines.expected).toEqual([]);
      await driver.pass(10_000 - lines.leadMs);
      expect(lines.expected.at(-1)?.tickets).toBe(1);
      await lines.add(1);
      await driver.pass(lines.leadMs);
      expect(second).toMatchObject({ result: 'granted', atMs: 60_000 });
      await driver.close();
    });

    test('slots that open one after the other each have their line in time', async () => {
      const { driver, lines } = await start(settingsOf({ limits: [perSecond(2)] }));
      lines.leadMs = 300;
      const calls: Call[] = [];
      for (let index = 0; index < 4; index++) calls.push(await driver.enter(`t${index}`));
      await lines.add(1);
      await driver.finish(calls[0]!);
      await driver.pass(400);
      await lines.add(1);
      await driver.finish(calls[1]!);
      lines.expected.length = 0;
      // Slots at 1,000 and 1,400.
      await driver.pass(300);
      expect(lines.expected.at(-1)?.tickets).toBe(1);
      await driver.pass(400);
      expect(lines.expected.at(-1)).toMatchObject({ tickets: 2 });
      await driver.close();
    });

    test('a pause has its lines ready at its end, and not long before', async () => {
      const { driver, lines } = await start();
      await driver.gate.pause(30_000, 'Retry-After');
      const call = await driver.enter('a');
      await driver.pass(20_000);
      expect(lines.expected).toEqual([]);
      await driver.pass(9_900);
      expect(lines.expected.length).toBeGreaterThan(0);
      await lines.add(1);
      expect(call.result).toBe('waiting');
      await driver.pass(100);
      expect(call).toMatchObject({ result: 'granted', atMs: 30_000 });
      await driver.close();
    });

    test('the line goes to the best ticket of that moment', async () => {
      const { driver, lines } = await start(settingsOf({ queue: { policy: 'priority' } }));
      const calls = [await driver.enter('early'), await driver.enter('urgent', { urgency: 0 })];
      await lines.add(1);
      expect(calls.map(({ result }) => result)).toEqual(['waiting', 'granted']);
      await driver.close();
    });

    test('a grant that is given back gives its line back too', async () => {
      const { driver, lines } = await start();
      const first = await driver.enter('first');
      const second = await driver.enter('second');
      await lines.add(1);
      first.grant.giveBack();
      await driver.pass(0);
      expect(lines.released).toBe(1);
      expect(second.grant.line).toBe(first.grant.line);
      await driver.close();
    });

    test('a line that was lost is expected again', async () => {
      const { driver, lines } = await start();
      await driver.enter('a');
      const before = lines.expected.length;
      await lines.lost();
      expect(lines.expected.length).toBeGreaterThan(before);
      await driver.close();
    });

    test('who waits only for a connection takes no place in the queue', async () => {
      const { driver, lines } = await start(settingsOf({ queue: { maxSize: 0 } }));
      const first = await driver.enter('first');
      expect((await driver.enter('second')).error.code).toBe('queue_full');
      await lines.add(1);
      expect(first.result).toBe('granted');
      await driver.close();
    });

    test('no probe is spent while no line is ready', async () => {
      const { driver, lines } = await start(settingsOf({ breaker: breakerOf({ consecutive: 1 }) }));
      const first = await driver.enter('first');
      await lines.add(1);
      await driver.finish(first, 'failure');
      await driver.pass(10_000);
      const probe = await driver.enter('probe');
      expect((await driver.snapshot()).breaker).toMatchObject({ kind: 'half_open', running: 0 });
      await lines.add(1);
      expect(probe.result).toBe('granted');
      expect((await driver.snapshot()).breaker).toMatchObject({ kind: 'half_open', running: 1 });
      await driver.close();
    });
  });
}
