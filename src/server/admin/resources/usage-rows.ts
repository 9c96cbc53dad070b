import { z } from '@hono/zod-openapi';
import type { LatencySummary, UsageQuery, UsageRow } from '../../../ledger/contracts.ts';
import { USAGE_DIMENSIONS } from '../../../usage/rollup.ts';
import { csvLine } from '../csv.ts';
import { orNull } from '../or-null.ts';
import { isoTime, moment, roundMs } from '../wall-time.ts';

const latency = z
  .object({
    count: z.number().int(),
    average: z.number(),
    p50: z.number(),
    p95: z.number(),
    p99: z.number(),
  })
  .openapi('Latency', { description: 'In ms.' });

export const usageRow = z
  .object({
    start: moment.nullable().describe('Start of the bucket; null without buckets.'),
    group: z.partialRecord(z.enum(USAGE_DIMENSIONS), z.string()).openapi({
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'By dimension of `group_by`; `other` is what was too much to be counted apart.',
    }),
    count: z.number().int(),
    errors: z.number().int().describe('Every outcome but `success`.'),
    refused: z.number().int(),
    hits: z.number().int().describe('Answered from the cache, fresh or stale.'),
    bytes: z.number().int(),
    total: latency,
    queue: orNull(latency, 'Known where neither client nor path takes part.'),
    upstream: orNull(latency),
  })
  .openapi('UsageRow');

export function viewOf(row: UsageRow): z.output<typeof usageRow> {
  return {
    start: row.startMs === undefined ? null : isoTime(row.startMs),
    group: { ...row.group },
    count: row.count,
    errors: row.errors,
    refused: row.refused,
    hits: row.hits,
    bytes: row.bytes,
    total: latencyOf(row.total),
    queue: row.queue === undefined ? null : latencyOf(row.queue),
    upstream: row.upstream === undefined ? null : latencyOf(row.upstream),
  };
}

function latencyOf({ count, averageMs, p50Ms, p95Ms, p99Ms }: LatencySummary): z.output<typeof latency> {
  return {
    count,
    average: roundMs(averageMs),
    p50: roundMs(p50Ms),
    p95: roundMs(p95Ms),
    p99: roundMs(p99Ms),
  };
}

const LATENCIES = ['total', 'queue', 'upstream'] as const;

/** A line of names, then a line a row. */
export async function* csvPieces(
  rows: AsyncIterable<UsageRow>,
  { bucket, groupBy }: Pick<UsageQuery, 'bucket' | 'groupBy'>,
): AsyncGenerator<string> {
  yield csvLine([
    ...(bucket === undefined ? [] : ['start']),
    ...groupBy,
    ...['count', 'errors', 'refused', 'hits', 'bytes'],
    ...LATENCIES.flatMap((name) => ['average', 'p50', 'p95', 'p99'].map((value) => `${name}_${value}_ms`)),
  ]);
  for await (const row of rows) {
    const { start, group, count, errors, refused, hits, bytes, ...latencies } = viewOf(row);
    yield csvLine([
      ...(bucket === undefined ? [] : [start]),
      ...groupBy.map((dimension) => group[dimension]),
      ...[count, errors, refused, hits, bytes],
      ...LATENCIES.flatMap((name) => {
        const { average, p50, p95, p99 } = latencies[name] ?? {};
        return [average, p50, p95, p99];
      }),
    ]);
  }
}
