import { Counter, Gauge, Registry } from 'prom-client';
import { type FleetTotals, fleetTotalsView } from '../fleet/fleet-totals.ts';
import type { BreakerState } from '../policies/breaker/breaker.ts';
import type { MetricsPages } from '../server/pages.ts';
import type { CacheStats } from '../state/cache-contract.ts';
import type { Gate, GateSnapshot } from '../state/contracts.ts';
import type { StateStatus } from '../state/fleet-contract.ts';
import type { SharingCounts } from '../state/sharing-contract.ts';
import type { Histogram } from '../usage/histogram.ts';
import type { UsageRecorder } from '../usage/recorder.ts';
import { addFleetTotals, addSharing } from './fleet-metrics.ts';

/** Where the numbers come from. They are kept elsewhere and read here, so that the hot path only adds. */
export interface MetricsSources {
  readonly recorder: UsageRecorder;
  readonly gates: () => ReadonlyArray<readonly [string, Gate]>;
  readonly cache: () => CacheStats;
  readonly draining: () => boolean;
  readonly state: () => StateStatus;
  /** Processes that share the state, this one included. */
  readonly nodes: () => number;
  /** Of all of them; undefined: nothing is shared, or what is shared cannot be reached. Never rejects. */
  readonly fleet: () => Promise<FleetTotals | undefined>;
  /** Undefined: nothing is shared. */
  readonly sharing: () => SharingCounts | undefined;
}

/** From best to worst, for the one word that stands for all upstreams. */
const BREAKER_ORDER = ['closed', 'half_open', 'open'] as const;

/** Latency buckets of the Prometheus histograms, in seconds; each is a bound of `usage/histogram.ts`. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100];

/** `open`, `half_open` or `closed`: what a breaker does to calls, whether by itself or forced. */
export function breakerWord(state: BreakerState | undefined): (typeof BREAKER_ORDER)[number] {
  if (state === undefined) return 'closed';
  return state.kind === 'forced' ? state.as : state.kind;
}

/** `/metrics`, as JSON for people and scripts and in Prometheus’ formats. */
export function createMetrics(sources: MetricsSources): MetricsPages {
  return { json: () => metricsJson(sources), prometheus: (openMetrics) => exposition(sources, openMetrics) };
}

async function metricsJson(sources: MetricsSources): Promise<Record<string, unknown>> {
  const { recorder, gates, cache, draining, state, nodes } = sources;
  const fleet = await sources.fleet();
  const snapshots = gates().map(([name, gate]) => [name, ownOf(gate.snapshot())] as const);
  const stateUp = isUp(state());
  const totals = recorder.totals();
  const worst = Math.max(0, ...snapshots.map(([, gate]) => BREAKER_ORDER.indexOf(breakerWord(gate.breaker))));
  const stats = cache();
  return {
    queue_size: sum(snapshots, (gate) => gate.waiting),
    cache_size: stats.entries,
    processing: sum(snapshots, (gate) => gate.running),
    in_flight: recorder.inFlight,
    system_status: draining() ? 'draining' : worst === 0 && stateUp ? 'healthy' : 'degraded',
    total_requests: totals.total,
    successes: totals.successes,
    failures: totals.failures,
    average_latency_ms: round(totals.latency.averageMs),
    circuit_breaker_state: BREAKER_ORDER[worst],
    latency_ms: percentiles(totals.latency),
    cache: {
      hits: stats.hits,
      misses: stats.misses,
      stale: stats.stale,
      bytes: stats.bytes,
      evictions: stats.evictions,
    },
    upstreams: Object.fromEntries(snapshots.map(([name, gate]) => [name, upstreamJson(gate)])),
    fleet: {
      nodes: nodes(),
      state: stateUp ? 'ok' : 'away',
      totals: fleet === undefined ? null : fleetTotalsView(fleet),
      sharing: sources.sharing() ?? null,
    },
    routes: Object.fromEntries(
      recorder.byRoute().map((usage) => [
        usage.route,
        {
          total: usage.total,
          outcomes: usage.outcomes,
          cache: usage.cache,
          errors: Object.fromEntries(usage.errors),
          bytes: usage.bytes,
          upstream_attempts: usage.attempts,
          latency_ms: percentiles(usage.totalMs),
          queue_ms: percentiles(usage.queueMs),
          upstream_ms: percentiles(usage.upstreamMs),
        },
      ]),
    ),
  };
}

/** Each node tells of its own: who adds up what all of them tell must not count anybody twice. */
function ownOf(snapshot: GateSnapshot): GateSnapshot {
  return snapshot.own === undefined ? snapshot : { ...snapshot, ...snapshot.own };
}

const isUp = (state: StateStatus): boolean => state.kind === 'memory' || state.up;

function upstreamJson(gate: GateSnapshot): Record<string, unknown> {
  return {
    queue_size: gate.waiting,
    running: gate.running,
    oldest_wait_ms: round(gate.oldestWaitMs),
    queue_policy: gate.policy,
    circuit_breaker_state: breakerWord(gate.breaker),
    paused: gate.pause?.reason ?? null,
    granted: gate.counters.granted,
    sent: gate.counters.sent,
    cancelled: gate.counters.cancelled,
    refused: gate.counters.refused,
    breaker_opened: gate.counters.breakerOpened,
  };
}

function percentiles(histogram: Histogram): Record<string, number> {
  return {
    average: round(histogram.averageMs),
    p50: round(histogram.quantile(0.5)),
    p95: round(histogram.quantile(0.95)),
    p99: round(histogram.quantile(0.99)),
  };
}

