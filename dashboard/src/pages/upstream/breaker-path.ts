import type { TimelineEntry, UpstreamDetail, UpstreamStatus } from '../../api/types.ts';
import { parseDuration } from './duration-choice.ts';

export type BreakerPlace = 'closed' | 'open' | 'half_open';

type BreakerSettings = NonNullable<UpstreamDetail['settings']['breaker']>;
type BreakerStatus = NonNullable<UpstreamStatus['breaker']>;

/** A share of the calls of the last `windowMs` that opens a breaker, once there are `minimum` of them. */
interface ShareRule {
  /** From 0 to 1. */
  readonly threshold: number;
  readonly minimum: number;
  readonly windowMs: number | undefined;
  /** The calls in the window now, and how many of them failed or were slow. Undefined: not told. */
  readonly counted: { readonly calls: number; readonly hits: number } | undefined;
}

/** What opens a breaker. */
export type OpeningRule =
  | { readonly kind: 'consecutive'; readonly failures: number; readonly now: number }
  | ({ readonly kind: 'failure_rate' } & ShareRule)
  | ({ readonly kind: 'slow_calls'; readonly durationMs: number | undefined } & ShareRule);

/** What the diagram of a breaker says: where it stands, and what leads from one state to the next. */
export interface BreakerPath {
  readonly current: BreakerPlace;
  readonly forced: boolean;
  /** Any one of them opens it. */
  readonly rules: readonly OpeningRule[];
  readonly openForMs: number | undefined;
  /** Calls that must all succeed to close it. */
  readonly probes: number;
  /** A probe that takes longer opens it again: it is overdue, or slow. */
  readonly probeLimitMs: number | undefined;
}

export function breakerPath(settings: BreakerSettings, status: BreakerStatus): BreakerPath {
  const { slow_calls: slowCalls } = settings;
  const probeLimits = [settings.probe_timeout, slowCalls?.duration]
    .map((text) => parseDuration(text ?? ''))
    .filter((ms) => ms !== undefined);
  return {
    current: status.state,
    forced: status.forced,
    rules: rulesOf(settings, status),
    openForMs: parseDuration(settings.open_for),
    probes: settings.probes,
    probeLimitMs: probeLimits.length === 0 ? undefined : Math.min(...probeLimits),
  };
}

function rulesOf(settings: BreakerSettings, status: BreakerStatus): OpeningRule[] {
  const { consecutive, failure_rate: failureRate, slow_calls: slowCalls } = settings;
  const { failure_rate: failed, slow_calls: slow } = status.window;
  const rules: OpeningRule[] = [];
  if (consecutive !== null) {
    rules.push({ kind: 'consecutive', failures: consecutive, now: status.consecutive_failures });
  }
  if (failureRate !== null) {
    const { threshold, minimum } = failureRate;
    const windowMs = parseDuration(failureRate.window);
    const counted = failed === null ? undefined : { calls: failed.calls, hits: failed.failures };
    rules.push({ kind: 'failure_rate', threshold, minimum, windowMs, counted });
  }
  if (slowCalls !== null) {
    const { threshold, minimum } = slowCalls;
    const windowMs = parseDuration(slowCalls.window);
    const durationMs = parseDuration(slowCalls.duration);
    const counted = slow === null ? undefined : { calls: slow.calls, hits: slow.slow };
    rules.push({ kind: 'slow_calls', threshold, minimum, windowMs, durationMs, counted });
  }
  return rules;
}

/** Failures in a row that open it; undefined: it opens on a share of failed or slow calls only. */
export function opensAfter({ rules }: BreakerPath): number | undefined {
  return rules.find((rule) => rule.kind === 'consecutive')?.failures;
}

/** One line of the breaker's history. */
export interface Transition {
  readonly id: number;
  readonly at: string;
  readonly from: BreakerPlace | 'forced';
  readonly to: BreakerPlace | 'forced_open' | 'forced_closed';
  /** Why it opened. */
  readonly reason: string | undefined;
  /** How long the new state was to last. */
  readonly forMs: number | undefined;
  readonly times: number;
}

/** The last changes of one upstream's breaker, newest first. What the timeline says otherwise is passed over. */
export function lastTransitions(
  timeline: readonly TimelineEntry[],
  upstream: string,
  most: number,
): Transition[] {
  const found: Transition[] = [];
  for (const entry of timeline) {
    if (found.length >= most) break;
    if (entry.kind !== 'breaker' || entry.upstream !== upstream) continue;
    const { from, to, as, reason, for_ms: forMs } = entry.facts;
    const target = to === 'forced' ? (as === 'open' ? 'forced_open' : 'forced_closed') : placeOf(to);
    const origin = from === 'forced' ? from : placeOf(from);
    if (target === undefined || origin === undefined) continue;
    found.push({
      id: entry.id,
      at: entry.at,
      from: origin,
      to: target,
      reason: typeof reason === 'string' ? reason : undefined,
      forMs: typeof forMs === 'number' ? forMs : undefined,
      times: entry.times,
    });
  }
  return found;
}

function placeOf(fact: unknown): BreakerPlace | undefined {
  return fact === 'closed' || fact === 'open' || fact === 'half_open' ? fact : undefined;
}
