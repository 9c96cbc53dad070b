import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../shared/virtual-clock.ts';
import { openSendJournal } from './send-journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'comporta-journal-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newPath = () => join(folder, 'deep', `${files++}.sends`);

/** Two processes: each has its own monotonic clock, and both share the wall clock. */
const at = (wallMs: number, monotonicMs = 0) => new VirtualClock(monotonicMs, wallMs - monotonicMs);

const open = (path: string, clock: VirtualClock, { pid = 1, capacity = 10, alive = [] as number[] } = {}) =>
  openSendJournal({ clock, path, capacity, pid, isAlive: (one) => alive.includes(one) });

test('a process finds the sends of the one before it, in its own time', () => {
  const path = newPath();
  const first = open(path, at(1_000_000, 500));
  expect(first.past()).toEqual([]);
  first.reserved(1);
  first.sent(500, 1);
  first.reserved(2);
  first.sent(450, 2);
  // No close: it was killed.
  const second = open(path, at(1_000_300, 7));
  expect(second.past()).toEqual([
    { atMs: 7 - 350, cost: 2 },
    { atMs: 7 - 300, cost: 1 },
  ]);
});

test('a call that may have been written when the process died counts as written now', () => {
  const path = newPath();
  const first = open(path, at(1_000));
  first.reserved(1);
  const second = open(path, at(5_000, 3));
  expect(second.past()).toEqual([{ atMs: 3, cost: 1 }]);
  // Told once: it is a send like any other from now on.
  expect(open(path, at(6_000, 0)).past()).toEqual([{ atMs: -1_000, cost: 1 }]);
});

test('a slot that was given back was never sent', () => {
  const path = newPath();
  const first = open(path, at(1_000));
  first.reserved(1);
  first.givenBack(1);
  expect(open(path, at(2_000)).past()).toEqual([]);
});

test('keeps the newest sends up to its capacity, and follows a change of capacity', () => {
  const path = newPath();
  const clock = at(10_000);
  const journal = open(path, clock, { capacity: 3 });
  for (let second = 0; second < 5; second++) {
    journal.reserved(1);
    journal.sent(clock.now(), 1);
    clock.advance(1_000);
  }
  const ages = (capacity: number) =>
    open(path, at(15_000), { capacity })
      .past()
      .map(({ atMs }) => atMs);
  expect(ages(100)).toEqual([-3_000, -2_000, -1_000]);
  expect(ages(2)).toEqual([-3_000, -2_000, -1_000]);
  expect(ages(2)).toEqual([-2_000, -1_000]);
});

test('a clock that was set back makes a send now, never in the future', () => {
  const path = newPath();
  const journal = open(path, at(9_000_000));
  journal.reserved(1);
  journal.sent(0, 1);
  expect(open(path, at(1_000, 40)).past()).toEqual([{ atMs: 40, cost: 1 }]);
});

test('two living processes do not share one journal', () => {
  const path = newPath();
  const first = open(path, at(1_000), { pid: 11 });
  expect(() => open(path, at(2_000), { pid: 12, alive: [11] })).toThrow('process 11');
  first.close();
  expect(() => open(path, at(2_000), { pid: 12, alive: [11] })).not.toThrow();
});

test('a file of something else is not believed', () => {
  const path = newPath();
  open(path, at(1_000)).close();
  writeFileSync(path, 'x'.repeat(500));
  expect(open(path, at(2_000)).past()).toEqual([]);
});

test('what is recorded is in the file at once: another process reads it while this one lives', () => {
  const path = newPath();
  const journal = open(path, at(1_000));
  journal.reserved(1);
  journal.sent(0, 1);
  const script = `const b=new Float64Array(await Bun.file(${JSON.stringify(path)}).arrayBuffer());console.log(b[2])`;
  const seen = Bun.spawnSync([process.execPath, '-e', script]).stdout.toString().trim();
  expect(seen).toBe('1');
});
