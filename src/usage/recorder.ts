import type { ErrorCode } from '../shared/errors.ts';
import { Histogram } from './histogram.ts';

/** How a command ended, as the client saw it. */
export type CommandOutcome =
  | 'success' // answered below 400
  | 'client_error' // the upstream answered 4xx
  | 'upstream_error' // the upstream answered 5xx
  | 'refused' // an error of ours; its code tells which
  | 'client_gone' // nobody was left to answer
  | 'truncated'; // the answer broke off on its way

export type CacheResult = 'hit' | 'stale' | 'miss' | 'none';

/** Everything that is counted of one route. Plain numbers: recording allocates nothing. */
export class RouteUsage {
  total = 0;
  bytes = 0;
  readonly outcomes: Record<CommandOutcome, number> = {
    success: 0,
    client_error: 0,
    upstream_error: 0,
    refused: 0,
    client_gone: 0,
    truncated: 0,
  };
  readonly cache: Record<CacheResult, number> = { hit: 0, stale: 0, miss: 0, none: 0 };
  /** By error code; those answered stale count too. */
  readonly errors = new Map<ErrorCode, number>();
  /** By status class: index 1 is 1xx … 5 is 5xx; 0 is no answer. */
  readonly statusClasses = new Uint32Array(6);
  readonly totalMs = new Histogram();
  readonly queueMs = new Histogram();
  readonly upstreamMs = new Histogram();
  attempts = 0;

  constructor(
    readonly route: string,
    readonly upstream: string,
  ) {}

  get failures(): number {
    return this.total - this.outcomes.success;
  }

  /** Adds what another series has counted. */
  merge(other: RouteUsage): void {
    this.total += other.total;
    this.bytes += other.bytes;
    this.attempts += other.attempts;
    for (const outcome of keysOf(other.outcomes)) this.outcomes[outcome] += other.outcomes[outcome];
    for (const result of keysOf(other.cache)) this.cache[result] += other.cache[result];
    for (const [code, count] of other.errors) this.errors.set(code, (this.errors.get(code) ?? 0) + count);
    for (const [index, count] of other.statusClasses.entries()) this.statusClasses[index]! += count;
    this.totalMs.merge(other.totalMs);
    this.queueMs.merge(other.queueMs);
    this.upstreamMs.merge(other.upstreamMs);
  }
}

const keysOf = <Key extends string>(counts: Record<Key, number>): Key[] => Object.keys(counts) as Key[];

/** What the record stage says of a finished command. */
export interface FinishedCommand {
  readonly outcome: CommandOutcome;
  readonly status: number;
  readonly bytes: number;
  readonly totalMs: number;
  readonly queueMs: number | undefined;
  readonly upstreamMs: number | undefined;
  readonly attempts: number;
  readonly cache: CacheResult;
  readonly errorCode: ErrorCode | undefined;
}

/**
 * What happened, counted at the source. One series a route and upstream, and one for requests that matched none:
 * bounded by the configuration. A path may lead to two upstreams, by method or after a reload. Whoever shows numbers
 * (metrics, dashboard, ledger) reads them from here, so that they agree.
 */
export class UsageRecorder {
  private readonly routes = new Map<string, RouteUsage>();
  /** Commands that have begun and not ended. */
  inFlight = 0;

  /** The series of a route, to be kept by whoever records into it. */
  series(route: string, upstream: string): RouteUsage {
    const key = `${route}\n${upstream}`;
    let usage = this.routes.get(key);
    if (usage === undefined) {
      usage = new RouteUsage(route, upstream);
      this.routes.set(key, usage);
    }
    return usage;
  }

  record(usage: RouteUsage, finished: FinishedCommand): void {
    usage.total++;
    usage.bytes += finished.bytes;
    usage.outcomes[finished.outcome]++;
    usage.cache[finished.cache]++;
    usage.statusClasses[Math.min(5, Math.floor(finished.status / 100))]!++;
    usage.attempts += finished.attempts;
    usage.totalMs.record(finished.totalMs);
    if (finished.queueMs !== undefined) usage.queueMs.record(finished.queueMs);
    if (finished.upstreamMs !== undefined) usage.upstreamMs.record(finished.upstreamMs);
    if (finished.errorCode !== undefined) {
      usage.errors.set(finished.errorCode, (usage.errors.get(finished.errorCode) ?? 0) + 1);
    }
  }

  all(): RouteUsage[] {
    return [...this.routes.values()];
  }

  /** One for each route, whatever its upstreams: those of a route with several are added up in a copy. */
  byRoute(): RouteUsage[] {
    const all = this.all();
    const groups = Map.groupBy(all, ({ route }) => route);
    if (groups.size === all.length) return all;
    return [...groups].map(([route, group]) => {
      const [first, ...others] = group;
      if (others.length === 0) return first!;
      const sum = new RouteUsage(route, first!.upstream);
      for (const usage of group) sum.merge(usage);
      return sum;
    });
  }

  totals(): { total: number; successes: number; failures: number; latency: Histogram } {
    const latency = new Histogram();
    let total = 0;
    let successes = 0;
    for (const usage of this.routes.values()) {
      total += usage.total;
      successes += usage.outcomes.success;
      latency.merge(usage.totalMs);
    }
    return { total, successes, failures: total - successes, latency };
  }
}
