import { Histogram } from '../usage/histogram.ts';
import type { NodeState } from './node-state.ts';

/** Sums over nodes, since the start of each: they fall when a node leaves. */
export interface FleetTotals {
  readonly requests: number;
  readonly successes: number;
  readonly failures: number;
  /** Requests that ended within the last second of each. */
  readonly perSecond: number;
  readonly inFlight: number;
  readonly waiting: number;
  readonly running: number;
  /** Of all requests together. */
  readonly latency: Histogram;
}

export function fleetTotals(states: Iterable<NodeState>): FleetTotals {
  const sums = { requests: 0, successes: 0, perSecond: 0, inFlight: 0, waiting: 0, running: 0 };
  const latency = new Histogram();
  for (const state of states) {
    for (const key of Object.keys(sums) as Array<keyof typeof sums>) sums[key] += state[key];
    latency.merge(state.latency);
  }
  return { ...sums, failures: sums.requests - sums.successes, latency };
}

/** As the admin API and the JSON metrics give them; ms to three digits. */
export function fleetTotalsView(totals: FleetTotals) {
  const { requests, successes, failures, perSecond, inFlight, waiting, running, latency } = totals;
  const round = (ms: number): number => Math.round(ms * 1_000) / 1_000;
  return {
    requests,
    successes,
    failures,
    requests_per_second: perSecond,
    in_flight: inFlight,
    waiting,
    running,
    latency_ms: {
      average: round(latency.averageMs),
      p50: round(latency.quantile(0.5)),
      p95: round(latency.quantile(0.95)),
      p99: round(latency.quantile(0.99)),
    },
  };
}
