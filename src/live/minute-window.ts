import type { Histogram } from '../usage/histogram.ts';
import { AT, ERROR_CODES, UsageTotals } from './usage-totals.ts';

/** Seconds that the window looks back. */
export const WINDOW_SECONDS = 60;

/** What happened within the last minute, or as much of it as there is. */
export interface MinuteFigures {
  readonly seconds: number;
  /** Undefined: nothing ended. */
  readonly latency: LatencyFigures | undefined;
  /** Where the average request spent its time, in ms. Undefined: nothing ended. */
  readonly split:
    | { readonly queueMs: number; readonly gatewayMs: number; readonly upstreamMs: number }
    | undefined;
  /** By error code; only those that occurred. */
  readonly errors: Readonly<Record<string, number>>;
  /** 0…1, of the requests to routes with a cache. Undefined: there were none. */
  readonly cacheHitRatio: number | undefined;
}

export interface LatencyFigures {
  readonly count: number;
  readonly averageMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** Totals at the end of each of the last seconds, in a ring of fixed size. */
export class MinuteWindow {
  /** One more than there are seconds: a minute lies between the first and the last. */
  private readonly rows = Array.from({ length: WINDOW_SECONDS + 1 }, () => new UsageTotals());
  private readonly between = new UsageTotals();
  private filled = 0;
  private newest = -1;

  /** The totals one second later. The first ones are where it begins; ones that are lower begin anew. */
  push(totals: UsageTotals): void {
    const last = this.rows[this.newest];
    if (last !== undefined && totals.total < last.total) this.filled = 0;
    this.newest = (this.newest + 1) % this.rows.length;
    this.rows[this.newest]!.copyFrom(totals);
    this.filled = Math.min(this.rows.length, this.filled + 1);
  }

  /** What happened within the newest second; of use until the next call. */
  lastSecond(): UsageTotals {
    return this.back(1);
  }

  figures(): MinuteFigures {
    const seconds = Math.max(0, this.filled - 1);
    const minute = this.back(seconds);
    const { total, values } = minute;
    const used = minute.cache('hit') + minute.cache('stale');
    const asked = used + minute.cache('miss');
    return {
      seconds,
      latency: latencyFigures(minute.latency),
      split: total === 0 ? undefined : splitOf(values, total),
      errors: Object.fromEntries(
        ERROR_CODES.map((code, index) => [code, minute.error(index)] as const).filter(
          ([, count]) => count > 0,
        ),
      ),
      cacheHitRatio: asked === 0 ? undefined : used / asked,
    };
  }

  private back(seconds: number): UsageTotals {
    const { rows, between } = this;
    const later = rows[Math.max(0, this.newest)]!;
    const steps = Math.min(seconds, Math.max(0, this.filled - 1));
    const earlier = rows[(this.newest - steps + rows.length) % rows.length] ?? later;
    between.setDifference(later, earlier);
    return between;
  }
}

/** Undefined when nothing was recorded. */
export function latencyFigures(latency: Histogram): LatencyFigures | undefined {
  if (latency.count === 0) return undefined;
  return {
    count: latency.count,
    averageMs: latency.averageMs,
    p50Ms: latency.quantile(0.5),
    p95Ms: latency.quantile(0.95),
    p99Ms: latency.quantile(0.99),
  };
}

/** A call that several requests share is counted for each of them, and time is never less than none. */
function splitOf(values: Float64Array, total: number): MinuteFigures['split'] {
  const queueMs = values[AT.queueMs]! / total;
  const upstreamMs = values[AT.upstreamMs]! / total;
  return { queueMs, upstreamMs, gatewayMs: Math.max(0, values[AT.totalMs]! / total - queueMs - upstreamMs) };
}
