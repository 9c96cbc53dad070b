import { expect, test } from 'bun:test';
import type { AuditFact } from '../../ledger/contracts.ts';
import { settle, VirtualClock } from '../../shared/virtual-clock.ts';
import { AuditTrail } from './audit-trail.ts';
import type { Actor } from './guard/guard.ts';

const OPERATOR: Actor = { role: 'operator', address: '10.0.0.1', name: 'operator@10.0.0.1' };

function build() {
  const clock = new VirtualClock();
  const written: AuditFact[] = [];
  const defects: unknown[] = [];
  const state = { away: false };
  const trail = new AuditTrail(
    clock,
    {
      async append(fact) {
        await Promise.resolve();
        if (state.away) throw new Error('away');
        written.push(fact);
      },
    },
    (error) => void defects.push(error),
  );
  const record = (subject: string) => trail.record(OPERATOR, { action: 'test', subject });
  return { clock, written, defects, state, trail, record };
}

test('a change is written when record resolves', async () => {
  const { clock, written, trail, record } = build();
  await record('a');
  expect(written).toEqual([
    {
      atMs: clock.wallNow(),
      actor: 'operator@10.0.0.1',
      action: 'test',
      subject: 'a',
      before: undefined,
      after: undefined,
    },
  ]);
  expect(trail.waiting).toBe(0);
});

test('changes made at the same time keep their order, and none is written twice', async () => {
  const { written, record } = build();
  await Promise.all(['a', 'b', 'c', 'd'].map(record));
  expect(written.map(({ subject }) => subject)).toEqual(['a', 'b', 'c', 'd']);
});

test('while the database is away changes wait, and are written by themselves when it is back', async () => {
  const { clock, written, defects, state, trail, record } = build();
  state.away = true;
  await record('a');
  await record('b');
  expect(trail.waiting).toBe(2);
  expect(defects).toHaveLength(2);
  await clock.advanceAsync(60_000);
  expect(written).toEqual([]);
  state.away = false;
  await clock.advanceAsync(5_000);
  await settle();
  expect(written.map(({ subject }) => subject)).toEqual(['a', 'b']);
  expect(trail.waiting).toBe(0);
  expect(clock.timers).toBe(0);
});

test('when as many wait as may, no further change is allowed', async () => {
  const { state, trail, record } = build();
  state.away = true;
  for (let index = 0; index < 999; index++) await record(`${index}`);
  expect(() => trail.requireRoom()).not.toThrow();
  await record('last');
  expect(() => trail.requireRoom()).toThrow('1000 changes wait');
});

test('a closed trail leaves no timer', async () => {
  const { clock, state, trail, record } = build();
  state.away = true;
  await record('a');
  expect(clock.timers).toBe(1);
  trail.close();
  expect(clock.timers).toBe(0);
});
