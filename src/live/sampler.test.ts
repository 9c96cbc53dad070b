import { describe, expect, test } from 'bun:test';
import { SecondCounts } from '../shared/second-counts.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import type { Gate, GateSnapshot } from '../state/contracts.ts';
import { type FinishedCommand, UsageRecorder } from '../usage/recorder.ts';
import { MinuteWindow } from './minute-window.ts';
import { type LiveSample, LiveSampler } from './sampler.ts';
import { UsageTotals } from './usage-totals.ts';

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

class FakeGate implements Pick<Gate, 'snapshot'> {
  readonly arrivals = new SecondCounts();
  readonly sends = new SecondCounts();
  waiting = 0;
  running = 0;
  oldestWaitMs = 0;

  snapshot(): GateSnapshot {
    const { waiting, running, oldestWaitMs, arrivals, sends } = this;
    return { waiting, running, oldestWaitMs, perSecond: { arrivals, sends } } as unknown as GateSnapshot;
  }
}

function build(startMs = 10_400) {
  const clock = new VirtualClock(startMs);
  const recorder = new UsageRecorder();
  const score = new FakeGate();
  const gates = new Map<string, FakeGate>([['score', score]]);
  const sampler = new LiveSampler({ clock, recorder, gates: () => gates });
  const seen: LiveSample[] = [];
  sampler.onSample((sample) => seen.push(sample));
  const done = (change: Partial<FinishedCommand> = {}, route = '/score', upstream = 'score') =>
    recorder.record(recorder.series(route, upstream), { ...DONE, ...change });
  return { clock, recorder, score, gates, sampler, seen, done };
}

test('samples fall on whole seconds of the monotonic clock, the first at the end of the running one', () => {
  const { clock, sampler, seen } = build(10_400);
  sampler.start();
  clock.advance(599);
  expect(seen).toHaveLength(0);
  clock.advance(1);
  expect(seen.map(({ seq, endedAtMs }) => [seq, endedAtMs - 1_700_000_000_000])).toEqual([[1, 11_000]]);
  clock.advance(2_000);
  expect(seen).toHaveLength(3);
  sampler.stop();
  clock.advance(5_000);
  expect(seen).toHaveLength(3);
  expect(clock.timers).toBe(0);
});

test('a sample has what happened within its second, and not what was before the start', () => {
  const { clock, recorder, score, sampler, seen, done } = build();
  done();
  sampler.start();
  done({ totalMs: 100 });
  done({ totalMs: 100, outcome: 'refused', status: 503, errorCode: 'queue_full' });
  done({ totalMs: 100, cache: 'hit' });
  done({ totalMs: 100, cache: 'stale' });
  done({ totalMs: 100, cache: 'miss' });
  recorder.inFlight = 7;
  score.arrivals.add(clock.now(), 3);
  score.sends.add(clock.now(), 1);
  Object.assign(score, { waiting: 2, running: 1, oldestWaitMs: 900 });
  clock.advance(600);
  expect(seen[0]).toMatchObject({
    requests: 5,
    outcomes: { success: 4, refused: 1, client_error: 0, upstream_error: 0, client_gone: 0, truncated: 0 },
    cache: { hit: 1, stale: 1, miss: 1, none: 2 },
    inFlight: 7,
    waiting: 2,
    running: 1,
    oldestWaitMs: 900,
    upstreams: { score: { arrivals: 3, sends: 1, cached: 2, waiting: 2 } },
  });
  expect(seen[0]!.latency).toMatchObject({ count: 5, averageMs: 100 });
  expect(seen[0]!.latency!.p99Ms).toBeLessThanOrEqual(100);
  expect(seen[0]!.latency!.p50Ms).toBeGreaterThan(79);
  clock.advance(1_000);
  expect(seen[1]).toMatchObject({
    requests: 0,
    latency: undefined,
    upstreams: { score: { arrivals: 0, sends: 0, cached: 0 } },
  });
});

test('a send is shown in the second of the clock in which it was made', () => {
  const { clock, score, sampler, seen } = build(10_000);
  sampler.start();
  for (let index = 0; index < 8; index++) {
    score.sends.add(clock.now());
    clock.advance(1_020);
  }
  expect(seen.map(({ upstreams }) => upstreams.score!.sends)).toEqual(Array(8).fill(1));
});

test('a route that leads elsewhere since a reload, or by method: its cached answers count for the upstream they had', () => {
  const { clock, gates, sampler, seen, done } = build();
  gates.set('other', new FakeGate());
  sampler.start();
  done({ cache: 'hit' }, '/score', 'score');
  clock.advance(1_000);
  done({ cache: 'hit' }, '/score', 'other');
  done({ cache: 'hit' }, '/score', 'other');
  clock.advance(1_000);
  expect(seen.map(({ upstreams }) => [upstreams.score!.cached, upstreams.other!.cached])).toEqual([
    [1, 0],
    [0, 2],
  ]);
});

