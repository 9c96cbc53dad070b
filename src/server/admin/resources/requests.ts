import type { z } from '@hono/zod-openapi';
import { section } from '../../../config/schema/section.ts';
import type { TailPage, TailRecord } from '../../../live/request-tail.ts';
import { type ErrorCode, errorTable } from '../../../shared/errors.ts';
import { choice, line, queryInteger, textField } from '../input/fields.ts';
import { json, operation } from '../operation.ts';
import { isoTime, roundMs } from '../wall-time.ts';
import { requestTail, type requestView } from './request-view.ts';

const STATUS = /^[1-5](xx|\d\d)$/;

const filters = {
  route: line('Only of this route, by its path in the configuration.', { min: 1, max: 2_048 }).optional(),
  upstream: line('Only to this upstream.', { min: 1, max: 64 }).optional(),
  client: line('Only of clients with this text in them.', { min: 1, max: 300 }).optional(),
  outcome: choice('Only those that ended so.', [
    'success',
    'client_error',
    'upstream_error',
    'refused',
    'client_gone',
    'truncated',
  ]).optional(),
  status: textField<string>({
    expected: 'a status such as 404, or a class such as 4xx',
    document: {
      type: 'string',
      pattern: STATUS.source,
      description: 'Only with this status, or of this class.',
      example: '4xx',
    },
    read: (text) => (STATUS.test(text) ? text : undefined),
  }).optional(),
  code: choice('Only with this error.', Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]).optional(),
  cache: choice('Only those that the cache served so.', ['hit', 'stale', 'miss', 'none']).optional(),
  min_ms: queryInteger('Only those that took at least so long.', { min: 0, max: 86_400_000 }).optional(),
  method: line('Only with this method.', { min: 1, max: 32 }).optional(),
  text: line('Only with this text in their id or path.', { min: 1, max: 300 }).optional(),
};

/** The last requests, one by one. */
export const requestOperations = [
  operation(
    {
      id: 'listRequests',
      method: 'GET',
      path: '/requests',
      tag: 'live',
      summary: 'List the requests that ended last',
      description:
        'Of this process, from memory: a ring of 2,000. Ask again with `next` as `after` for what came since.',
      query: section({
        after: queryInteger('Only what came after the request with this `seq`.', {
          min: 0,
          max: Number.MAX_SAFE_INTEGER,
        }).optional(),
        limit: queryInteger('The most requests to answer with.', { min: 1, max: 200, default: 50 }).prefault(
          '50',
        ),
        ...filters,
      }),
      answers: [{ status: 200, description: 'Newest first.', schema: requestTail }],
    },
    ({ ports, query: { after, limit, min_ms: minMs, ...filter } }) =>
      json(tailOf(ports.tail.page({ after, limit, filter: { ...filter, minMs } }))),
  ),
];

function tailOf({ items, ...page }: TailPage): z.output<typeof requestTail> {
  return { items: items.map(viewOf), ...page };
}

function viewOf(one: TailRecord): z.output<typeof requestView> {
  return {
    seq: one.seq,
    id: one.id,
    ended_at: isoTime(one.endedAtMs),
    route: one.route,
    upstream: one.upstream,
    method: one.method,
    path: one.path,
    client: one.client,
    urgency: one.urgency ?? null,
    outcome: one.outcome,
    status: one.status,
    code: one.errorCode ?? null,
    cache: one.cache,
    total_ms: roundMs(one.totalMs),
    queue_ms: one.queueMs === undefined ? null : roundMs(one.queueMs),
    upstream_ms: one.upstreamMs === undefined ? null : roundMs(one.upstreamMs),
    attempts: one.attempts,
    bytes: one.bytes,
  };
}
