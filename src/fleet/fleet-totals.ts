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