test('upstreams come and go, and the cached answers of a route count for its own', () => {
  const { clock, gates, sampler, seen, done } = build();
  sampler.start();
  clock.advance(600);
  gates.set('other', new FakeGate());
  done({ cache: 'hit' }, '/other', 'other');
  clock.advance(1_000);
  gates.delete('score');
  clock.advance(1_000);
  expect(seen.map(({ upstreams }) => Object.keys(upstreams))).toEqual([
    ['score'],
    ['score', 'other'],
    ['other'],
  ]);
  expect(seen[1]!.upstreams).toMatchObject({ other: { cached: 1 }, score: { cached: 0 } });
});

test('sixty samples are kept', () => {
  const { clock, sampler } = build();
  sampler.start();
  clock.advance(100_000);
  expect(sampler.samples()).toHaveLength(60);
  expect(
    sampler
      .samples()
      .map(({ seq }) => seq)
      .slice(-2),
  ).toEqual([sampler.seq - 1, sampler.seq]);
});

test('a process that stood still makes up for the seconds, each once', () => {
  const { clock, score, sampler, seen, done } = build(10_000);
  sampler.start();
  clock.advance(1_000);
  for (const atMs of [11_100, 12_200, 14_900]) score.sends.add(atMs);
  done();
  // The next timer fires 4 s late.
  const now = clock.now.bind(clock);
  clock.now = () => now() + 4_000;
  clock.advance(1_000);
  expect(seen.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(seen.map(({ upstreams }) => upstreams.score!.sends)).toEqual([0, 1, 1, 0, 1, 0]);
  expect(seen.map(({ requests }) => requests)).toEqual([0, 1, 0, 0, 0, 0]);
});

describe('the last minute', () => {
  test('has percentiles of the whole window, and errors, split and hits', () => {
    const { clock, sampler, done } = build(10_000);
    sampler.start();
    expect(sampler.minute()).toEqual({
      seconds: 0,
      latency: undefined,
      split: undefined,
      errors: {},
      cacheHitRatio: undefined,
    });
    for (let second = 0; second < 20; second++) {
      done({
        totalMs: second < 19 ? 10 : 1_000,
        queueMs: 4,
        upstreamMs: 3,
        cache: second % 4 === 0 ? 'hit' : 'miss',
      });
      if (second % 10 === 0) done({ totalMs: 10, outcome: 'refused', errorCode: 'queue_full' });
      clock.advance(1_000);
    }
    const { seconds, latency, split, errors, cacheHitRatio } = sampler.minute();
    expect(seconds).toBe(20);
    expect(latency!.count).toBe(22);
    expect(latency!.averageMs).toBeCloseTo((21 * 10 + 1_000) / 22, 6);
    expect(latency!.p50Ms).toBeLessThanOrEqual(10);
    expect(latency!.p99Ms).toBeGreaterThan(800);
    expect(split!.queueMs).toBeCloseTo(80 / 22, 6);
    expect(split!.upstreamMs).toBeCloseTo(60 / 22, 6);
    expect(split!.queueMs + split!.gatewayMs + split!.upstreamMs).toBeCloseTo(latency!.averageMs, 6);
    expect(errors).toEqual({ queue_full: 2 });
    expect(cacheHitRatio).toBe(0.25);
  });

  test('forgets what is older than 60 s: a long silence empties it', () => {
    const { clock, sampler, done } = build(10_000);
    sampler.start();
    done({ cache: 'hit', errorCode: 'queue_full' });
    clock.advance(1_000);
    clock.advance(59_000);
    expect(sampler.minute()).toMatchObject({ seconds: 60, latency: { count: 1 }, errors: { queue_full: 1 } });
    clock.advance(1_000);
    expect(sampler.minute()).toEqual({
      seconds: 60,
      latency: undefined,
      split: undefined,
      errors: {},
      cacheHitRatio: undefined,
    });
  });

  test('time is never less than none: a shared call counts for everybody who waited for it', () => {
    const { clock, sampler, done } = build(10_000);
    sampler.start();
    done({ totalMs: 5, upstreamMs: 50 });
    clock.advance(1_000);
    expect(sampler.minute().split).toEqual({ queueMs: 0, upstreamMs: 50, gatewayMs: 0 });
  });

  test('counters that begin anew begin the window anew', () => {
    const window = new MinuteWindow();
    const push = (count: number) => {
      const recorder = new UsageRecorder();
      for (let index = 0; index < count; index++) recorder.record(recorder.series('/r', 'u'), DONE);
      const totals = new UsageTotals();
      totals.read(recorder.all());
      window.push(totals);
    };
    push(5);
    push(8);
    expect(window.figures()).toMatchObject({ seconds: 1, latency: { count: 3 } });
    push(2);
    expect(window.figures()).toMatchObject({ seconds: 0, latency: undefined });
    push(6);
    expect(window.figures()).toMatchObject({ seconds: 1, latency: { count: 4 } });
  });
});
