import type { Burst, BurstForecast } from '../../api/types.ts';
import type { BurstCall } from './burst-calls.ts';

export const FORECAST: BurstForecast = {
  upstream: 'score',
  sandbox: true,
  count: 50,
  expected_ms: 49_000,
  limit: '1 per 1s',
  bounded_by: 'limit',
  already_waiting: 0,
  will_be_refused: 0,
  obstacles: [],
};

/** A burst of 50 that went as it should. */
export const BURST: Burst = {
  id: 'b-1',
  status: 'done',
  route: '/proxy/score',
  upstream: 'score',
  started_at: '2026-01-01T00:00:00.000Z',
  elapsed_ms: 50_300,
  settings: {
    count: 50,
    concurrency: 50,
    priority_mix: null,
    rate: null,
    client: 'load-test',
    same: false,
    seed: 1,
  },
  forecast: FORECAST,
  done: 50,
  succeeded: 50,
  failed: 0,
  waiting: 0,
  failures: {},
  latency_ms: { p50: 25_000, p95: 47_000, p99: 49_000, max: 50_000 },
  rate_per_sec: 1,
  sandbox: { arrivals: 50, closest_spacing_ms: 1_016, violations: 0 },
};

/** Call n ends after n seconds, all of them having started at once. */
export function callsUpTo(count: number): BurstCall[] {
  return Array.from({ length: count }, (_, n) => ({
    n,
    at_ms: n * 1_000,
    latency_ms: n * 1_000,
    urgency: null,
    ok: true,
    cache_hit: false,
    code: null,
  }));
}
