import { expect, test } from 'bun:test';
import { parseRule } from '../config/schema/access-rule.ts';
import { LedgerUnavailable, type StoredRule } from '../ledger/contracts.ts';
import type { AccessRule } from '../policies/access/rule.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import { RulesInForce } from './rules-in-force.ts';

const ruleOf = (id: string): AccessRule => parseRule({ id, action: 'deny' }) as AccessRule;
const storedOf = (id: string): StoredRule => ({
  id,
  version: 1,
  document: { id, action: 'deny' },
  createdAtMs: 0,
  updatedAtMs: 0,
});

/** A store whose answers come when the test says so. */
function setUp(fileRules: readonly string[] = []) {
  const clock = new VirtualClock();
  const stored: string[] = [];
  const asked: Array<{ ids: string[]; answer: () => void; fail: () => void }> = [];
  const inForce: string[][] = [];
  const file = fileRules.map(ruleOf);
  const said: string[] = [];
  const say = (facts: object, message: string) => void said.push(`${JSON.stringify(facts)} ${message}`);
  const rules = new RulesInForce({
    clock,
    store: {
      list: () =>
        new Promise((resolve, reject) => {
          const ids = [...stored];
          asked.push({
            ids,
            answer: () => resolve(ids.map(storedOf)),
            fail: () => reject(new LedgerUnavailable('away')),
          });
        }),
    },
    file: () => file,
    replace: (replaced) => void inForce.push(replaced.map(({ id }) => id)),
    log: { info: say, warn: say, error: say },
  });
  return { clock, stored, asked, inForce, file, rules, said };
}

const turns = async (): Promise<void> => {
  for (let count = 0; count < 5; count++) await Promise.resolve();
};

test('a slow answer never takes back a change that came after it', async () => {
  const { stored, asked, inForce, rules } = setUp();
  stored.push('a');
  const first = rules.apply();
  stored.push('b');
  const second = rules.apply();
  asked.at(-1)!.answer();
  await turns();
  for (const { answer } of asked) answer();
  await turns();
  for (const { answer } of asked) answer();
  await Promise.all([first, second]);
  expect(inForce.at(-1)).toEqual(['a', 'b']);
});

test('many changes at once share one reading, which began after all of them', async () => {
  const { stored, asked, inForce, rules } = setUp();
  const all: Array<Promise<void>> = [];
  for (let index = 0; index < 50; index++) {
    stored.push(`r${index}`);
    all.push(rules.apply());
  }
  asked[0]!.answer();
  await turns();
  asked[1]!.answer();
  await Promise.all(all);
  expect(asked).toHaveLength(2);
  expect(inForce.at(-1)).toHaveLength(50);
});

test('rules of the file are in force while the ledger is away, beside the stored ones known last', async () => {
  const { stored, asked, inForce, file, rules } = setUp(['of-file']);
  stored.push('stored');
  const first = rules.apply();
  asked[0]!.answer();
  await first;
  file.push(ruleOf('of-file-too'));
  const second = rules.apply();
  asked[1]!.fail();
  const outcome = await second.catch((error: unknown) => error);
  expect(outcome).toMatchObject({ code: 'ledger_unavailable' });
  expect(inForce.at(-1)).toEqual(['of-file', 'of-file-too', 'stored']);
});

test('a change that the store took and could not read back is in force once it answers again', async () => {
  const { clock, stored, asked, inForce, rules } = setUp();
  stored.push('late');
  const applied = rules.apply().catch(() => {});
  asked[0]!.fail();
  await applied;
  expect(inForce.at(-1)).toEqual([]);
  clock.advance(1_000);
  asked[1]!.fail();
  await turns();
  clock.advance(2_000);
  asked[2]!.answer();
  await turns();
  expect(inForce.at(-1)).toEqual(['late']);
  rules.close();
  expect(clock.timers).toBe(0);
});

test('where the file and the ledger have the same id, the file counts', async () => {
  const { stored, asked, inForce, rules } = setUp(['same']);
  stored.push('same', 'own');
  const applied = rules.apply();
  asked[0]!.answer();
  await applied;
  expect(inForce.at(-1)).toEqual(['same', 'own']);
});

test('a ledger that stays away is told once, without a stack, and asked less and less often', async () => {
  const { clock, asked, rules, said } = setUp();
  const first = rules.apply().catch(() => {});
  asked[0]!.fail();
  await first;
  const askedAtMs: number[] = [];
  for (let ms = 0; ms < 40_000; ms += 500) {
    // Without Redis, nodes look every second whether rules have changed.
    if (ms % 1_000 === 0) void rules.look();
    clock.advance(500);
    await turns();
    if (asked.length > askedAtMs.length + 1) {
      askedAtMs.push(clock.now());
      asked.at(-1)!.fail();
      await turns();
    }
  }
  const gaps = askedAtMs.map((atMs, index) => atMs - (askedAtMs[index - 1] ?? askedAtMs[0]! - 1_000));
  expect(gaps).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  expect(said).toHaveLength(1);
  expect(said[0]).toStartWith('{"reason":');
  expect(said[0]).not.toContain('    at ');
  clock.advance(10_000);
  asked.at(-1)!.answer();
  await turns();
  expect(said).toHaveLength(2);
  expect(said[1]).toContain('the stored rules are read again');
  // From now on whoever looks reads.
  void rules.look();
  expect(asked).toHaveLength(9);
  rules.close();
});

test('rules that have not changed are left alone, however often they are read, and told of once', async () => {
  const { stored, asked, inForce, file, rules, said } = setUp(['same']);
  stored.push('same', 'own');
  const read = async () => {
    const applied = rules.apply().catch(() => {});
    asked.at(-1)!.answer();
    await applied;
  };
  for (let count = 0; count < 5; count++) await read();
  expect(inForce).toEqual([['same', 'own']]);
  expect(said).toEqual(['{"rule":"same"} a stored rule is hidden by one of the file']);
  // A ledger that does not answer changes nothing, either.
  const unanswered = rules.apply().catch(() => {});
  asked.at(-1)!.fail();
  await unanswered;
  expect(inForce).toHaveLength(1);
  stored.pop();
  await read();
  file.push(ruleOf('new'));
  await read();
  stored.push('own');
  await read();
  expect(inForce.slice(1)).toEqual([['same'], ['same', 'new'], ['same', 'new', 'own']]);
  rules.close();
});
