import type { UsageAnswer, UsageBucket } from '../../api/types.ts';

const BUCKET_SEC: Readonly<Record<UsageBucket, number>> = { '1m': 60, '1h': 3_600, '1d': 86_400 };

/** More than a screen has room for; what is older is left out. */
const MOST_POINTS = 1_000;

/** One place for every bucket of the range, oldest first; all lists are equally long. */
export interface UsageSeries {
  /** Start of each bucket, in seconds since 1970. */
  readonly x: readonly number[];
  /** Null where the gateway keeps nothing any more, or not yet: that is not the same as no request. */
  readonly requests: readonly (number | null)[];
  readonly failures: readonly (number | null)[];
  readonly cached: readonly (number | null)[];
  /** In ms; null also where there was no request. */
  readonly p95: readonly (number | null)[];
  readonly average: readonly (number | null)[];
}

/**
 * The API leaves out buckets without a request; a chart must not join what stands around them. The range is
 * `spanMs` up to the end of the answer, or the answer's own where that is longer.
 */
export function seriesOf(answer: UsageAnswer, spanMs: number): UsageSeries {
  const stepSec = BUCKET_SEC[answer.bucket ?? '1m'];
  const knownSec = Date.parse(answer.from) / 1_000;
  const endSec = Date.parse(answer.to) / 1_000;
  const points = Math.ceil(Math.max(endSec - knownSec, spanMs / 1_000) / stepSec);
  const byStart = new Map(answer.rows.map((row) => [Date.parse(row.start ?? '') / 1_000, row]));
  const length = Math.min(MOST_POINTS, points);
  const x = Array.from({ length }, (_, index) => endSec - (length - index) * stepSec);
  const rows = x.map((startSec) => byStart.get(startSec));
  const counted = (of: (row: UsageAnswer['rows'][number]) => number): (number | null)[] =>
    rows.map((row, index) => (row !== undefined ? of(row) : (x[index] ?? 0) < knownSec ? null : 0));
  return {
    x,
    requests: counted(({ count }) => count),
    failures: counted(({ errors }) => errors),
    cached: counted(({ hits }) => hits),
    p95: rows.map((row) => row?.total.p95 ?? null),
    average: rows.map((row) => row?.total.average ?? null),
  };
}
