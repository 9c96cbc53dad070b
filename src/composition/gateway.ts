import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, RouteConfig, UpstreamConfig } from './config/schema.ts';
import { compileAdmission } from './gateway/admission.ts';
import { buildPipeline } from './gateway/pipeline.ts';
import type { Route } from './gateway/route.ts';
import { SharedCalls } from './gateway/stages/coalesce.ts';
import { FetchTransport } from './gateway/transport/fetch.ts';
import { HttpTransport } from './gateway/transport/http.ts';
import { LinePool } from './gateway/transport/lines.ts';
import { originOf } from './gateway/transport/origin.ts';
import type { Transport } from './gateway/transport/transport.ts';
import { RetryBudget } from './policies/retry/budget.ts';
import { DataPlane } from './server/data-plane.ts';
import { Edge, type ServedRoute } from './server/edge.ts';
import { ownPages } from './server/pages.ts';
import { RequestIds } from './server/request-id.ts';
import type { Clock } from './shared/clock.ts';
import { addressSet } from './shared/ip.ts';
import type { Random } from './shared/random.ts';
import type { Gate, GateEvent, GateSettings } from './state/contracts.ts';
import { MemoryCache } from './state/memory/cache.ts';
import { MemoryClientLimiter } from './state/memory/client-limiter.ts';
import { MemoryGate } from './state/memory/gate.ts';
import { openSendJournal, type SendJournal } from './state/memory/send-journal.ts';
import { AccessLog } from './telemetry/access-log.ts';
import type { Log } from './telemetry/log.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { UsageRecorder } from './usage/recorder.ts';

export interface Parts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Whether the calls that limits count are written down for the process after this one. */
  readonly remember?: boolean;
  /** Where upstreams that say `sandbox:` lead; needed when one does. */
  readonly sandboxUrl?: string | undefined;
}

/** Everything that one upstream has, whatever routes lead to it. */
interface UpstreamParts {
  readonly config: UpstreamConfig;
  readonly gate: Gate;
  readonly transport: Transport;
  readonly retryBudget: RetryBudget;
}

/**
 * Builds a gateway from its configuration: the only place where parts are made and wired. Nothing listens yet.
 * Throws when a file that the configuration names (a CA certificate) cannot be read.
 */
export function compose(config: Config, parts: Parts): DataPlane {
  const { clock, random, log } = parts;
  const recorder = new UsageRecorder();
  const cache = new MemoryCache({
    maxSizeBytes: config.cache.maxSizeBytes,
    maxEntryBytes: config.cache.maxEntryBytes,
  });
  const sharedCalls = new SharedCalls();
  const accessLog =
    config.log.access === 'off' ? undefined : new AccessLog(log, clock, config.log.access === 'all');
  const upstreams = new Map(
    Object.entries(config.upstreams).map(([name, upstream]) => [
      name,
      buildUpstream(upstream, config, parts),
    ]),
  );
  const gates = new Map([...upstreams].map(([name, { gate }]) => [name, gate]));

  const serve = (routeConfig: RouteConfig): ServedRoute => {
    const upstream = upstreams.get(routeConfig.upstream);
    if (upstream === undefined) throw new Error(`there is no upstream ${routeConfig.upstream}`);
    const route: Route = { config: routeConfig, upstream: upstream.config, label: labelOf(routeConfig) };
    const limit = routeConfig.clientLimit;
    const handle = buildPipeline(route, {
      clock,
      random,
      recorder,
      reporter: accessLog,
      clientLimiter:
        limit && new MemoryClientLimiter({ clock, rate: limit.rate, algorithm: limit.algorithm }),
      cache,
      sharedCalls,
      gate: upstream.gate,
      retryBudget: upstream.retryBudget,
      transport: upstream.transport,
      maxEntryBytes: config.cache.maxEntryBytes,
    });
    return {
      ...route,
      handle,
      admit: compileAdmission(route, config.clients.identify),
      usage: recorder.series(route.label, upstream.config.name),
      bodyRules: {
        maxBytes: routeConfig.maxBodyBytes,
        bufferBytes: config.bufferBytes,
        hold: isPaced(upstream.config) || routeConfig.body === 'json' || routeConfig.retry.attempts > 1,
        json: routeConfig.body === 'json',
      },
    };
  };

  const edge: Edge = new Edge({
    clock,
    ids: new RequestIds(random),
    routes: config.routes.map(serve),
    recorder,
    pages: ownPages({
      draining: () => edge.draining,
      metrics: createMetrics({
        recorder,
        gates,
        cache: () => cache.stats(),
        draining: () => edge.draining,
      }),
    }),
    trustedProxies: addressSet(config.clients.trustProxies),
    onDefect: (error, requestId) => accessLog?.defect(error, requestId),
  });
  return new DataPlane({
    clock,
    edge,
    recorder,
    listen: config.listen,
    graceMs: config.shutdown.graceMs,
    close: () => {
      for (const { gate, transport } of upstreams.values()) {
        gate.close();
        transport.close();
      }
    },
  });
}

