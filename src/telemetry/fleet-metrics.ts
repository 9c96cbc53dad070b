import { Counter, Gauge, type Registry } from 'prom-client';
import type { FleetTotals } from '../fleet/fleet-totals.ts';
import type { SharingCounts } from '../state/sharing-contract.ts';

const QUANTILES = [0.5, 0.95, 0.99];

/**
 * Families of the whole fleet: every node tells the same, so they are not to be added up. Gauges all of them: what a
 * node has counted is gone with it, and a counter that falls would look like one that begins anew.
 */
export function addFleetTotals(registry: Registry, totals: FleetTotals): void {
  const gauge = (name: string, help: string, value: number) =>
    new Gauge({ name, help, registers: [registry] }).set(value);
  const { requests, successes, failures, perSecond, inFlight, waiting, running, latency } = totals;
  const sinceStart = 'of all nodes that are there, since the start of each.';
  gauge('comporta_fleet_requests', `Requests that ended, ${sinceStart}`, requests);
  gauge('comporta_fleet_successes', `Requests that were answered below 400, ${sinceStart}`, successes);
  gauge('comporta_fleet_failures', `The other requests, ${sinceStart}`, failures);
  gauge(
    'comporta_fleet_requests_per_second',
    'Requests that ended in the last second, all nodes.',
    perSecond,
  );
  gauge('comporta_fleet_in_flight', 'Requests that have begun and not ended, all nodes.', inFlight);
  gauge('comporta_fleet_waiting', 'Requests that wait at gates, all nodes.', waiting);
  gauge('comporta_fleet_running', 'Upstream calls in flight, all nodes.', running);
  const seconds = new Gauge({
    name: 'comporta_fleet_request_seconds',
    help: 'From arrival to the end of the answer, of all requests of all nodes together.',
    labelNames: ['quantile'],
    registers: [registry],
  });
  for (const quantile of QUANTILES) seconds.set({ quantile }, latency.quantile(quantile) / 1_000);
}

/** How sharing went at this node; to be added up like its other counters. */
export function addSharing(registry: Registry, { unshared, calls, cache }: SharingCounts): void {
  const counter = (name: string, help: string, label: string, counts: Readonly<Record<string, number>>) => {
    const family = new Counter({ name, help, labelNames: [label], registers: [registry] });
    for (const [value, count] of Object.entries(counts)) family.inc({ [label]: value }, count);
  };
  const { hits: hit, misses: miss, stores } = cache;
  counter(
    'comporta_unshared_total',
    'What other nodes should have had a part in, by kind.',
    'kind',
    unshared,
  );
  counter('comporta_shared_calls_total', 'Calls that one node makes for all, by role.', 'role', { ...calls });
  counter('comporta_shared_cache_requests_total', 'Look-ups in the cache of all nodes.', 'result', {
    hit,
    miss,
  });
  new Counter({
    name: 'comporta_shared_cache_stores_total',
    help: 'Answers put into the cache of all nodes.',
    registers: [registry],
  }).inc(stores);
}
