import { describe, expect, test } from 'bun:test';
import { settle } from '../../../shared/virtual-clock.ts';
import type { FinishedCommand } from '../../../usage/recorder.ts';
import { Fixture } from '../ports.fixture.ts';
import { AdminProblem } from '../problems.ts';
import { liveDelta, liveSnapshot } from '../resources/live-frame.ts';
import { EventReader } from './event-reader.fixture.ts';
import { MOST_LISTENERS } from './live-feed.ts';

const DONE: FinishedCommand = {
  outcome: 'success',
  status: 200,
  bytes: 1,
  totalMs: 10,
  queueMs: undefined,
  upstreamMs: undefined,
  attempts: 1,
  cache: 'none',
  errorCode: undefined,
};

function build() {
  const fixture = new Fixture();
  const { clock, feed, sampler, recorder } = fixture;
  sampler.start();
  const open = (lastEventId?: string) => new EventReader(feed.open({ lastEventId }));
  const done = (change: Partial<FinishedCommand> = {}) =>
    recorder.record(recorder.series('/r', 'score'), { ...DONE, ...change });
  return { fixture, clock, feed, sampler, recorder, open, done };
}

test('first everything, then one delta a second, as documented', async () => {
  const { clock, feed, fixture, done } = build();
  done();
  clock.advance(3_000);
  fixture.timeline.note({ kind: 'started', facts: { version: '1' } });
  const response = feed.open({ lastEventId: undefined });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('x-accel-buffering')).toBe('no');
  const reader = new EventReader(response);
  const snapshot = await reader.expect('snapshot');
  expect(reader.preamble).toBe(': live\nretry: 1000');
  expect(snapshot.id).toBe('abc123-3');
  expect(liveSnapshot.parse(snapshot.data)).toEqual(snapshot.data);
  expect(snapshot.data).toMatchObject({
    boot: 'abc123',
    seq: 3,
    version: '0.1.0',
    environment: 'test',
    state: {
      totals: { requests: 1 },
      minute: { seconds: 3 },
      cache: { entries: 2, max_bytes: 1_000 },
      dashboards: 1,
    },
    upstreams: [{ name: 'score' }, { name: 'free' }],
    timeline: [{ id: 1, kind: 'started', upstream: null, times: 1 }],
  });
  expect(snapshot.data.samples.map(({ requests }: { requests: number }) => requests)).toEqual([1, 0, 0]);

  done({ outcome: 'refused', status: 503, errorCode: 'queue_full' });
  fixture.timeline.note({ kind: 'started', facts: { version: '1' } });
  clock.advance(1_000);
  const delta = await reader.expect('delta');
  expect(delta.id).toBe('abc123-4');
  expect(liveDelta.parse(delta.data)).toEqual(delta.data);
  expect(delta.data).toMatchObject({
    seq: 4,
    sample: { requests: 1, successes: 0, failures: { refused: 1 } },
    state: { totals: { requests: 2, failures: 1 }, minute: { seconds: 4, errors: { queue_full: 1 } } },
    removed: [],
    timeline: [{ id: 1, times: 2 }],
  });
});

test('a delta has the upstreams that changed, and the names of those that are gone', async () => {
  const { clock, fixture, open } = build();
  const reader = open();
  await reader.expect('snapshot');
  clock.advance(1_000);
  expect((await reader.expect('delta')).data).toMatchObject({ upstreams: [], removed: [] });
  fixture.free.pause(undefined, 'maintenance');
  clock.advance(1_000);
  expect((await reader.expect('delta')).data).toMatchObject({
    upstreams: [{ name: 'free', pause: { reason: 'maintenance' } }],
  });
  fixture.upstreams.delete('free');
  clock.advance(1_000);
  expect((await reader.expect('delta')).data).toMatchObject({ upstreams: [], removed: ['free'] });
});

test('a change between snapshot and frame is not lost, also for whoever comes between two frames', async () => {
  const { clock, fixture, open } = build();
  const first = open();
  await first.expect('snapshot');
  clock.advance(1_000);
  await first.expect('delta');
  fixture.free.pause(undefined, 'a moment');
  clock.advance(500);
  const second = open();
  const { data } = await second.expect('snapshot');
  fixture.free.resume();
  clock.advance(500);
  const delta = (await second.expect('delta')).data;
  // Either the snapshot does not show the pause, or the delta takes it back.
  const shown = [...data.upstreams, ...delta.upstreams].filter(({ name }) => name === 'free').at(-1);
  expect(shown.pause).toBeNull();
});

