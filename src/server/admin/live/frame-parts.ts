import type { z } from '@hono/zod-openapi';
import type { LatencyFigures, MinuteFigures } from '../../../live/minute-window.ts';
import type { LiveSample } from '../../../live/sampler.ts';
import type { TimelineEntry } from '../../../live/timeline.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { CacheStats } from '../../../state/cache-contract.ts';
import type { StateStatus } from '../../../state/fleet-contract.ts';
import type { UsageRecorder } from '../../../usage/recorder.ts';
import type { LedgerStatus, Readiness } from '../ports.ts';
import type { liveSample, liveState, timelineEntry } from '../resources/live-frame.ts';
import { isoTime, roundMs, wallTime } from '../wall-time.ts';

export type LiveState = z.output<typeof liveState>;

/** The burst that runs, or ran last. */
export type BurstState = NonNullable<LiveState['burst']>;

/** What the state of a frame is read from. */
export interface StateSources {
  readonly clock: Clock;
  /** The counters that `/metrics` shows. */
  readonly recorder: Pick<UsageRecorder, 'totals' | 'inFlight'>;
  readonly cache: () => CacheStats;
  /** Undefined: the cache is not bounded in bytes. */
  readonly maxCacheBytes: number | undefined;
  readonly deniedClients: () => number;
  readonly ledger: () => LedgerStatus;
  readonly readiness: () => Readiness;
  readonly hotState: () => StateStatus;
  /** Processes of the fleet, this one included. */
  readonly nodes: () => number;
  /** Whether some of them have another configuration. */
  readonly drift: () => boolean;
  readonly burst: () => BurstState | null;
}

export function sampleOf(sample: LiveSample): z.output<typeof liveSample> {
  const { success, ...failures } = sample.outcomes;
  return {
    at: isoTime(sample.endedAtMs),
    requests: sample.requests,
    successes: success,
    failures,
    cache: sample.cache,
    latency: sample.latency === undefined ? null : percentilesOf(sample.latency),
    in_flight: sample.inFlight,
    waiting: sample.waiting,
    running: sample.running,
    oldest_wait_ms: roundMs(sample.oldestWaitMs),
    upstreams: sample.upstreams,
  };
}

export function entryOf({ atMs, upstream, ...entry }: TimelineEntry): z.output<typeof timelineEntry> {
  return { ...entry, at: isoTime(atMs), upstream: upstream ?? null };
}

export function stateOf(sources: StateSources, minute: MinuteFigures, dashboards: number): LiveState {
  const { clock, recorder } = sources;
  const { total, successes, failures, latency } = recorder.totals();
  const cache = sources.cache();
  const readiness = sources.readiness();
  return {
    totals: {
      requests: total,
      successes,
      failures,
      in_flight: recorder.inFlight,
      latency_ms: {
        average: roundMs(latency.averageMs),
        p50: roundMs(latency.quantile(0.5)),
        p95: roundMs(latency.quantile(0.95)),
        p99: roundMs(latency.quantile(0.99)),
      },
    },
    minute: minuteOf(minute),
    cache: {
      entries: cache.entries,
      bytes: cache.bytes,
      max_bytes: sources.maxCacheBytes ?? null,
      evictions: cache.evictions,
    },
    denied_clients: sources.deniedClients(),
    ledger: ledgerOf(clock, sources.ledger()),
    readiness: { status: readiness.kind, reasons: readiness.kind === 'ready' ? [] : [...readiness.reasons] },
    hot_state: hotStateOf(clock, sources.hotState()),
    fleet: { nodes: sources.nodes(), drift: sources.drift() },
    burst: sources.burst(),
    dashboards,
  };
}

function minuteOf({ seconds, latency, split, errors, cacheHitRatio }: MinuteFigures): LiveState['minute'] {
  return {
    seconds,
    latency: latency === undefined ? null : { count: latency.count, ...percentilesOf(latency) },
    split:
      split === undefined
        ? null
        : {
            queue: roundMs(split.queueMs),
            gateway: roundMs(split.gatewayMs),
            upstream: roundMs(split.upstreamMs),
          },
    errors: { ...errors },
    cache_hit_ratio: cacheHitRatio === undefined ? null : Math.round(cacheHitRatio * 10_000) / 10_000,
  };
}

function percentilesOf({ averageMs, p50Ms, p95Ms, p99Ms }: LatencyFigures) {
  return { average: roundMs(averageMs), p50: roundMs(p50Ms), p95: roundMs(p95Ms), p99: roundMs(p99Ms) };
}

function ledgerOf(clock: Clock, status: LedgerStatus): LiveState['ledger'] {
  if (status.kind === 'ok') return { status: 'ok', since: null, reason: null };
  return { status: 'degraded', since: wallTime(clock, status.sinceMs), reason: status.reason };
}

export function hotStateOf(clock: Clock, status: StateStatus): LiveState['hot_state'] {
  if (status.kind === 'memory') return { kind: 'memory', status: 'ok', since: null, reason: null };
  const { up, sinceMs, reason } = status;
  return {
    kind: 'redis',
    status: up ? 'ok' : 'away',
    since: wallTime(clock, sinceMs),
    reason: reason ?? null,
  };
}
