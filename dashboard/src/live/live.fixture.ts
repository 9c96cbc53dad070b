import type { LiveSample, LiveState, UpstreamStatus } from '../api/types.ts';
import type { LiveData } from './live-data.ts';

type Breaker = NonNullable<UpstreamStatus['breaker']>;

/** Live data as the gateway sends it, for tests. */

/** The end of second 0. */
export const NOW = Date.parse('2026-01-31T12:00:00.000Z');

export function sampleAt(second: number, change: Partial<LiveSample> = {}): LiveSample {
  return {
    at: new Date(NOW + second * 1_000).toISOString(),
    requests: 0,
    successes: 0,
    failures: { client_error: 0, upstream_error: 0, refused: 0, client_gone: 0, truncated: 0 },
    cache: { hit: 0, stale: 0, miss: 0, none: 0 },
    latency: null,
    in_flight: 0,
    waiting: 0,
    running: 0,
    oldest_wait_ms: 0,
    upstreams: {},
    ...change,
  };
}

/** A second of the upstream `score`. */
export function scoreSample(
  second: number,
  change: Partial<LiveSample['upstreams'][string]> = {},
): LiveSample {
  return sampleAt(second, {
    upstreams: { score: { arrivals: 0, sends: 0, cached: 0, waiting: 0, ...change } },
  });
}

export function breakerWith(change: Partial<Breaker> = {}): Breaker {
  return {
    state: 'closed',
    forced: false,
    since: null,
    until: null,
    reason: null,
    consecutive_failures: 0,
    window: { failure_rate: null, slow_calls: null },
    ...change,
  };
}

export function upstreamNamed(name: string, change: Partial<UpstreamStatus> = {}): UpstreamStatus {
  return {
    name,
    paced: true,
    policy: 'priority',
    waiting: 0,
    waiting_by_urgency: [0, 0, 0, 0, 0, 0, 0, 0],
    drained_in_ms: 0,
    running: 0,
    oldest_wait_ms: 0,
    limits: [{ limit: '1 per 1s', even: false, count: 1, window_ms: 1_000, used: 0, left: 1 }],
    ceiling_per_second: 1,
    concurrency: null,
    breaker: breakerWith(),
    pause: null,
    next_slot_in_ms: 0,
    counters: { entered: 0, granted: 0, sent: 0, cancelled: 0, refused: {}, pauses: 0, breaker_opened: 0 },
    ...change,
  };
}

export function stateOf(change: Partial<LiveState> = {}): LiveState {
  return {
    totals: {
      requests: 0,
      successes: 0,
      failures: 0,
      in_flight: 0,
      latency_ms: { average: 0, p50: 0, p95: 0, p99: 0 },
    },
    minute: { seconds: 60, latency: null, split: null, errors: {}, cache_hit_ratio: null },
    cache: { entries: 0, bytes: 0, max_bytes: null, evictions: 0 },
    denied_clients: 0,
    ledger: { status: 'ok', since: null, reason: null },
    readiness: { status: 'ready', reasons: [] },
    hot_state: { kind: 'memory', status: 'ok', since: null, reason: null },
    fleet: { nodes: 1, drift: false },
    burst: null,
    dashboards: 1,
    ...change,
  };
}

export function liveData(change: Partial<LiveData> = {}): LiveData {
  return {
    boot: 'b',
    version: '0.0.0',
    environment: null,
    startedAt: new Date(NOW - 60_000).toISOString(),
    serverNowMs: NOW,
    samples: [],
    state: stateOf(),
    upstreams: [upstreamNamed('score')],
    timeline: [],
    ...change,
  };
}
