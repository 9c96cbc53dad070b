import { z } from '@hono/zod-openapi';
import { moment } from '../wall-time.ts';
import { upstreamStatus } from './upstream-view.ts';

/** What the live stream carries. Each frame is made once a second and sent to everybody who listens, as it is. */

const count = z.number().int();
const ms = z.number().describe('In ms.');

const latency = z.object({ count, average: ms, p50: ms, p95: ms, p99: ms });

/** What happened within one second. */
export const liveSample = z
  .object({
    at: moment.describe('The end of the second.'),
    requests: count.describe('That ended.'),
    successes: count,
    failures: z
      .object({
        client_error: count,
        upstream_error: count,
        refused: count,
        client_gone: count,
        truncated: count,
      })
      .describe('By outcome.'),
    cache: z.object({ hit: count, stale: count, miss: count, none: count }),
    latency: z.object({ average: ms, p50: ms, p95: ms, p99: ms }).nullable().describe('Null: nothing ended.'),
    in_flight: count.describe('At the end of the second, as the next three.'),
    waiting: count,
    running: count,
    oldest_wait_ms: ms,
    upstreams: z
      .record(
        z.string(),
        z.object({
          arrivals: count.describe('Calls that came to the gate.'),
          sends: count.describe('Requests that were written.'),
          cached: count.describe('Requests that the cache answered instead, stale ones included.'),
          waiting: count,
        }),
      )
      .describe('By name; all of the configuration.'),
  })
  .openapi('LiveSample');

/** Something worth a line on the timeline. */
export const timelineEntry = z
  .object({
    id: count.describe('Counts up.'),
    at: moment,
    kind: z.enum([
      'started',
      'breaker',
      'provider_pause',
      'paused',
      'resumed',
      'operator',
      'reload',
      'burst',
      'ledger',
      'state',
    ]),
    upstream: z.string().nullable(),
    /** What the text of the kind is filled with. Never the number of a person. */
    facts: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
      .describe('By kind; breaker: from, to, reason, for_ms. operator: actor, action, subject.'),
    times: count.describe('How often it happened since the entry began; then `at` is the last time.'),
  })
  .openapi('TimelineEntry');

/** Where queues, pacing and breakers are kept, and whether that can be reached. */
export const hotState = z
  .object({
    kind: z.enum(['memory', 'redis']),
    status: z.enum(['ok', 'away']).describe('away: no paced call goes out.'),
    since: moment.nullable().describe('Since when it is so. Null: memory is always there.'),
    reason: z.string().nullable().describe('Why it is away.'),
  })
  .openapi('HotState');

/** How things stand at the end of the second. */
export const liveState = z
  .object({
    totals: z
      .object({
        requests: count,
        successes: count,
        failures: count,
        in_flight: count,
        latency_ms: z.object({ average: ms, p50: ms, p95: ms, p99: ms }),
      })
      .describe('Since start; the counters of `/metrics`.'),
    minute: z
      .object({
        seconds: count.describe('How much of the minute there is: less after a start.'),
        latency: latency.nullable().describe('Null: nothing ended.'),
        split: z
          .object({ queue: ms, gateway: ms, upstream: ms })
          .nullable()
          .describe('Where the average request spent its time.'),
        errors: z.record(z.string(), count).describe('Refusals and failures by error code.'),
        cache_hit_ratio: z.number().nullable().describe('0…1, of requests to cached routes. Null: none.'),
      })
      .describe('The last 60 seconds.'),
    cache: z.object({ entries: count, bytes: count, max_bytes: count.nullable(), evictions: count }),
    denied_clients: count,
    ledger: z.object({
      status: z.enum(['ok', 'degraded']),
      since: moment.nullable(),
      reason: z.string().nullable(),
    }),
    readiness: z.object({ status: z.enum(['ready', 'degraded', 'unready']), reasons: z.array(z.string()) }),
    hot_state: hotState,
    fleet: z
      .object({
        nodes: count.describe('Processes that share the state, this one included.'),
        drift: z.boolean().describe('Some have another configuration; see `/fleet`.'),
      })
      .describe('Totals, samples and upstreams are those of all of them.'),
    /** The burst that runs, or ran last. */
    burst: z.object({ id: z.string(), status: z.enum(['running', 'done', 'aborted']) }).nullable(),
    dashboards: count.describe('Who listens to this stream.'),
  })
  .openapi('LiveState');

/** Event `snapshot`: everything, sent first and whenever what was missed is no longer at hand. */
export const liveSnapshot = z
  .object({
    boot: z.string().describe('Another one: another process, whose counters began anew.'),
    seq: count.describe('The event’s id is `<boot>-<seq>`; send it as `Last-Event-ID` to go on from there.'),
    now: moment,
    version: z.string(),
    environment: z.string().nullable(),
    started_at: moment,
    samples: z.array(liveSample).describe('Oldest first, at most 60.'),
    state: liveState,
    upstreams: z.array(upstreamStatus).describe('In the order of the configuration.'),
    timeline: z.array(timelineEntry).describe('Oldest first, at most 100.'),
  })
  .openapi('LiveSnapshot');

/** Event `delta`: one second later. */
export const liveDelta = z
  .object({
    seq: count,
    now: moment,
    sample: liveSample,
    state: liveState,
    upstreams: z.array(upstreamStatus).describe('Those that changed.'),
    removed: z.array(z.string()).describe('Names of upstreams that are gone.'),
    timeline: z.array(timelineEntry).describe('New ones, and those that happened again (same id).'),
  })
  .openapi('LiveDelta');
