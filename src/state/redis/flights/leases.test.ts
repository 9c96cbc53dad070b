import { describe, expect, test } from 'bun:test';
import { settle, VirtualClock } from '../../../shared/virtual-clock.ts';
import { Leases } from './leases.ts';

type Answer = '1' | '0' | 'silence' | 'away';

function leases(answerTo: (op: string, nowMs: number) => Answer = () => '1') {
  const clock = new VirtualClock();
  const told: Array<[atMs: number, op: string, what: string | undefined]> = [];
  const all = new Leases({
    clock,
    channel: 'channel',
    leaseMs: 1_000,
    tell: (_name, [op = '', _token, what]) => {
      const answer = answerTo(op, clock.now());
      if (answer === 'away') return undefined;
      told.push([clock.now(), op, what]);
      return answer === 'silence'
        ? Promise.reject(new Error('Command timed out'))
        : Promise.resolve([answer]);
    },
  });
  const hold = (deadlineMs = 600_000) => all.hold('name', 'token', clock.now(), deadlineMs);
  return { clock, told, all, hold };
}

describe('a lease', () => {
  test('is renewed at half its time, for twice as long, up to 30 s', async () => {
    const { clock, told, hold } = leases();
    hold();
    await clock.advanceAsync(60_000);
    expect(told).toEqual([
      [500, 'renew', '2000'],
      [1_500, 'renew', '4000'],
      [3_500, 'renew', '8000'],
      [7_500, 'renew', '16000'],
      [15_500, 'renew', '30000'],
      [30_500, 'renew', '30000'],
      [45_500, 'renew', '30000'],
    ]);
  });

  test.each(['silence', 'away'] as const)(
    'whose renewal met with %s is renewed before it ends',
    async (answer) => {
      const { clock, told, hold } = leases((_, nowMs) => (nowMs < 600 ? answer : '1'));
      hold();
      await clock.advanceAsync(999);
      const [first] = told.filter(([atMs]) => atMs > 600);
      // Not for longer than a renewal that was made in time.
      expect(first).toEqual([750, 'renew', '2000']);
    },
  );

  test('that another node has, or Redis has forgotten, is let go of', async () => {
    const { clock, told, all, hold } = leases(() => '0');
    const lease = hold();
    await clock.advanceAsync(60_000);
    expect([told.length, all.size, clock.timers]).toEqual([1, 0, 0]);
    await all.end(lease, 'kept');
    expect(told).toHaveLength(1);
  });

  test('that cannot be renewed is let go of when it is over, and nothing is left', async () => {
    const { clock, all, hold } = leases(() => 'away');
    hold();
    await clock.advanceAsync(2_000);
    expect([all.size, clock.timers]).toEqual([0, 0]);
  });

  test('is not renewed after the deadline; a landing is told as long as it lasts', async () => {
    const { clock, told, all, hold } = leases();
    const lease = hold(600);
    await clock.advanceAsync(2_400);
    expect(told).toEqual([[500, 'renew', '2000']]);
    await all.end(lease, 'kept');
    expect(told[1]).toEqual([2_400, 'end', 'kept']);
    await settle();
    expect([all.size, clock.timers]).toEqual([0, 0]);
  });

  test('whose call nobody ends goes with its deadline', async () => {
    const { clock, all, hold } = leases();
    hold(600);
    await clock.advanceAsync(2_500);
    expect([all.size, clock.timers]).toEqual([0, 0]);
  });
});

describe('an end', () => {
  test('that Redis did not take is told again while the lease lasts', async () => {
    const { clock, told, all, hold } = leases((_, nowMs) => (nowMs < 600 ? 'silence' : '1'));
    await clock.advanceAsync(100);
    await all.end(hold(), 'failed');
    await clock.advanceAsync(10_000);
    expect(told.map(([atMs, op]) => [atMs, op])).toEqual([
      [100, 'end'],
      [350, 'end'],
      [600, 'end'],
    ]);
    expect([all.size, clock.timers]).toEqual([0, 0]);
  });

  test.each(['silence', 'away'] as const)('that meets with %s for good is given up', async (answer) => {
    const { clock, all, hold } = leases(() => answer);
    await all.end(hold(), 'failed');
    expect(all.size).toBe(1);
    await clock.advanceAsync(1_500);
    expect([all.size, clock.timers]).toEqual([0, 0]);
  });

  test('comes once, and only when the answer is where others find it; until then the lease is kept', async () => {
    const { clock, told, all, hold } = leases();
    const stored = Promise.withResolvers<void>();
    const lease = hold();
    const ended = all.end(lease, 'kept', stored.promise);
    await all.end(lease, 'failed');
    await clock.advanceAsync(900);
    expect(told.map(([, op]) => op)).toEqual(['renew']);
    stored.resolve();
    await ended;
    await settle();
    expect(told.map(([, , what]) => what)).toEqual(['2000', 'kept']);
    await clock.advanceAsync(60_000);
    expect(told).toHaveLength(2);
  });

  test('during a renewal without an answer yet is the last thing that is told', async () => {
    const renewed = Promise.withResolvers<string[]>();
    const clock = new VirtualClock();
    const told: string[] = [];
    const all = new Leases({
      clock,
      channel: 'channel',
      leaseMs: 1_000,
      tell: (_name, [op = '']) => {
        told.push(op);
        if (op === 'renew') return renewed.promise;
        return told.length === 2 ? Promise.reject(new Error('Command timed out')) : Promise.resolve(['1']);
      },
    });
    const lease = all.hold('name', 'token', 0, 600_000);
    await clock.advanceAsync(500);
    await all.end(lease, 'kept');
    await settle();
    renewed.resolve(['1']);
    await clock.advanceAsync(60_000);
    expect(told).toEqual(['renew', 'end', 'end']);
    expect([all.size, clock.timers]).toEqual([0, 0]);
  });
});

test('a question without an answer is given back', async () => {
  const { clock, told, all } = leases((_, nowMs) => (nowMs < 200 ? 'silence' : '1'));
  all.giveBack('name', 'token');
  await clock.advanceAsync(1_000);
  expect(told.map(([, op, what]) => [op, what])).toEqual([
    ['end', 'abandoned'],
    ['end', 'abandoned'],
  ]);
  expect(all.size).toBe(0);
});

test('nothing is told after closing', async () => {
  const { clock, told, all, hold } = leases();
  hold();
  all.close();
  hold();
  await clock.advanceAsync(10_000);
  expect([told.length, all.size, clock.timers]).toEqual([0, 0, 0]);
});
