import { describe, expect, test } from 'bun:test';
import type { LiveDelta, TimelineEntry } from '../api/types.ts';
import { liveData, NOW, sampleAt, stateOf, upstreamNamed } from './live.fixture.ts';
import { SAMPLES_KEPT, withDelta } from './live-data.ts';

function delta(change: Partial<LiveDelta> = {}): LiveDelta {
  return {
    seq: 1,
    now: new Date(NOW).toISOString(),
    sample: sampleAt(0),
    state: stateOf(),
    upstreams: [],
    removed: [],
    timeline: [],
    ...change,
  };
}

const entry = (id: number, second: number, times = 1): TimelineEntry => ({
  id,
  at: new Date(NOW + second * 1_000).toISOString(),
  kind: 'resumed',
  upstream: 'score',
  facts: {},
  times,
});

describe('withDelta', () => {
  test('keeps a minute of samples, however long it runs', () => {
    let data = liveData();
    for (let second = 0; second < 10_000; second++)
      data = withDelta(data, delta({ sample: sampleAt(second) }));
    expect(data.samples).toHaveLength(SAMPLES_KEPT);
    expect(data.samples.at(-1)).toEqual(sampleAt(9_999));
  });

  test('changes the upstreams that changed, in their order, and keeps the others', () => {
    const old = liveData({ upstreams: [upstreamNamed('a'), upstreamNamed('b'), upstreamNamed('c')] });
    const next = withDelta(old, delta({ upstreams: [upstreamNamed('b', { waiting: 7 })] }));
    expect(next.upstreams.map(({ name, waiting }) => [name, waiting])).toEqual([
      ['a', 0],
      ['b', 7],
      ['c', 0],
    ]);
    expect(next.upstreams[0]).toBe(old.upstreams[0]!);
  });

  test('drops an upstream that a reload removed, and adds one that it brought', () => {
    const old = liveData({ upstreams: [upstreamNamed('a'), upstreamNamed('b')] });
    const next = withDelta(old, delta({ upstreams: [upstreamNamed('c')], removed: ['a'] }));
    expect(next.upstreams.map(({ name }) => name)).toEqual(['b', 'c']);
  });

  test('an entry that happened again takes the place of what it was', () => {
    const first = withDelta(liveData(), delta({ timeline: [entry(1, 0), entry(2, 1)] }));
    const again = withDelta(first, delta({ timeline: [entry(1, 2, 5)] }));
    expect(again.timeline.map(({ id, times }) => [id, times])).toEqual([
      [1, 5],
      [2, 1],
    ]);
  });

  test('keeps a hundred entries, the newest', () => {
    let data = liveData();
    for (let id = 0; id < 1_000; id++) data = withDelta(data, delta({ timeline: [entry(id, id)] }));
    expect(data.timeline).toHaveLength(100);
    expect(data.timeline[0]?.id).toBe(999);
  });
});
