import type { Rate } from '../shared/units.ts';
import type { Judge } from './judge.ts';

/** The endpoints that totals are kept for; `other` is every path that the sandbox does not know. */
export type Endpoint = 'score' | 'external' | 'catalog' | 'other';

export interface EndpointTotals {
  readonly calls: number;
  /** Answers by HTTP status; `none` counts calls that were left hanging or cut off by a fault. */
  readonly statuses: Readonly<Record<string, number>>;
}

export interface ReportedArrival {
  /** Monotonic ms since `startedAt`, exact to the microsecond. */
  readonly atMs: number;
  /** Without the query, which carries the CPF. */
  readonly path: string;
  /** Null while unanswered, and when the call was left hanging or reset. */
  readonly status: number | null;
  readonly violation: boolean;
}

/** What the judge saw of the calls at `/api/score`, by its own clock. It never contains a CPF. */
export interface SandboxReport {
  /** ISO 8601 time of the start or of the last reset. */
  readonly startedAt: string;
  /** Ms since `startedAt`; give it as `since` later to ask for what came after. */
  readonly nowMs: number;
  readonly rate: Rate;
  readonly penaltyMs: number;
  /** How many calls arrived, `since` respected. */
  readonly arrivalCount: number;
  /** The calls themselves, oldest first, `since` respected; empty when the report was asked for without them. */
  readonly arrivals: readonly ReportedArrival[];
  /** Arrivals since the start that are no longer in the list. */
  readonly droppedArrivals: number;
  /** Smallest distance between two calls, `since` respected; null with fewer than two. */
  readonly closestSpacingMs: number | null;
  /** Calls that came too early, `since` respected. */
  readonly violations: number;
  /** Ms until a call is allowed. */
  readonly blockedForMs: number;
  /** Per endpoint since the start, whatever `since` says. */
  readonly totals: Readonly<Record<Endpoint, EndpointTotals>>;
}

export interface ReportQuery {
  /** Only arrivals at or after this many ms since `startedAt`. */
  readonly sinceMs?: number | undefined;
  /** False leaves the list out. */
  readonly arrivals?: boolean | undefined;
}

/** Counts answers by endpoint and status; both sets are small and fixed. */
export class Totals {
  private readonly counts: Record<Endpoint, { calls: number; statuses: Record<string, number> }> = {
    score: { calls: 0, statuses: {} },
    external: { calls: 0, statuses: {} },
    catalog: { calls: 0, statuses: {} },
    other: { calls: 0, statuses: {} },
  };

  called(endpoint: Endpoint): void {
    this.counts[endpoint].calls += 1;
  }

  answered(endpoint: Endpoint, status: number | 'none'): void {
    const { statuses } = this.counts[endpoint];
    statuses[status] = (statuses[status] ?? 0) + 1;
  }

  snapshot(): Record<Endpoint, EndpointTotals> {
    return structuredClone(this.counts);
  }
}

export const SCORE_PATH = '/api/score';

export function buildReport(
  judge: Judge,
  totals: Totals,
  startedAt: string,
  nowMs: number,
  query: ReportQuery = {},
): SandboxReport {
  const { sinceMs, arrivals: wantArrivals = true } = query;
  const stretch =
    sinceMs === undefined && !wantArrivals ? undefined : judge.log.since((sinceMs ?? 0) * 1_000);
  const whole = judge.log.summary();
  const shown =
    sinceMs === undefined || stretch === undefined
      ? whole
      : {
          count: stretch.arrivals.length,
          closestSpacingUs: stretch.closestSpacingUs,
          violations: stretch.violations,
        };
  return {
    startedAt,
    nowMs: judge.toUs(nowMs) / 1_000,
    rate: judge.settings.rate,
    penaltyMs: judge.settings.penaltyMs,
    arrivalCount: shown.count,
    arrivals: !wantArrivals
      ? []
      : (stretch?.arrivals ?? []).map((arrival) => ({
          atMs: arrival.atUs / 1_000,
          path: SCORE_PATH,
          status: arrival.status,
          violation: arrival.violation,
        })),
    droppedArrivals: judge.log.dropped,
    closestSpacingMs: shown.closestSpacingUs === null ? null : shown.closestSpacingUs / 1_000,
    violations: shown.violations,
    blockedForMs: judge.blockedForMs(nowMs),
    totals: totals.snapshot(),
  };
}