test('all listeners get the same bytes, which were made once', async () => {
  const { clock, feed, open } = build();
  const readers = [open(), open(), open()];
  for (const reader of readers) await reader.expect('snapshot');
  const sent: Uint8Array[] = [];
  for (let index = 0; index < 2; index++) {
    const { body } = feed.open({ lastEventId: undefined });
    const reader = body!.getReader();
    await reader.read();
    await reader.read();
    void reader.read().then(({ value }) => sent.push(value!));
  }
  clock.advance(1_000);
  await settle();
  expect(sent).toHaveLength(2);
  expect(sent[0]).toBe(sent[1]!);
  const texts = await Promise.all(readers.map(async (reader) => (await reader.expect('delta')).text));
  expect(new Set(texts).size).toBe(1);
});

describe('coming back', () => {
  test('within the last 60 frames: what was missed, once and in order', async () => {
    const { clock, open } = build();
    const reader = open();
    const { id } = await reader.expect('snapshot');
    clock.advance(2_000);
    await reader.leave();
    clock.advance(3_000);
    const again = open(id);
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.push((await again.expect('delta')).id);
    expect(ids).toEqual(['abc123-1', 'abc123-2', 'abc123-3', 'abc123-4', 'abc123-5']);
    clock.advance(1_000);
    expect((await again.expect('delta')).id).toBe('abc123-6');
  });

  test('with nothing missed: no snapshot, only the next delta', async () => {
    const { clock, open } = build();
    const reader = open();
    await reader.expect('snapshot');
    clock.advance(1_000);
    const { id } = await reader.expect('delta');
    const again = open(id);
    clock.advance(1_000);
    expect((await again.expect('delta')).id).toBe('abc123-2');
  });

  test.each([
    ['longer ago than 60 frames', 'abc123-0', 61_000],
    ['of another process', 'fff-1', 1_000],
    ['of the future', 'abc123-900', 1_000],
    ['no id at all', 'abc123-x', 1_000],
    ['a frame that nobody made', 'abc123-0', 500_000],
  ])('%s: everything', async (_, lastEventId, laterMs) => {
    const { clock, open } = build();
    const reader = open();
    await reader.expect('snapshot');
    await reader.leave();
    clock.advance(laterMs);
    expect((await open(lastEventId).expect('snapshot')).data.seq).toBe(laterMs / 1_000);
  });
});

test('frames are made while somebody listens and for a minute after; samples always', async () => {
  const { clock, sampler, fixture, open } = build();
  let looks = 0;
  const snapshot = fixture.free.snapshot.bind(fixture.free);
  fixture.free.snapshot = () => {
    looks++;
    return snapshot();
  };
  clock.advance(10_000);
  // One look a second, of the sampler.
  expect(looks).toBe(10);
  const reader = open();
  await reader.expect('snapshot');
  await reader.leave();
  clock.advance(60_000);
  expect(looks).toBe(10 + 1 + 60 + 60);
  clock.advance(10_000);
  expect(looks).toBe(10 + 1 + 60 + 60 + 10);
  expect(sampler.seq).toBe(80);
});

test('a listener that does not read is cut and counted, and the others go on', async () => {
  const { clock, feed, open } = build();
  const reader = open();
  await reader.expect('snapshot');
  const lazy = feed.open({ lastEventId: undefined });
  for (let second = 0; second < 30; second++) {
    clock.advance(1_000);
    await reader.expect('delta');
  }
  expect(feed.cut).toBe(1);
  expect(feed.size).toBe(1);
  expect(new EventReader(lazy).next()).rejects.toThrow('does not read');
});

test('whoever leaves, or whose request is aborted, is no longer there', async () => {
  const { feed, open } = build();
  const reader = open();
  await reader.expect('snapshot');
  const abort = new AbortController();
  feed.open({ lastEventId: undefined, signal: abort.signal });
  expect(feed.size).toBe(2);
  abort.abort();
  expect(feed.size).toBe(1);
  await reader.leave();
  expect(feed.size).toBe(0);
  feed.open({ lastEventId: undefined, signal: AbortSignal.abort() });
  expect(feed.size).toBe(0);
  expect(feed.cut).toBe(0);
});

test('as many listeners as may, and no more', async () => {
  const { feed, fixture, open } = build();
  const readers = Array.from({ length: MOST_LISTENERS }, () => open());
  expect(() => open()).toThrow(AdminProblem);
  const answer = await fixture.call('GET', '/live');
  expect([answer.status, answer.json.code, answer.headers.get('retry-after')]).toEqual([
    503,
    'too_many_streams',
    '5',
  ]);
  expect(feed.refused).toBe(2);
  await readers[0]!.leave();
  expect((await fixture.call('GET', '/live')).status).toBe(200);
});

test('at the end of the process every stream ends, and none begins', async () => {
  const { feed, open } = build();
  const reader = open();
  await reader.expect('snapshot');
  feed.close();
  expect(await reader.next()).toBeUndefined();
  expect(() => open()).toThrow('The process ends.');
});
