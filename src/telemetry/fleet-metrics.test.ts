import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { fleetTotals } from '../fleet/fleet-totals.ts';
import type { NodeState } from '../fleet/node-state.ts';
import type { StateStatus } from '../state/fleet-contract.ts';
import { type SharingCounts, UNSHARED_KINDS, type UnsharedKind } from '../state/sharing-contract.ts';
import { Histogram } from '../usage/histogram.ts';
import { UsageRecorder } from '../usage/recorder.ts';
import { createMetrics } from './metrics.ts';

const stateOf = (requests: number, latencyMs: number): NodeState => {
  const latency = new Histogram();
  for (let index = 0; index < requests; index++) latency.record(latencyMs);
  const counts = { requests, successes: requests - 1, inFlight: 2, waiting: 3, running: 1, perSecond: 5 };
  return { ...counts, configHash: 'a', latency, gates: new Map() };
};

const unshared = Object.fromEntries(UNSHARED_KINDS.map((kind, index) => [kind, index])) as Record<
  UnsharedKind,
  number
>;
const SHARING: SharingCounts = {
  unshared,
  calls: { led: 7, followed: 9 },
  cache: { hits: 4, misses: 5, stores: 6 },
};

function metricsOf(isShared: boolean) {
  const state: StateStatus = isShared
    ? { kind: 'redis', up: true, sinceMs: 0, reason: undefined }
    : { kind: 'memory' };
  return createMetrics({
    recorder: new UsageRecorder(),
    gates: () => [],
    cache: () => ({ entries: 0, bytes: 0, hits: 0, misses: 0, stale: 0, evictions: 0 }) as never,
    draining: () => false,
    state: () => state,
    nodes: () => 2,
    fleet: async () => (isShared ? fleetTotals([stateOf(10, 1), stateOf(30, 1_000)]) : undefined),
    sharing: () => (isShared ? SHARING : undefined),
  });
}

test('the families of the whole fleet are gauges with one value, since no node may be counted twice', async () => {
  const { text } = await metricsOf(true).prometheus(false);
  const values = [...text.matchAll(/^(comporta_fleet_\S+) (\S+)$/gm)].map(([, name, value]) => [name, value]);
  expect(Object.fromEntries(values)).toMatchObject({
    comporta_fleet_nodes: '2',
    comporta_fleet_requests: '40',
    comporta_fleet_successes: '38',
    comporta_fleet_failures: '2',
    comporta_fleet_requests_per_second: '10',
    comporta_fleet_in_flight: '4',
    comporta_fleet_waiting: '6',
    comporta_fleet_running: '2',
  });
  const median = Number(/comporta_fleet_request_seconds\{quantile="0.5"\} (\S+)/.exec(text)?.[1]);
  // Of all requests together; the mean of the two medians would be half a second.
  expect(median).toBeGreaterThan(0.8);
  expect(text).not.toMatch(/# TYPE comporta_fleet_\S+ counter/);
});

test('what could not be shared is a counter for each kind, whichever of them there are', async () => {
  const { text } = await metricsOf(true).prometheus(true);
  for (const [kind, count] of Object.entries(unshared)) {
    expect(text).toContain(`comporta_unshared_total{kind="${kind}"} ${count}`);
  }
  expect(text).toContain('comporta_shared_calls_total{role="followed"} 9');
  expect(text).toContain('comporta_shared_cache_requests_total{result="hit"} 4');
  expect(text).toContain('comporta_shared_cache_stores_total 6');
  expect(text.trimEnd().endsWith('# EOF')).toBe(true);
});

test('all of them are documented, with their types, labels and kinds, and nothing else is', async () => {
  const page = readFileSync(new URL('../../docs/reference/data-plane.md', import.meta.url), 'utf8');
  const section = page.split(/^## /m).find((part) => part.startsWith('Metrics of a fleet')) ?? '';
  const rows = [...section.matchAll(/^\| `(\w+)` \| (gauge|counter) \| (?:`(\w+)`)? ?\|/gm)];
  const documented = rows.map(([, name, type, label]) => [name, type, label ?? '']);
  const [shared, alone] = await Promise.all(
    [true, false].map(async (isShared) => (await metricsOf(isShared).prometheus(false)).text),
  );
  const exposed = [...shared!.matchAll(/^# TYPE (\w+) (\w+)\n\w+(?:\{(\w+)=)?/gm)]
    .filter(([, name]) => !alone!.includes(`# TYPE ${name} `))
    .map(([, name, type, label]) => [name, type, label ?? '']);
  expect(documented.sort()).toEqual(exposed.sort());
  const kinds = [...section.matchAll(/^\| `(\w+)` \| (?!gauge|counter)/gm)].map(([, kind]) => kind!);
  expect(kinds.filter((kind) => kind !== 'kind')).toEqual([...UNSHARED_KINDS]);
});

test('as JSON', async () => {
  const { fleet } = (await metricsOf(true).json()) as { fleet: Record<string, unknown> };
  expect(fleet).toMatchObject({
    nodes: 2,
    totals: { requests: 40, successes: 38, failures: 2, requests_per_second: 10, waiting: 6 },
    sharing: SHARING,
  });
});

test('a process that shares nothing tells of none of them', async () => {
  const { text } = await metricsOf(false).prometheus(false);
  expect(text).not.toMatch(/comporta_(unshared|shared_|fleet_requests)/);
  expect(await metricsOf(false).json()).toMatchObject({ fleet: { totals: null, sharing: null } });
});
