import { describe, expect, test } from 'bun:test';
import { ApiError } from '../api/problem.ts';
import type { UpstreamStatus } from '../api/types.ts';
import { liveData, NOW, sampleAt, stateOf, upstreamNamed } from './live.fixture.ts';
import type { LiveData } from './live-data.ts';
import type { LiveView } from './live-stream.ts';
import { verdictOf } from './verdict.ts';

const live = (data: LiveData): LiveView => ({ connection: { kind: 'live' }, data, frameAtMs: 0 });
const one = (change: Partial<UpstreamStatus>): LiveView =>
  live(liveData({ upstreams: [upstreamNamed('score', change)] }));
const inMs = (ms: number): string => new Date(NOW + ms).toISOString();

const OPEN: UpstreamStatus['breaker'] = {
  state: 'open',
  forced: false,
  since: inMs(-12_000),
  until: inMs(18_000),
  reason: 'consecutive',
  consecutive_failures: 3,
  window: { failure_rate: null, slow_calls: null },
};

describe('verdictOf', () => {
  test('never claims anything about a gateway that it does not hear', () => {
    const lost = {
      kind: 'lost',
      sinceMs: NOW,
      attempts: 1,
      reason: undefined,
      nextAttemptAtMs: undefined,
    } as const;
    expect(verdictOf({ connection: lost, data: liveData(), frameAtMs: 0 })).toEqual({
      finding: { kind: 'lost', sinceMs: NOW, isCrowded: false },
      tone: 'bad',
      others: [],
    });
    const crowded = { ...lost, reason: new ApiError(503, 'too_many_streams', '', '') };
    expect(verdictOf({ connection: crowded, data: undefined, frameAtMs: undefined }).finding).toEqual({
      kind: 'lost',
      sinceMs: NOW,
      isCrowded: true,
    });
    expect(
      verdictOf({ connection: { kind: 'connecting' }, data: undefined, frameAtMs: undefined }).finding.kind,
    ).toBe('connecting');
    expect(
      verdictOf({ connection: { kind: 'connecting' }, data: liveData(), frameAtMs: 0 }).finding.kind,
    ).toBe('connecting');
  });

  test('says how many wait and when the queue is empty', () => {
    const { finding, tone } = verdictOf(one({ waiting: 42, drained_in_ms: 43_000 }));
    expect(finding).toMatchObject({ kind: 'waiting', upstream: 'score', waiting: 42, drainMs: 43_000 });
    expect(tone).toBe('info');
  });

  test('names the limit that has the least room', () => {
    const limits: UpstreamStatus['limits'] = [
      { limit: '10 per 10s', even: false, count: 10, window_ms: 10_000, used: 2, left: 8 },
      { limit: '1000 per 1d', even: false, count: 1_000, window_ms: 86_400_000, used: 1_000, left: 0 },
    ];
    expect(verdictOf(one({ waiting: 1, limits })).finding).toMatchObject({ limit: limits[1]! });
  });

  test('an open breaker is worse than a queue, and says whether the cache answers', () => {
    const upstreams = [upstreamNamed('external', { waiting: 3 }), upstreamNamed('score', { breaker: OPEN })];
    const answered = { score: { arrivals: 0, sends: 0, cached: 2, waiting: 0 } };
    const { finding, others } = verdictOf(
      live(liveData({ upstreams, samples: [sampleAt(0, { upstreams: answered })] })),
    );
    expect(finding).toEqual({
      kind: 'breaker_open',
      upstream: 'score',
      reason: 'consecutive',
      failures: 3,
      untilMs: NOW + 18_000,
      cached: true,
    });
    expect(others.map(({ kind }) => kind)).toEqual(['waiting']);
    expect(verdictOf(live(liveData({ upstreams }))).finding).toMatchObject({ cached: false });
  });

  test('tells a breaker that an operator forced from one that opened by itself', () => {
    const forced = { ...OPEN, forced: true, reason: null };
    expect(verdictOf(one({ breaker: forced }))).toMatchObject({
      finding: { kind: 'breaker_forced', state: 'open' },
      tone: 'bad',
    });
    const closed = { ...forced, state: 'closed' as const };
    expect(verdictOf(one({ breaker: closed }))).toMatchObject({
      finding: { kind: 'breaker_forced', state: 'closed' },
      tone: 'warn',
    });
  });

  test('a pause is told once, not as a queue that will drain', () => {
    const { finding, others } = verdictOf(
      one({ waiting: 5, pause: { until: null, reason: 'maintenance' }, drained_in_ms: null }),
    );
    expect(finding).toEqual({
      kind: 'paused',
      upstream: 'score',
      untilMs: undefined,
      reason: 'maintenance',
      waiting: 5,
    });
    expect(others).toEqual([]);
  });

  test('tells many failures, and passes over few', () => {
    const failing = (requests: number, successes: number) =>
      verdictOf(
        live(
          liveData({
            samples: [sampleAt(0, { requests, successes })],
            state: stateOf({ minute: { ...stateOf().minute, errors: { queue_full: 3, circuit_open: 9 } } }),
          }),
        ),
      ).finding;
    expect(failing(20, 8)).toEqual({ kind: 'failing', share: 0.6, code: 'circuit_open' });
    expect(failing(4, 0)).toMatchObject({ kind: 'flowing' });
    expect(failing(1_000, 990)).toMatchObject({ kind: 'flowing' });
  });

  test('callers that left are no failures', () => {
    const failures = { ...sampleAt(0).failures, client_gone: 18 };
    const samples = [sampleAt(0, { requests: 20, successes: 2, failures })];
    expect(verdictOf(live(liveData({ samples }))).finding).toMatchObject({ kind: 'flowing' });
  });

  test('the database away and draining are told', () => {
    const ledger = { status: 'degraded', since: inMs(-1_000), reason: 'gone' } as const;
    expect(verdictOf(live(liveData({ state: stateOf({ ledger }) }))).finding).toEqual({
      kind: 'ledger',
      sinceMs: NOW - 1_000,
    });
    const readiness = { status: 'unready' as const, reasons: ['draining'] };
    expect(verdictOf(live(liveData({ state: stateOf({ readiness }) }))).finding).toEqual({
      kind: 'draining',
    });
  });

  test('a Redis that is away comes before what waits because of it', () => {
    const away = { kind: 'redis', status: 'away', since: inMs(-2_000), reason: 'x' } as const;
    const upstreams = [upstreamNamed('score', { waiting: 4 })];
    const { finding, tone, others } = verdictOf(
      live(liveData({ upstreams, state: stateOf({ hot_state: away }) })),
    );
    expect([finding, tone]).toEqual([{ kind: 'state_away', sinceMs: NOW - 2_000 }, 'bad']);
    expect(others.map(({ kind }) => kind)).toEqual(['waiting']);
  });

  test('nodes that differ are worth a word', () => {
    const fleet = { nodes: 3, drift: true };
    expect(verdictOf(live(liveData({ state: stateOf({ fleet }) }))).finding).toEqual({
      kind: 'drift',
      nodes: 3,
    });
  });

  test('tells quiet from idle', () => {
    expect(verdictOf(live(liveData())).finding).toEqual({ kind: 'idle' });
    const samples = Array.from({ length: 20 }, (_, second) =>
      sampleAt(second, { requests: 5, successes: 5 }),
    );
    expect(verdictOf(live(liveData({ samples })))).toEqual({
      finding: { kind: 'flowing', perSec: 5 },
      tone: 'ok',
      others: [],
    });
  });
});
