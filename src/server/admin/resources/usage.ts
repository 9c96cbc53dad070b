import { z } from '@hono/zod-openapi';
import { section } from '../../../config/schema/section.ts';
import type { UsageAnswer, UsageQuery } from '../../../ledger/contracts.ts';
import { USAGE_DIMENSIONS, type UsageDimension } from '../../../usage/rollup.ts';
import { choice, names, queryInteger, values } from '../input/fields.ts';
import { instant, wallMsOf } from '../input/instant.ts';
import { operation } from '../operation.ts';
import { invalid } from '../problems.ts';
import { streamText } from '../stream.ts';
import { isoTime, moment } from '../wall-time.ts';
import { csvPieces, usageRow, viewOf } from './usage-rows.ts';

const MOST_FILTER_VALUES = 100;

const filters = Object.fromEntries(
  USAGE_DIMENSIONS.map((dimension) => [
    dimension,
    values(
      dimension === 'status'
        ? 'Only these: `2xx` … `5xx`, or `none`. May be repeated.'
        : `Only this ${dimension}. May be repeated.`,
      MOST_FILTER_VALUES,
    ).optional(),
  ]),
) as Record<UsageDimension, z.ZodOptional<ReturnType<typeof values>>>;

const usageQuery = section({
  from: instant('From this moment on.', '-1h'),
  to: instant('Up to this one.', 'now'),
  group_by: names('What rows are about; absent: everything together.', USAGE_DIMENSIONS).optional(),
  bucket: choice('One row for each of these; absent: for the whole range. Days are UTC.', [
    '1m',
    '1h',
    '1d',
  ]).optional(),
  order_by: choice(
    'Greatest first, inside each bucket.',
    ['count', 'bytes', 'errors', 'refused'],
    'count',
  ).optional(),
  limit: queryInteger('The greatest so many groups of each bucket; absent: all.', {
    min: 1,
    max: 10_000,
  }).optional(),
  format: choice('The form; absent: as `Accept` says, otherwise JSON.', ['json', 'csv']).optional(),
  ...filters,
});

export const usageAnswer = z
  .object({
    from: moment.describe(
      'The range that the rows cover: the one asked for, moved outwards to whole buckets.',
    ),
    to: moment,
    bucket: z.enum(['1m', '1h', '1d']).nullable(),
    group_by: z.array(z.enum(USAGE_DIMENSIONS)),
    rows: z.array(usageRow),
  })
  .openapi('Usage');

/** What happened. */
export const usageOperations = [
  operation(
    {
      id: 'getUsage',
      method: 'GET',
      path: '/usage',
      tag: 'usage',
      summary: 'Count requests by time and group',
      description:
        'Rows are sent while they are read. As CSV, text that a spreadsheet would run as a formula has an apostrophe before it.',
      query: usageQuery,
      answers: [
        { status: 200, description: 'The rows, by bucket.', schema: usageAnswer, types: ['text/csv'] },
      ],
      errors: ['ledger_unavailable'],
    },
    async ({ ports, query, headers }) => {
      const asked = questionOf(query, ports.clock.wallNow());
      const answer = await ask(() => ports.usage.query(asked));
      if (answer.kind === 'unsupported') throw unsupported(answer);
      // The first row is read here, so that a database that is away is an error and not a broken answer.
      const { rows, release } = await begun(answer.rows);
      const isCsv = (query.format ?? preferred(headers.get('accept'))) === 'csv';
      if (isCsv) {
        return streamText(
          csvPieces(rows, asked),
          {
            'Content-Type': 'text/csv; charset=utf-8; header=present',
            'Content-Disposition': 'attachment; filename="comporta-usage.csv"',
          },
          release,
        );
      }
      return streamText(jsonPieces(rows, asked, answer), { 'Content-Type': 'application/json' }, release);
    },
  ),
];

function questionOf(query: z.output<typeof usageQuery>, nowWallMs: number): UsageQuery {
  const fromMs = wallMsOf(query.from, nowWallMs);
  const toMs = wallMsOf(query.to, nowWallMs);
  if (fromMs >= toMs) throw invalid([{ field: 'from', message: 'must be before `to`' }]);
  const wanted = USAGE_DIMENSIONS.flatMap((dimension) => {
    const chosen = query[dimension];
    return chosen === undefined ? [] : [[dimension, chosen] as const];
  });
  return {
    fromMs,
    toMs,
    bucket: query.bucket,
    groupBy: query.group_by ?? [],
    filters: wanted.length === 0 ? undefined : Object.fromEntries(wanted),
    orderBy: query.order_by,
    limit: query.limit,
  };
}

/** The ledger knows bounds of its own, and says which it was. */
async function ask(query: () => Promise<UsageAnswer>): Promise<UsageAnswer> {
  try {
    return await query();
  } catch (error) {
    if (error instanceof RangeError) throw invalid([{ field: '', message: error.message }]);
    throw error;
  }
}

function unsupported({ dimensions, supported }: Extract<UsageAnswer, { kind: 'unsupported' }>) {
  const known = supported.map((together) => together.join(', ')).join(' | ');
  return invalid([
    {
      field: 'group_by',
      message: `${dimensions.join(', ')} are not kept together; groups and filters must all be from one of: ${known}`,
    },
  ]);
}

function preferred(accept: string | null): 'json' | 'csv' {
  const types = (accept ?? '').split(',').map((type) => type.split(';')[0]!.trim().toLowerCase());
  const csv = types.indexOf('text/csv');
  const jsonAt = types.indexOf('application/json');
  return csv !== -1 && (jsonAt === -1 || csv < jsonAt) ? 'csv' : 'json';
}

async function* jsonPieces(
  rows: AsyncIterable<Parameters<typeof viewOf>[0]>,
  asked: UsageQuery,
  { fromMs, toMs }: Extract<UsageAnswer, { kind: 'rows' }>,
): AsyncGenerator<string> {
  const head = {
    from: isoTime(fromMs),
    to: isoTime(toMs),
    bucket: asked.bucket ?? null,
    group_by: asked.groupBy,
  };
  yield `${JSON.stringify(head).slice(0, -1)},"rows":[`;
  let isFirst = true;
  for await (const row of rows) {
    yield `${isFirst ? '' : ','}\n${JSON.stringify(viewOf(row))}`;
    isFirst = false;
  }
  yield ']}\n';
}

/** The same rows, the first one read already, and how to let go of them when nobody wants them. */
async function begun<Row>(source: AsyncIterable<Row>) {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  const release = async (): Promise<void> => {
    await iterator.return?.();
  };
  const rows = async function* (): AsyncGenerator<Row> {
    try {
      for (let next = first; next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await release();
    }
  };
  return { rows: rows(), release };
}
