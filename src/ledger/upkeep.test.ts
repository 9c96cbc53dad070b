import { expect, test } from 'bun:test';
import { seededRandom } from '../shared/random.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import { DEFAULT_RETENTION, type Ledger } from './contracts.ts';
import { LedgerUpkeep, type UpkeepTurn } from './upkeep.ts';

const HOUR_MS = 3_600_000;

/** A ledger that is away for so many tries and notes what it is asked for. */
function awayFor(tries: number, turn?: UpkeepTurn) {
  const seen = { opens: 0, maintained: [] as number[], pruned: [] as number[] };
  const refuse = () => Promise.reject(new Error('not used here'));
  const ledger: Ledger = {
    open: async () => {
      if (++seen.opens <= tries) throw new Error('away');
    },
    close: async () => {},
    rules: {
      list: refuse,
      get: refuse,
      insert: refuse,
      update: refuse,
      delete: refuse,
      importAll: refuse,
      revision: refuse,
    },
    audit: {
      append: refuse,
      list: refuse,
      prune: async ({ olderThanMs }) => seen.pruned.push(olderThanMs),
    },
    usage: {
      upsert: refuse,
      query: refuse,
      maintain: async (nowMs, retention) => {
        expect(retention).toEqual(DEFAULT_RETENTION);
        seen.maintained.push(nowMs);
        if (seen.maintained.length === 2) throw new Error('away again');
        return { hoursRolled: 1, daysRolled: 1, rowsDeleted: 0 };
      },
    },
  };
  const warnings: string[] = [];
  const log = { warn: (_: object, text: string) => warnings.push(text), debug: () => {} };
  const clock = new VirtualClock();
  const upkeep = new LedgerUpkeep({ clock, random: seededRandom(1), ledger, log, turn });
  return { seen, warnings, clock, upkeep };
}

test('a ledger that is away at start is opened when it comes, with tries that grow apart', async () => {
  const { seen, warnings, clock, upkeep } = awayFor(5);
  let opened = 0;
  expect(await upkeep.start(() => opened++)).toBe(false);
  expect(upkeep.ready).toBe(false);
  await clock.advanceAsync(3_000);
  const early = seen.opens;
  expect(early).toBeGreaterThanOrEqual(2);
  await clock.advanceAsync(5 * 60_000);
  expect(seen.opens).toBe(6);
  expect(opened).toBe(1);
  expect(upkeep.ready).toBe(true);
  expect(warnings).toEqual(['the ledger cannot be opened yet; trying on']);
  await upkeep.close();
});

test('puts the ledger in order soon after the start and every hour, through failures', async () => {
  const { seen, warnings, clock, upkeep } = awayFor(0);
  expect(await upkeep.start()).toBe(true);
  await clock.advanceAsync(60_000);
  expect(seen.maintained).toHaveLength(1);
  await clock.advanceAsync(3 * HOUR_MS);
  expect(seen.maintained).toHaveLength(4);
  expect(seen.pruned).toHaveLength(3);
  expect(warnings).toEqual(['the ledger could not be put in order; the next round does it']);
  await upkeep.close();
  await clock.advanceAsync(5 * HOUR_MS);
  expect(seen.maintained).toHaveLength(4);
  expect(clock.timers).toBe(0);
});

test('of several processes only the one whose turn it is does it, and one that failed leaves it to others', async () => {
  const asked: string[] = [];
  let isMine = false;
  const turn: UpkeepTurn = {
    claim: async (task, forMs) => {
      asked.push(`claim ${task} ${forMs / HOUR_MS}`);
      return isMine;
    },
    release: async (task) => void asked.push(`release ${task}`),
  };
  const { seen, clock, upkeep } = awayFor(0, turn);
  await upkeep.start();
  await clock.advanceAsync(60_000);
  expect(seen.maintained).toHaveLength(0);
  isMine = true;
  await clock.advanceAsync(2 * HOUR_MS);
  // The second round fails.
  expect(seen.maintained).toHaveLength(2);
  const claim = 'claim ledger-upkeep 0.9';
  expect(asked).toEqual([claim, claim, claim, 'release ledger-upkeep']);
  await upkeep.close();
});

test('a round whose moment nobody could be asked whose turn it is comes within a minute, not an hour later', async () => {
  let isAway = true;
  const turn: UpkeepTurn = { claim: async () => (isAway ? undefined : true), release: async () => {} };
  const { seen, clock, upkeep } = awayFor(0, turn);
  await upkeep.start();
  await clock.advanceAsync(10 * 60_000);
  expect(seen.maintained).toHaveLength(0);
  isAway = false;
  await clock.advanceAsync(60_000);
  expect(seen.maintained).toHaveLength(1);
  // From then on every hour.
  await clock.advanceAsync(59 * 60_000);
  expect(seen.maintained).toHaveLength(1);
  await upkeep.close();
});
