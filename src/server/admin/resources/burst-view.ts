import { z } from '@hono/zod-openapi';
import { moment } from '../wall-time.ts';

const count = z.number().int();
const ms = z.number().describe('In ms.');

/** How a burst would go, as things stand. */
export const burstForecast = z
  .object({
    upstream: z.string(),
    sandbox: z.boolean().describe('Whether the route leads to the sandbox; anything else needs `confirm`.'),
    count,
    expected_ms: ms.nullable().describe('Null: nobody can know, such as while the upstream is paused.'),
    limit: z.string().nullable().describe('The limit that decides. Null: none does.'),
    bounded_by: z.enum(['limit', 'concurrency', 'rate', 'cache', 'nothing']),
    already_waiting: count,
    will_be_refused: count.describe(
      'Calls that find no place in the queue, or no time before their deadline.',
    ),
    obstacles: z.array(
      z.enum(['breaker_open', 'paused', 'queue_full', 'deadline', 'client_limit', 'too_long']),
    ),
  })
  .openapi('BurstForecast');

const latencySummary = z.object({ p50: ms, p95: ms, p99: ms, max: ms }).nullable();

export const burstCall = z
  .object({
    n: count.describe('Order of completion, from 0.'),
    at_ms: ms.describe('When it was done, from the start of the burst.'),
    latency_ms: ms,
    urgency: count.nullable(),
    ok: z.boolean(),
    cache_hit: z.boolean(),
    code: z.string().nullable().describe('Why it failed: the problem’s code, or `http_<status>`.'),
  })
  .openapi('BurstCall');

export const burstView = z
  .object({
    id: z.string(),
    status: z.enum(['running', 'done', 'aborted']),
    route: z.string(),
    upstream: z.string(),
    started_at: moment,
    elapsed_ms: ms,
    settings: z.object({
      count,
      concurrency: count,
      priority_mix: z.string().nullable(),
      rate: z.string().nullable(),
      client: z.string(),
      same: z.boolean(),
      seed: count,
    }),
    forecast: burstForecast.describe('As it was before the start.'),
    done: count,
    succeeded: count,
    failed: count,
    waiting: count.describe('Sent and not answered.'),
    failures: z.record(z.string(), count).describe('By code.'),
    latency_ms: latencySummary,
    rate_per_sec: z.number().describe('Finished calls per second so far.'),
    sandbox: z
      .object({
        arrivals: count,
        closest_spacing_ms: ms.nullable(),
        violations: count,
      })
      .nullable()
      .describe('What the sandbox saw, once the burst has ended. Null: nobody judges.'),
  })
  .openapi('Burst');

export const burstWithCalls = burstView
  .extend({
    calls: z.array(burstCall).describe('Those after `after`, oldest first, at most 1,000.'),
    next: count.describe('Ask with it as `after` for what comes next.'),
  })
  .openapi('BurstProgress');
