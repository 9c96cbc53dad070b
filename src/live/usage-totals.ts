import { type ErrorCode, errorTable } from '../shared/errors.ts';
import { Histogram } from '../usage/histogram.ts';
import type { CacheResult, CommandOutcome, RouteUsage } from '../usage/recorder.ts';

export const OUTCOMES: readonly CommandOutcome[] = [
  'success',
  'client_error',
  'upstream_error',
  'refused',
  'client_gone',
  'truncated',
];
export const CACHE_RESULTS: readonly CacheResult[] = ['hit', 'stale', 'miss', 'none'];
export const ERROR_CODES = Object.keys(errorTable) as readonly ErrorCode[];

const ERROR_INDEX: ReadonlyMap<ErrorCode, number> = new Map(ERROR_CODES.map((code, index) => [code, index]));

/** Where each number stands in `UsageTotals.values`. */
export const AT = {
  total: 0,
  totalMs: 1,
  queueMs: 2,
  upstreamMs: 3,
  outcomes: 4,
  cache: 4 + OUTCOMES.length,
  errors: 4 + OUTCOMES.length + CACHE_RESULTS.length,
} as const;

/**
 * All routes added up, in arrays of fixed size: what the recorder has counted since the start, or the difference of
 * two such totals, which is what happened between them.
 */
export class UsageTotals {
  readonly values = new Float64Array(AT.errors + ERROR_CODES.length);
  /** Of the total latency. */
  readonly latency = new Histogram();

  /** Reads the recorder anew. */
  read(routes: readonly RouteUsage[]): void {
    const { values, latency } = this;
    values.fill(0);
    latency.buckets.fill(0);
    latency.count = 0;
    latency.sumMs = 0;
    for (const usage of routes) {
      latency.merge(usage.totalMs);
      values[AT.queueMs]! += usage.queueMs.sumMs;
      values[AT.upstreamMs]! += usage.upstreamMs.sumMs;
      for (const [index, outcome] of OUTCOMES.entries())
        values[AT.outcomes + index]! += usage.outcomes[outcome];
      for (const [index, result] of CACHE_RESULTS.entries()) values[AT.cache + index]! += usage.cache[result];
      for (const [code, count] of usage.errors) values[AT.errors + ERROR_INDEX.get(code)!]! += count;
      values[AT.total]! += usage.total;
    }
    values[AT.totalMs] = latency.sumMs;
  }

  copyFrom(other: UsageTotals): void {
    this.values.set(other.values);
    this.latency.buckets.set(other.latency.buckets);
    this.latency.count = other.latency.count;
    this.latency.sumMs = other.latency.sumMs;
  }

  add(other: UsageTotals): void {
    for (let index = 0; index < this.values.length; index++) this.values[index]! += other.values[index]!;
    this.latency.merge(other.latency);
  }

  /** What came after `earlier` until `later`. */
  setDifference(later: UsageTotals, earlier: UsageTotals): void {
    for (let index = 0; index < this.values.length; index++) {
      this.values[index] = Math.max(0, later.values[index]! - earlier.values[index]!);
    }
    const { latency } = this;
    for (let index = 0; index < latency.buckets.length; index++) {
      // The buckets are 32 bits wide, and so the difference is right even where one has begun anew.
      latency.buckets[index] = later.latency.buckets[index]! - earlier.latency.buckets[index]!;
    }
    latency.count = Math.max(0, later.latency.count - earlier.latency.count);
    latency.sumMs = Math.max(0, later.latency.sumMs - earlier.latency.sumMs);
  }

  get total(): number {
    return this.values[AT.total]!;
  }

  outcome(index: number): number {
    return this.values[AT.outcomes + index]!;
  }

  cache(result: CacheResult): number {
    return this.values[AT.cache + CACHE_RESULTS.indexOf(result)]!;
  }

  error(index: number): number {
    return this.values[AT.errors + index]!;
  }
}
