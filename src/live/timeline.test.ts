import { expect, test } from 'bun:test';
import { maskNumbers } from '../shared/mask-numbers.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import { gateNote } from './gate-note.ts';
import { Timeline, type TimelineNote } from './timeline.ts';

function build() {
  const clock = new VirtualClock(1_000);
  return { clock, timeline: new Timeline({ clock, mask: maskNumbers }) };
}

const pause = (forMs: number, upstream = 'score'): TimelineNote => ({
  kind: 'provider_pause',
  upstream,
  facts: { status: 429, for_ms: forMs, reason: 'asked' },
});

test('a note is an entry with a number, the wall time and its facts', () => {
  const { clock, timeline } = build();
  timeline.note({ kind: 'started', facts: { version: '1' } });
  expect(timeline.last(10)).toEqual([
    { id: 1, atMs: clock.wallNow(), kind: 'started', upstream: undefined, facts: { version: '1' }, times: 1 },
  ]);
});

test('what happens again within 5 s is the same entry, with the last time and the last duration', () => {
  const { clock, timeline } = build();
  timeline.note(pause(1_000));
  clock.advance(4_000);
  timeline.note(pause(500));
  // Counted from the last time, not from the first.
  clock.advance(5_000);
  timeline.note(pause(700));
  expect(timeline.last(10)).toEqual([
    {
      id: 1,
      atMs: clock.wallNow(),
      kind: 'provider_pause',
      upstream: 'score',
      facts: { status: 429, for_ms: 700, reason: 'asked' },
      times: 3,
    },
  ]);
  clock.advance(5_001);
  timeline.note(pause(700));
  expect(timeline.last(10).map(({ id, times }) => [id, times])).toEqual([
    [1, 3],
    [2, 1],
  ]);
});

test('other upstreams, kinds and facts are other entries, also when they take turns', () => {
  const { timeline } = build();
  for (let round = 0; round < 100; round++) {
    timeline.note(pause(1_000, 'a'));
    timeline.note(pause(1_000, 'b'));
    timeline.note({ kind: 'resumed', upstream: 'a', facts: {} });
    timeline.note({ kind: 'operator', facts: { actor: 'x', action: 'y', subject: 'z' } });
  }
  expect(timeline.last(10).map(({ times }) => times)).toEqual([100, 100, 100, 100]);
});

test('the oldest of 200 gives way, and is counted', () => {
  const { timeline } = build();
  for (let index = 1; index <= 250; index++)
    timeline.note({ kind: 'operator', facts: { subject: `s${index}` } });
  expect(timeline.last(1_000)).toHaveLength(200);
  expect(timeline.last(1_000)[0]!.facts).toEqual({ subject: 's51' });
  expect(timeline.last(2).map(({ id }) => id)).toEqual([249, 250]);
  expect(timeline.last(0)).toEqual([]);
  expect(timeline.overwritten).toBe(50);
});

test('since a version: new entries, and those that happened again', () => {
  const { timeline } = build();
  timeline.note(pause(1_000, 'a'));
  timeline.note(pause(1_000, 'b'));
  const { version } = timeline;
  expect(timeline.since(version)).toEqual([]);
  timeline.note(pause(900, 'a'));
  timeline.note(pause(1_000, 'c'));
  expect(timeline.since(version).map(({ upstream, times }) => [upstream, times])).toEqual([
    ['a', 2],
    ['c', 1],
  ]);
  expect(timeline.since(0)).toHaveLength(3);
});

test('numbers of persons are hidden; the address of an actor is none', () => {
  const { timeline } = build();
  timeline.note({
    kind: 'operator',
    facts: { actor: 'operator@192.168.100.200', action: 'denial.lift', subject: 'client/123.456.789-09' },
  });
  expect(timeline.last(1)[0]!.facts).toEqual({
    actor: 'operator@192.168.100.200',
    action: 'denial.lift',
    subject: 'client/***',
  });
});

test.each([
  [
    {
      kind: 'breaker',
      from: 'closed',
      to: { kind: 'open', sinceMs: 1_000, untilMs: 31_000, reason: 'consecutive' },
    },
    { kind: 'breaker', facts: { from: 'closed', to: 'open', reason: 'consecutive', for_ms: 30_000 } },
  ],
  [
    { kind: 'breaker', from: 'open', to: { kind: 'half_open', sinceMs: 0, running: 0, passed: 0 } },
    { kind: 'breaker', facts: { from: 'open', to: 'half_open' } },
  ],
  [
    { kind: 'breaker', from: 'closed', to: { kind: 'forced', as: 'open', untilMs: 2_000 } },
    { kind: 'breaker', facts: { from: 'closed', to: 'forced', as: 'open', for_ms: 1_000 } },
  ],
  [
    { kind: 'paused', untilMs: 3_000, reason: 'the upstream answered 429 and asked for a pause' },
    {
      kind: 'provider_pause',
      facts: { status: 429, for_ms: 2_000, reason: 'the upstream answered 429 and asked for a pause' },
    },
  ],
  [
    { kind: 'paused', untilMs: undefined, reason: 'maintenance' },
    { kind: 'paused', facts: { for_ms: null, reason: 'maintenance' } },
  ],
  [{ kind: 'resumed' }, { kind: 'resumed', facts: {} }],
] as const)('%j of a gate is noted', (event, note) => {
  expect(gateNote('score', event, 1_000) as object).toEqual({ upstream: 'score', ...note });
});
