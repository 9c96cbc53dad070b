import { readFileSync } from 'node:fs';
import type { Config, UpstreamConfig } from '../config/schema.ts';
import { FetchTransport } from '../gateway/transport/fetch.ts';
import { HttpTransport } from '../gateway/transport/http.ts';
import { LinePool } from '../gateway/transport/lines.ts';
import { originOf } from '../gateway/transport/origin.ts';
import type { Transport } from '../gateway/transport/transport.ts';
import { RetryBudget } from '../policies/retry/budget.ts';
import type { Clock } from '../shared/clock.ts';
import type { Gate, GateEvent, GateSettings } from '../state/contracts.ts';
import type { Log } from '../telemetry/log.ts';
import type { HotState } from './hot-state.ts';

/** Everything that one upstream has, whatever routes lead to it. */
export interface UpstreamParts {
  readonly config: UpstreamConfig;
  readonly gate: Gate;
  readonly transport: Transport;
  readonly retryBudget: RetryBudget;
}

export interface UpstreamNeeds {
  readonly clock: Clock;
  readonly log: Log;
  readonly sandboxUrl: string | undefined;
  readonly state: Pick<HotState, 'gate'>;
  /** What an operator wants to know of; the log has it already. */
  readonly onGateEvent?: ((upstream: string, event: GateEvent) => void) | undefined;
}

/** Calls that are counted or bounded go out on connections that stand ready before the grant. */
export const isPaced = (upstream: UpstreamConfig): boolean =>
  upstream.limits.length > 0 || upstream.concurrency !== undefined;

/** What the gate of an upstream goes by. */
export function gateSettings({ limits, concurrency, queue, breaker }: UpstreamConfig): GateSettings {
  return { limits, concurrency, queue, breaker };
}

/** Throws when the CA file cannot be read, or the sandbox is needed and not there. */
export function buildUpstream(upstream: UpstreamConfig, config: Config, needs: UpstreamNeeds): UpstreamParts {
  const { clock, log, sandboxUrl, state } = needs;
  const url = upstream.url.kind === 'sandbox' ? sandboxUrl : upstream.url.url;
  if (url === undefined) throw new Error(`upstream ${upstream.name} needs the sandbox, which is not running`);
  const { caFile, verify } = upstream.tls;
  const ca = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
  const origin = originOf(url, { ca, verify });
  const options = { clock, bufferBytes: config.bufferBytes };
  const onEvent = (event: GateEvent) => {
    logGateEvent(log, clock, upstream.name, event);
    needs.onGateEvent?.(upstream.name, event);
  };
  const settings = gateSettings(upstream);
  const retryBudget = new RetryBudget(upstream.retry.budget);
  if (isPaced(upstream)) {
    const { keepaliveMs, connectTimeoutMs, maxConnections } = upstream;
    const lines = new LinePool({ clock, origin, keepaliveMs, connectTimeoutMs, maxConnections });
    const gate = state.gate({ upstream, settings, lines, onEvent });
    return { config: upstream, gate, retryBudget, transport: new HttpTransport(origin, options, lines) };
  }
  const exact = new HttpTransport(origin, options, undefined);
  const gate = state.gate({ upstream, settings, lines: undefined, onEvent });
  return { config: upstream, gate, retryBudget, transport: new FetchTransport(origin, options, exact) };
}

/**
 * The same upstream under another configuration: gate, connections and what waits for them stay. What only a restart
 * can change stays as well.
 */
export function reconfigured(old: UpstreamParts, next: UpstreamConfig): UpstreamParts {
  // Whether calls are counted decides how they go out.
  if (isPaced(old.config) !== isPaced(next)) return old;
  const { url, tls, connectTimeoutMs, keepaliveMs, maxConnections } = old.config;
  return { ...old, config: { ...next, url, tls, connectTimeoutMs, keepaliveMs, maxConnections } };
}

/** Ends it at once. */
export function closeUpstream({ gate, transport }: UpstreamParts): void {
  gate.close();
  transport.close();
}

const RETIRE_POLL_MS = 100;

/** Ends what the configuration no longer has: who waits is told at once, calls under way come to their end. */
export function retireUpstream({ gate, transport }: UpstreamParts, clock: Clock): void {
  gate.close();
  const closeWhenDone = (): void => {
    // Of a gate that is shared, this process's own calls are what it waits for.
    const { running, own } = gate.snapshot();
    if ((own?.running ?? running) === 0) transport.close();
    else clock.after(RETIRE_POLL_MS, closeWhenDone);
  };
  closeWhenDone();
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