const round = (ms: number): number => Math.round(ms * 1_000) / 1_000;

function sum(
  list: ReadonlyArray<readonly [string, GateSnapshot]>,
  of: (gate: GateSnapshot) => number,
): number {
  return list.reduce((total, [, gate]) => total + of(gate), 0);
}

/** Made anew for each scrape: a registry that lives would keep every label it ever saw. */
async function exposition(
  sources: MetricsSources,
  openMetrics: boolean,
): Promise<{ contentType: string; text: string }> {
  const registry = new Registry();
  if (openMetrics) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers });

  const requests = counter('comporta_requests_total', 'Requests that ended, by outcome.', [
    'route',
    'outcome',
  ]);
  const errors = counter('comporta_errors_total', 'Refusals and failures, by error code.', ['route', 'code']);
  const cacheUse = counter('comporta_cache_requests_total', 'Requests by cache result.', ['route', 'result']);
  const sentBytes = counter('comporta_response_bytes_total', 'Bytes of answer bodies.', ['route']);
  const attempts = counter('comporta_upstream_attempts_total', 'Calls to the upstream, retries included.', [
    'route',
  ]);
  for (const usage of sources.recorder.byRoute()) {
    const { route } = usage;
    for (const [outcome, count] of Object.entries(usage.outcomes)) requests.inc({ route, outcome }, count);
    for (const [code, count] of usage.errors) errors.inc({ route, code }, count);
    for (const [result, count] of Object.entries(usage.cache)) cacheUse.inc({ route, result }, count);
    sentBytes.inc({ route }, usage.bytes);
    attempts.inc({ route }, usage.attempts);
  }

  const waiting = gauge('comporta_queue_waiting', 'Tickets that wait for the upstream.', ['upstream']);
  const oldest = gauge('comporta_queue_oldest_seconds', 'Age of the oldest waiting ticket.', ['upstream']);
  const running = gauge('comporta_upstream_running', 'Calls in flight.', ['upstream']);
  const breaker = gauge('comporta_breaker_state', '1 for the state the breaker is in.', [
    'upstream',
    'state',
  ]);
  const paused = gauge('comporta_upstream_paused', '1 while no call goes out.', ['upstream']);
  const sent = counter('comporta_upstream_sent_total', 'Requests written to the upstream.', ['upstream']);
  const refused = counter('comporta_gate_refusals_total', 'Refusals at the gate, by code.', [
    'upstream',
    'code',
  ]);
  for (const [upstream, gate] of sources.gates()) {
    const snapshot = ownOf(gate.snapshot());
    waiting.set({ upstream }, snapshot.waiting);
    oldest.set({ upstream }, snapshot.oldestWaitMs / 1_000);
    running.set({ upstream }, snapshot.running);
    const word = breakerWord(snapshot.breaker);
    for (const state of BREAKER_ORDER) breaker.set({ upstream, state }, state === word ? 1 : 0);
    paused.set({ upstream }, snapshot.pause === undefined ? 0 : 1);
    sent.inc({ upstream }, snapshot.counters.sent);
    for (const [code, count] of Object.entries(snapshot.counters.refused))
      refused.inc({ upstream, code }, count);
  }

  const stats = sources.cache();
  gauge('comporta_cache_entries', 'Stored answers.', []).set(stats.entries);
  gauge('comporta_cache_bytes', 'Size of the stored answers.', []).set(stats.bytes);
  counter('comporta_cache_evictions_total', 'Answers removed to make room.', []).inc(stats.evictions);
  gauge('comporta_state_up', '1 while queues, pacing and breakers can be reached.', []).set(
    isUp(sources.state()) ? 1 : 0,
  );
  gauge('comporta_fleet_nodes', 'Processes that share the state, as this one knows them.', []).set(
    sources.nodes(),
  );
  const [fleet, sharing] = [await sources.fleet(), sources.sharing()];
  if (fleet !== undefined) addFleetTotals(registry, fleet);
  if (sharing !== undefined) addSharing(registry, sharing);
  gauge('comporta_requests_in_flight', 'Requests that have begun and not ended.', []).set(
    sources.recorder.inFlight,
  );

  const own = await registry.metrics();
  const histograms = histogramText(sources.recorder);
  const contentType = registry.contentType;
  if (!openMetrics) return { contentType, text: `${own}\n${histograms}` };
  return { contentType, text: own.replace(/# EOF\s*$/, `${histograms}# EOF\n`) };
}

/** prom-client's Histogram can only observe; ours are already counted, so their lines are written here. */
function histogramText(recorder: UsageRecorder): string {
  const families = [
    ['comporta_request_seconds', 'From arrival to the end of the answer.', 'totalMs'],
    ['comporta_queue_seconds', 'Time at the gate.', 'queueMs'],
    ['comporta_upstream_seconds', 'Time of upstream calls.', 'upstreamMs'],
  ] as const;
  const lines: string[] = [];
  for (const [name, help, field] of families) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} histogram`);
    for (const usage of recorder.byRoute()) {
      const histogram = usage[field];
      const route = `route="${usage.route.replace(/["\\\n]/g, '_')}"`;
      for (const le of BUCKETS_SECONDS) {
        lines.push(`${name}_bucket{${route},le="${le}"} ${histogram.countUpTo(le * 1_000)}`);
      }
      lines.push(`${name}_bucket{${route},le="+Inf"} ${histogram.count}`);
      lines.push(
        `${name}_sum{${route}} ${histogram.sumMs / 1_000}`,
        `${name}_count{${route}} ${histogram.count}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
