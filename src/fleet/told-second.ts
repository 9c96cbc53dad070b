import type { LiveSample } from '../live/sampler.ts';
import { AT, CACHE_RESULTS, ERROR_CODES, OUTCOMES, UsageTotals } from '../live/usage-totals.ts';
import {
  addSparseHistogram,
  countOf,
  parsedRecord,
  recordOf,
  sparseHistogram,
  sparseRecord,
} from './sparse-numbers.ts';

/** Of one second, by upstream. */
export interface UpstreamSecond {
  arrivals: number;
  sends: number;
  cached: number;
}

/** Upstreams that one second tells of; the busiest first. */
const MOST_UPSTREAMS = 200;

/** What happened at a node within one second, as it tells the others. */
export function tellSecond(sample: LiveSample, totals: UsageTotals): string {
  const { values } = totals;
  const upstreams = Object.entries(sample.upstreams)
    .filter(([, { arrivals, sends, cached }]) => arrivals + sends + cached > 0)
    .sort(([, one], [, other]) => other.arrivals + other.sends - one.arrivals - one.sends)
    .slice(0, MOST_UPSTREAMS)
    .map(([name, { arrivals, sends, cached }]) => [name, [arrivals, sends, cached]] as const);
  const named = <Key extends string>(keys: readonly Key[], from: number) =>
    sparseRecord(Object.fromEntries(keys.map((key, index) => [key, values[from + index]!])));
  return JSON.stringify({
    n: totals.total || undefined,
    ms:
      totals.total === 0
        ? undefined
        : [values[AT.totalMs], values[AT.queueMs], values[AT.upstreamMs]].map(rounded),
    o: named(OUTCOMES, AT.outcomes),
    c: named(CACHE_RESULTS, AT.cache),
    e: named(ERROR_CODES, AT.errors),
    h: sparseHistogram(totals.latency),
    u: upstreams.length === 0 ? undefined : Object.fromEntries(upstreams),
  });
}

/** What a node told of one second. Whatever it is, it is read: one that cannot be read tells of nothing. */
export class HeardSecond {
  readonly totals = new UsageTotals();
  readonly upstreams: ReadonlyMap<string, UpstreamSecond>;

  constructor(text: string) {
    const told = parsedRecord(text);
    const { values, latency } = this.totals;
    const ms = Array.isArray(told.ms) ? told.ms : [];
    values[AT.total] = countOf(told.n);
    values[AT.totalMs] = countOf(ms[0]);
    values[AT.queueMs] = countOf(ms[1]);
    values[AT.upstreamMs] = countOf(ms[2]);
    const read = (keys: readonly string[], from: number, record: unknown): void => {
      const counts = recordOf(record);
      for (const [index, key] of keys.entries()) values[from + index] = countOf(counts[key]);
    };
    read(OUTCOMES, AT.outcomes, told.o);
    read(CACHE_RESULTS, AT.cache, told.c);
    read(ERROR_CODES, AT.errors, told.e);
    addSparseHistogram(latency, told.h);
    this.upstreams = new Map(
      Object.entries(recordOf(told.u))
        .slice(0, MOST_UPSTREAMS)
        .map(([name, counts]) => {
          const [arrivals, sends, cached] = Array.isArray(counts) ? counts : [];
          return [name, { arrivals: countOf(arrivals), sends: countOf(sends), cached: countOf(cached) }];
        }),
    );
  }
}

const rounded = (ms: number | undefined): number => Math.round((ms ?? 0) * 100) / 100;
