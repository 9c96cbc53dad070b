import { z } from '@hono/zod-openapi';
import { moment } from '../wall-time.ts';

const ms = z.number().describe('In ms.');

/** One request that ended a short while ago. */
export const requestView = z
  .object({
    seq: z.number().int().describe('Counts up; a gap was overwritten before anybody asked.'),
    id: z.string().describe('Numbers of a tax id’s length are masked, here and in the next ones.'),
    ended_at: moment,
    route: z.string(),
    upstream: z.string(),
    method: z.string(),
    path: z.string().describe('Without the query.'),
    client: z.string(),
    urgency: z.number().int().nullable().describe('Null: it became no command.'),
    outcome: z.enum(['success', 'client_error', 'upstream_error', 'refused', 'client_gone', 'truncated']),
    status: z.number().int(),
    code: z.string().nullable().describe('The error, also one that a stale answer hides.'),
    cache: z.enum(['hit', 'stale', 'miss', 'none']),
    total_ms: ms,
    queue_ms: ms.nullable().describe('At the gate, over all attempts. Null: it never came there.'),
    upstream_ms: ms.nullable(),
    attempts: z.number().int(),
    bytes: z.number().int(),
  })
  .openapi('RequestRecord');

export const requestTail = z
  .object({
    items: z.array(requestView).describe('Newest first.'),
    next: z.number().int().describe('Ask with it as `after` for what came since.'),
    missed: z.number().int().describe('Ended after `after`, and overwritten before this question.'),
    omitted: z.number().int().describe('Ended after `after` as well, and did not fit into `limit`.'),
    held: z.number().int().describe('How many the ring holds.'),
  })
  .openapi('RequestTail');
