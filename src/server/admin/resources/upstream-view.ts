import { z } from '@hono/zod-openapi';
import type { BreakerState } from '../../../policies/breaker/breaker.ts';
import type { LimitSettings } from '../../../policies/limiter/limit-set.ts';
import type { Clock } from '../../../shared/clock.ts';
import { formatDuration, formatRate } from '../../../shared/units.ts';
import type { GateSettings, GateSnapshot } from '../../../state/contracts.ts';
import { orNull } from '../or-null.ts';
import type { AdminPorts, UpstreamPort } from '../ports.ts';
import { notFound } from '../problems.ts';
import { moment, roundMs, wallTime } from '../wall-time.ts';

const ms = z.number().describe('In ms.');

const breakerStatus = z
  .object({
    state: z.enum(['closed', 'open', 'half_open']).describe('What it does to calls, by itself or forced.'),
    forced: z.boolean(),
    since: moment.nullable(),
    until: moment.nullable().describe('When it tries again, or a forced state ends.'),
    reason: z.string().nullable().describe('Why it opened.'),
    consecutive_failures: z.number().int(),
  })
  .openapi('BreakerStatus');

const pauseStatus = z
  .object({ until: moment.nullable().describe('Null: until resumed.'), reason: z.string() })
  .openapi('PauseStatus');

export const upstreamStatus = z
  .object({
    name: z.string(),
    waiting: z.number().int(),
    running: z.number().int(),
    oldest_wait_ms: ms,
    breaker: orNull(breakerStatus, 'Null: it has none.'),
    pause: orNull(pauseStatus),
    next_slot_in_ms: ms
      .nullable()
      .describe('When the limits allow the next call; 0: now. Null: not before something ends.'),
    counters: z.object({
      granted: z.number().int(),
      sent: z.number().int(),
      cancelled: z.number().int(),
      refused: z.record(z.string(), z.number().int()).describe('By error code.'),
      pauses: z.number().int(),
      breaker_opened: z.number().int(),
    }),
  })
  .openapi('UpstreamStatus');

const limitView = z.union([
  z.string().openapi({ example: '1 per 1s' }),
  z.object({ rate: z.string(), even: z.literal(true) }),
]);

export const upstreamSettings = z
  .object({
    limits: z.array(limitView).describe('As in the configuration file. Empty: not paced.'),
    concurrency: z.number().int().nullable(),
    queue: z.object({
      policy: z.enum(['fifo', 'priority', 'fair']),
      aging: z.string(),
      max_size: z.number().int(),
    }),
    breaker: z
      .object({
        consecutive: z.number().int().nullable(),
        open_for: z.string(),
        probes: z.number().int(),
      })
      .nullable(),
  })
  .openapi('UpstreamSettings');

export const upstreamDetail = z
  .object({
    name: z.string(),
    url: z.string(),
    paced: z.boolean().describe('Whether limits may be set while it runs.'),
    settings: upstreamSettings,
    status: upstreamStatus,
  })
  .openapi('Upstream');

export function statusOf(
  clock: Clock,
  name: string,
  snapshot: GateSnapshot,
): z.output<typeof upstreamStatus> {
  const { breaker, pause, counters, nextSlotAtMs } = snapshot;
  return {
    name,
    waiting: snapshot.waiting,
    running: snapshot.running,
    oldest_wait_ms: roundMs(snapshot.oldestWaitMs),
    breaker: breaker === undefined ? null : breakerOf(clock, breaker),
    pause: pause === undefined ? null : { until: wallTime(clock, pause.untilMs), reason: pause.reason },
    next_slot_in_ms: Number.isFinite(nextSlotAtMs) ? roundMs(Math.max(0, nextSlotAtMs - clock.now())) : null,
    counters: {
      granted: counters.granted,
      sent: counters.sent,
      cancelled: counters.cancelled,
      refused: counters.refused,
      pauses: counters.pauses,
      breaker_opened: counters.breakerOpened,
    },
  };
}

function breakerOf(clock: Clock, state: BreakerState): z.output<typeof breakerStatus> {
  const plain = { forced: false, since: null, until: null, reason: null, consecutive_failures: 0 };
  switch (state.kind) {
    case 'closed':
      return { ...plain, state: 'closed', consecutive_failures: state.consecutiveFailures };
    case 'open': {
      const { sinceMs, untilMs, reason } = state;
      return {
        ...plain,
        state: 'open',
        since: wallTime(clock, sinceMs),
        until: wallTime(clock, untilMs),
        reason,
      };
    }
    case 'half_open':
      return { ...plain, state: 'half_open', since: wallTime(clock, state.sinceMs) };
    case 'forced':
      return { ...plain, state: state.as, forced: true, until: wallTime(clock, state.untilMs) };
  }
}

export function settingsOf({
  limits,
  concurrency,
  queue,
  breaker,
}: GateSettings): z.output<typeof upstreamSettings> {
  return {
    limits: limits.map(limitOf),
    concurrency: concurrency ?? null,
    queue: { policy: queue.policy, aging: formatDuration(queue.agingMs), max_size: queue.maxSize },
    breaker:
      breaker === undefined
        ? null
        : {
            consecutive: breaker.consecutive ?? null,
            open_for: formatDuration(breaker.openForMs),
            probes: breaker.probes,
          },
  };
}

function limitOf({ rate, even }: LimitSettings): z.output<typeof limitView> {
  return even ? { rate: formatRate(rate), even } : formatRate(rate);
}

export function detailOf(
  clock: Clock,
  name: string,
  upstream: UpstreamPort,
): z.output<typeof upstreamDetail> {
  const { url, paced, gate } = upstream;
  return {
    name,
    url,
    paced,
    settings: settingsOf(gate.settings()),
    status: statusOf(clock, name, gate.snapshot()),
  };
}

/** Throws `not_found` when no upstream has the name. */
export function requireUpstream(ports: AdminPorts, name: string): UpstreamPort {
  const upstream = ports.upstreams.get(name);
  if (upstream === undefined) throw notFound(`upstream ${JSON.stringify(name)}`);
  return upstream;
}
