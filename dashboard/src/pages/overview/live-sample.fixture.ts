import type { LiveSample, TimelineEntry, UpstreamStatus } from '../../api/types.ts';

/** The end of second 0 of the samples below. */
export const START_MS = Date.UTC(2026, 0, 1, 12, 0, 0);

/** A second in which nothing happened, but for what is said. */
export function liveSample(second: number, what: Partial<LiveSample> = {}): LiveSample {
  return {
    at: new Date(START_MS + second * 1_000).toISOString(),
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
    ...what,
  };
}

/** A second of the upstream `score`. */
export function scoreSample(second: number, what: Partial<LiveSample['upstreams'][string]> = {}): LiveSample {
  return liveSample(second, {
    upstreams: { score: { arrivals: 0, sends: 0, cached: 0, waiting: 0, ...what } },
  });
}

export function upstreamStatus(what: Partial<UpstreamStatus> = {}): UpstreamStatus {
  return {
    name: 'score',
    paced: true,
    policy: 'priority',
    waiting: 0,
    waiting_by_urgency: [0, 0, 0, 0, 0, 0, 0, 0],
    drained_in_ms: 0,
    running: 0,
    concurrency: null,
    oldest_wait_ms: 0,
    limits: [],
    ceiling_per_second: null,
    breaker: null,
    pause: null,
    next_slot_in_ms: 0,
    counters: { entered: 0, granted: 0, sent: 0, cancelled: 0, refused: {}, pauses: 0, breaker_opened: 0 },
    ...what,
  };
}

export function timelineEntry(
  kind: TimelineEntry['kind'],
  facts: TimelineEntry['facts'],
  upstream: string | null = 'score',
): TimelineEntry {
  return { id: 1, at: new Date(START_MS).toISOString(), kind, upstream, facts, times: 1 };
}