const labelOf = (route: RouteConfig): string => route.path;

const isPaced = (upstream: UpstreamConfig): boolean =>
  upstream.limits.length > 0 || upstream.concurrency !== undefined;

function buildUpstream(
  upstream: UpstreamConfig,
  config: Config,
  { clock, log, sandboxUrl, remember }: Parts,
): UpstreamParts {
  const url = upstream.url.kind === 'sandbox' ? sandboxUrl : upstream.url.url;
  if (url === undefined) throw new Error(`upstream ${upstream.name} needs the sandbox, which is not running`);
  const { caFile, verify } = upstream.tls;
  const ca = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
  const origin = originOf(url, { ca, verify });
  const options = { clock, bufferBytes: config.bufferBytes };
  const onEvent = (event: GateEvent) => logGateEvent(log, clock, upstream.name, event);
  const settings = gateSettings(upstream);
  const retryBudget = new RetryBudget(upstream.retry.budget);
  if (isPaced(upstream)) {
    const { keepaliveMs, connectTimeoutMs, maxConnections } = upstream;
    const lines = new LinePool({ clock, origin, keepaliveMs, connectTimeoutMs, maxConnections });
    const journal = remember === true ? openJournal(upstream, config.dataFolder, { clock, log }) : undefined;
    const gate = new MemoryGate({ clock, settings, lines, journal, onEvent });
    return { config: upstream, gate, retryBudget, transport: new HttpTransport(origin, options, lines) };
  }
  const exact = new HttpTransport(origin, options, undefined);
  const gate = new MemoryGate({ clock, settings, onEvent });
  return { config: upstream, gate, retryBudget, transport: new FetchTransport(origin, options, exact) };
}

/** Undefined where nothing is to be remembered, or nothing can be: the gateway works all the same, and says so. */
function openJournal(
  { name, limits }: UpstreamConfig,
  folder: string | undefined,
  { clock, log }: Pick<Parts, 'clock' | 'log'>,
): SendJournal | undefined {
  if (folder === undefined || limits.length === 0) return undefined;
  const capacity = Math.max(...limits.map(({ rate }) => rate.count));
  const path = join(folder, `${name}.sends`);
  try {
    return openSendJournal({ clock, path, capacity, pid: process.pid, isAlive });
  } catch (error) {
    log.warn({ upstream: name, path, err: error }, 'calls sent so far are not remembered across restarts');
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives and belongs to somebody else.
    return (error as { code?: string }).code === 'EPERM';
  }
}

function gateSettings({ limits, concurrency, queue, breaker }: UpstreamConfig): GateSettings {
  return { limits, concurrency, queue, breaker };
}

function logGateEvent(log: Log, clock: Clock, upstream: string, event: GateEvent): void {
  const inMs = (atMs: number | undefined) =>
    atMs === undefined ? undefined : Math.round(atMs - clock.now());
  if (event.kind === 'breaker') {
    const { to } = event;
    const detail = to.kind === 'open' ? { reason: to.reason, for_ms: inMs(to.untilMs) } : {};
    log.warn({ upstream, from: event.from, to: to.kind, ...detail }, 'circuit breaker changed');
  } else if (event.kind === 'paused') {
    log.warn({ upstream, reason: event.reason, for_ms: inMs(event.untilMs) }, 'upstream paused');
  } else log.info({ upstream }, 'upstream resumed');
}
