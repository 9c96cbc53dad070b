import { expect, test } from 'bun:test';
import { Timeline } from '../live/timeline.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import { LedgerWatch } from './ledger-watch.ts';

function build() {
  const clock = new VirtualClock(1_000);
  const timeline = new Timeline({ clock, mask: (text) => text });
  const state = { degraded: false, lastError: undefined as string | undefined, pendingSeries: 0 };
  const upkeep = { ready: true };
  const watch = new LedgerWatch({ clock, flusher: { status: () => state }, upkeep, timeline });
  const noted = () => timeline.last(10).map(({ kind, facts }) => [kind, facts.status, facts.reason]);
  return { clock, state, upkeep, watch, noted };
}

test('going away and coming back are told once each', () => {
  const { clock, state, watch, noted } = build();
  watch.look();
  expect(noted()).toEqual([]);
  Object.assign(state, { degraded: true, lastError: 'disk full', pendingSeries: 7 });
  watch.look();
  clock.advance(10_000);
  watch.look();
  expect(watch.status()).toEqual({ kind: 'degraded', pendingRows: 7, sinceMs: 1_000, reason: 'disk full' });
  Object.assign(state, { degraded: false, lastError: undefined, pendingSeries: 0 });
  watch.look();
  watch.look();
  expect(noted()).toEqual([
    ['ledger', 'degraded', 'disk full'],
    ['ledger', 'ok', null],
  ]);
  expect(watch.status()).toEqual({ kind: 'ok', pendingRows: 0 });
});

test('a database that has not been opened yet is away', () => {
  const { upkeep, watch, noted } = build();
  upkeep.ready = false;
  watch.look();
  expect(noted()).toEqual([['ledger', 'degraded', 'the database has not been opened yet']]);
});
