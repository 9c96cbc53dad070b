import type { BurstCall, BurstOutcome, BurstSettings } from './burst.ts';
import { countFailures } from './failure-counts.ts';
import { type LatencySummary, summarizeLatencies } from './percentiles.ts';
import type { SandboxVerdict } from './sandbox-report.ts';

/** The calls of one urgency. */
export interface UrgencySummary {
  /** Null: nothing was said, the gateway's default holds. */
  readonly urgency: number | null;
  readonly calls: number;
  readonly succeeded: number;
  readonly latencyMs: LatencySummary | null;
}

/** The whole result of `comporta burst`; with `--json` this is what stdout carries. */
export interface BurstDocument {
  readonly url: string;
  readonly count: number;
  readonly concurrency: number;
  /** Give it as `--seed` to repeat the same calls. */
  readonly seed: number;
  readonly startedAt: string;
  readonly aborted: boolean;
  readonly totalMs: number;
  /** Finished calls per second. */
  readonly ratePerSec: number;
  readonly completed: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Calls that an abort kept from ending, or from starting. */
  readonly unfinished: number;
  /** How many calls failed with each code. */
  readonly failures: Readonly<Record<string, number>>;
  /** Of every completed call; null when there is none. */
  readonly latencyMs: LatencySummary | null;
  /** Most urgent first; one entry without a mix. */
  readonly urgencies: readonly UrgencySummary[];
  readonly cacheHits: number;
  /** Null when no sandbox was asked or none answered. */
  readonly sandbox: SandboxVerdict | null;
}

export function burstDocument(
  settings: Pick<BurstSettings, 'url' | 'count' | 'concurrency' | 'seed'>,
  outcome: BurstOutcome,
  startedAt: string,
  sandbox: SandboxVerdict | undefined,
): BurstDocument {
  const { calls, elapsedMs, aborted } = outcome;
  const succeeded = countSucceeded(calls);
  return {
    url: withoutPassword(settings.url),
    count: settings.count,
    concurrency: settings.concurrency,
    seed: settings.seed,
    startedAt,
    aborted,
    totalMs: rounded(elapsedMs),
    ratePerSec: elapsedMs > 0 ? rounded((calls.length / elapsedMs) * 1_000) : 0,
    completed: calls.length,
    succeeded,
    failed: calls.length - succeeded,
    unfinished: settings.count - calls.length,
    failures: { ...countFailures(calls) },
    latencyMs: latencyOf(calls),
    urgencies: byUrgency(calls),
    cacheHits: calls.filter((call) => call.cacheHit).length,
    sandbox: sandbox ?? null,
  };
}

function byUrgency(calls: readonly BurstCall[]): UrgencySummary[] {
  const groups = Map.groupBy(calls, (call) => call.urgency ?? null);
  return [...groups]
    .sort(([one], [other]) => (one ?? 8) - (other ?? 8))
    .map(([urgency, group]) => ({
      urgency,
      calls: group.length,
      succeeded: countSucceeded(group),
      latencyMs: latencyOf(group),
    }));
}

function countSucceeded(calls: readonly BurstCall[]): number {
  return calls.filter((call) => call.outcome.kind === 'ok').length;
}

/** Latencies of calls, to the microsecond; null without any. */
export function latencyOf(calls: readonly Pick<BurstCall, 'latencyMs'>[]): LatencySummary | null {
  const summary = summarizeLatencies(calls.map((call) => call.latencyMs));
  if (summary === undefined) return null;
  const { p50, p95, p99, max } = summary;
  return { p50: rounded(p50), p95: rounded(p95), p99: rounded(p99), max: rounded(max) };
}

/** Microseconds are more than a network can tell. */
export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

function withoutPassword(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}
