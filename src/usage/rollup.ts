import type { Histogram } from './histogram.ts';
import type { FinishedCommand } from './recorder.ts';

/**
 * The shapes in which usage travels from the hot path to the ledger. A command counts in four places that agree to
 * the unit: once in a core series (small, exact, with fine histograms), and once in each of three facets, which name
 * who and what, as far as their bound allows.
 */

/** A finished command and what it is counted by. */
export interface UsageSample extends FinishedCommand {
  readonly route: string;
  readonly upstream: string;
  readonly client: string;
  /** The route's label, or the path itself on a route with a wildcard. Never the query. */
  readonly path: string;
  readonly method: string;
}

/** What can be grouped by and filtered on. */
export const USAGE_DIMENSIONS = [
  'route',
  'upstream',
  'client',
  'path',
  'method',
  'status',
  'outcome',
  'cache',
] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

/** `client` counts by client, `path` by path, `pair` by both; each by route as well. */
export const FACETS = ['client', 'path', 'pair'] as const;
export type Facet = (typeof FACETS)[number];

/** The name that everything beyond a facet's bound is counted under. */
export const OTHER = 'other';

/** Upper bounds in ms of the latency buckets that facets carry; one more counts what is above them all. */
export const FACET_LATENCY_BOUNDS_MS: readonly number[] = [
  0.25, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 15_000,
];

/** Where each value of a facet row stands in its `values`; the latency buckets follow. */
export const FACET_VALUE = {
  count: 0,
  /** Every outcome but `success`. */
  errors: 1,
  /** Outcome `refused`. */
  refused: 2,
  /** Answered from the cache, fresh or stale. */
  hits: 3,
  bytes: 4,
  /** Sum of the total latencies in µs. */
  totalUs: 5,
} as const;
export const FACET_LATENCY_AT = 6;
/** Numbers in a facet row. */
export const FACET_WIDTH = FACET_LATENCY_AT + FACET_LATENCY_BOUNDS_MS.length + 1;

/** Where a command came in and went to: an index into the chunk's `sources`. */
export interface UsageSource {
  readonly route: string;
  readonly upstream: string;
}

/** One latency of a core series: the sum in µs, and the buckets as `encodeBuckets` writes them. */
export interface LatencyRow {
  readonly count: number;
  readonly sumUs: number;
  readonly buckets: Uint8Array;
}

export interface CoreRow {
  readonly source: number;
  readonly method: string;
  /** Status class, 1 … 5; 0 is no answer. */
  readonly status: number;
  readonly outcome: string;
  readonly cache: string;
  readonly count: number;
  readonly bytes: number;
  readonly total: LatencyRow;
  readonly queue: LatencyRow;
  readonly upstream: LatencyRow;
}

export interface FacetRow {
  readonly facet: Facet;
  readonly source: number;
  /** Empty in the `path` facet. */
  readonly client: string;
  /** Empty in the `client` facet. */
  readonly path: string;
  /** `FACET_WIDTH` numbers, see `FACET_VALUE`. */
  readonly values: readonly number[];
}

/**
 * Part of what one node counted in one minute, as one transaction. `node` and `sequence` name it: a store that has
 * seen this sequence of this node, or a later one, ignores it, so that a retry never counts twice. The sequence of a
 * node only rises, and the next chunk is sent only when the last one is known to be in.
 */
export interface UsageChunk {
  readonly node: string;
  readonly sequence: number;
  /** Start of the minute, ms since the epoch. */
  readonly startMs: number;
  readonly sources: readonly UsageSource[];
  readonly core: readonly CoreRow[];
  readonly facets: readonly FacetRow[];
}

/** Where rollups go. */
export interface UsageSink {
  /** Adds the chunk to what is there, or rejects. After a rejection nobody knows: send the same chunk again. */
  upsert(chunk: UsageChunk): Promise<void>;
}

/** A core series on its way, with its histograms still open. */
export interface CoreSeries {
  readonly source: number;
  readonly method: string;
  readonly status: number;
  readonly outcome: string;
  readonly cache: string;
  count: number;
  bytes: number;
  readonly totalMs: Histogram;
  readonly queueMs: Histogram;
  readonly upstreamMs: Histogram;
}
