import { expect, test } from 'bun:test';
import { VirtualClock } from '../../../shared/virtual-clock.ts';
import type { RedisLink } from '../link.ts';
import { Reach } from '../reach.ts';
import { ExactCounts } from './exact-counts.ts';
import { LocalShares } from './local-shares.ts';

const RATE = { count: 9, windowMs: 3_600_000 };

/** Redis answers when the test says so. */
function setUp() {
  const clock = new VirtualClock();
  const asked: Array<{ untold: number; answer: (allowed: boolean, used: number) => void; lose: () => void }> =
    [];
  const link = {
    isUp: true,
    commands: {
      evalsha: (...args: unknown[]) =>
        new Promise((resolve, reject) =>
          asked.push({
            untold: Number(args.at(-1)),
            answer: (allowed, used) => resolve([allowed ? 1 : 0, RATE.count - used, '1000', `0 ${used} 0`]),
            lose: () => reject(new Error('Connection is closed.')),
          }),
        ),
    },
  } as unknown as RedisLink;
  const shares = new LocalShares(clock, () => 3, 100);
  const counts = new ExactCounts({ clock, link, reach: new Reach({ clock, link }), shares, prefix: 'p' });
  const take = async () => counts.take('limit', 'client', 'fixed_window', RATE);
  const patience = async () => {
    clock.advance(500);
    for (let count = 0; count < 5; count++) await Promise.resolve();
  };
  /** Asks once more after the pause, and what is told with it. */
  const toldNext = async () => {
    for (let count = 0; count < 5; count++) await Promise.resolve();
    clock.advance(1_000);
    void take();
    return asked.at(-1)!.untold;
  };
  return { clock, asked, take, patience, toldNext };
}

test('a request that passed alone and was counted late is not told again', async () => {
  const { asked, take, patience, toldNext } = setUp();
  const decision = take();
  await patience();
  expect(await decision).toMatchObject({ allowed: true, limit: 3 });
  asked[0]!.answer(true, 1);
  expect(await toldNext()).toBe(0);
});

test('a request that passed alone and was refused late is told', async () => {
  const { asked, take, patience, toldNext } = setUp();
  const decision = take();
  await patience();
  expect((await decision).allowed).toBe(true);
  asked[0]!.answer(false, 9);
  expect(await toldNext()).toBe(1);
});

test('what was told with a request that was lost is told again, and once', async () => {
  const { asked, take, patience, toldNext } = setUp();
  const first = take();
  await patience();
  await first;
  // Alone, without asking.
  expect((await take()).allowed).toBe(true);
  expect(asked).toHaveLength(1);
  asked[0]!.lose();
  expect(await toldNext()).toBe(2);
  await patience();
  asked[1]!.lose();
  expect(await toldNext()).toBe(3);
  asked[2]!.answer(true, 5);
  expect(await toldNext()).toBe(0);
});

test('an answer that comes too late for its request is known to the next', async () => {
  const { asked, take, patience } = setUp();
  const both = [take(), take()];
  await patience();
  await Promise.all(both);
  asked[0]!.answer(false, 9);
  for (let count = 0; count < 5; count++) await Promise.resolve();
  const next = take();
  await patience();
  expect(await next).toMatchObject({ allowed: false, remaining: 0 });
});
