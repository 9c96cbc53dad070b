import { z } from '@hono/zod-openapi';
import type { BreakerSettings, BreakerState } from '../../../policies/breaker/breaker.ts';
import { ceilingPerSecond } from '../../../policies/limiter/ceiling.ts';
import type { LimitSettings } from '../../../policies/limiter/limit-set.ts';
import type { Clock } from '../../../shared/clock.ts';
import { formatDuration, formatRate } from '../../../shared/units.ts';
import type { GateSettings, LimitUse } from '../../../state/contracts.ts';
import { orNull } from '../or-null.ts';
import type { AdminPorts, UpstreamPort } from '../ports.ts';
import { notFound } from '../problems.ts';
import { moment, roundMs, wallTime } from '../wall-time.ts';

const ms = z.number().describe('In ms.');

const breakerWindow = z
  .object({
    failure_rate: z.object({ calls: z.number().int(), failures: z.number().int() }).nullable(),
    slow_calls: z.object({ calls: z.number().int(), slow: z.number().int() }).nullable(),
  })
  .openapi('BreakerWindow');

const breakerStatus = z
  .object({
    state: z.enum(['closed', 'open', 'half_open']).describe('What it does to calls, by itself or forced.'),
    forced: z.boolean(),
    since: moment
      .nullable()
      .describe('When it came into this state. Null: it has always been closed, or it is forced.'),
    until: moment.nullable().describe('When it tries again, or a forced state ends.'),
    reason: z.string().nullable().describe('Why it opened.'),
    consecutive_failures: z.number().int().describe('In a row: so far, or those that opened it.'),
    window: breakerWindow.describe(
      'What the rules on shares have counted in the window that ends now. Null: there is no such rule.',
    ),
  })
  .openapi('BreakerStatus');

const pauseStatus = z
  .object({ until: moment.nullable().describe('Null: until resumed.'), reason: z.string() })
  .openapi('PauseStatus');

const limitStatus = z
  .object({
    limit: z.string().openapi({ example: '1 per 1s' }),
    even: z.boolean(),
    count: z.number().int(),
    window_ms: z.number(),
    used: z.number().int().describe('Calls in the window that ends now.'),
    left: z.number().int().describe('Calls that the window has room for.'),
  })
  .openapi('LimitStatus');

export const upstreamStatus = z
  .object({
    name: z.string(),
    paced: z.boolean().describe('Whether calls are spaced or bounded.'),
    policy: z.enum(['fifo', 'priority', 'fair']),
    waiting: z.number().int(),
    waiting_by_urgency: z
      .array(z.number().int())
      .describe('Eight numbers, the most urgent first (RFC 9218).'),
    drained_in_ms: ms.nullable().describe('When everybody who waits has gone. Null: nobody can know.'),
    running: z.number().int(),
    oldest_wait_ms: ms,
    limits: z.array(limitStatus),
    ceiling_per_second: z
      .number()
      .int()
      .nullable()
      .describe('The most calls that the limits let out within any one second. Null: they bound none.'),
    concurrency: z.number().int().nullable().describe('Calls that may be in flight at once. Null: any.'),
    breaker: orNull(breakerStatus, 'Null: it has none.'),
    pause: orNull(pauseStatus),
    next_slot_in_ms: ms
      .nullable()
      .describe('When the limits allow the next call; 0: now. Null: not before something ends.'),
    counters: z.object({
      entered: z.number().int().describe('Calls that came to the gate, retries included.'),
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

const share = z.number().describe('From 0 to 1.');

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
        failure_rate: z
          .object({ threshold: share, window: z.string(), minimum: z.number().int() })
          .nullable(),
        slow_calls: z
          .object({ duration: z.string(), threshold: share, window: z.string(), minimum: z.number().int() })
          .nullable(),
        open_for: z.string(),
        probes: z.number().int(),
        probe_timeout: z.string(),
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

/** An upstream as it is now. */
export function statusOf(
  clock: Clock,
  name: string,
  { paced, gate, counters: ofFleet }: UpstreamPort,
): z.output<typeof upstreamStatus> {
  const snapshot = gate.snapshot();
  const settings = gate.settings();
  const { breaker, breakerWindow: window, pause, nextSlotAtMs, drainMs } = snapshot;
  const counters = ofFleet?.(snapshot.counters) ?? snapshot.counters;
  return {
    name,
    paced,
    policy: snapshot.policy,
    waiting: snapshot.waiting,
    waiting_by_urgency: [...snapshot.waitingByUrgency],
    drained_in_ms: drainMs === undefined ? null : roundMs(drainMs),
    running: snapshot.running,
    oldest_wait_ms: roundMs(snapshot.oldestWaitMs),
    limits: snapshot.limits.map(useOf),
    ceiling_per_second: ceilingPerSecond(settings.limits) ?? null,
    concurrency: settings.concurrency ?? null,
    breaker:
      breaker === undefined
        ? null
        : {
            ...breakerOf(clock, breaker, settings.breaker?.consecutive),
            window: { failure_rate: window?.failureRate ?? null, slow_calls: window?.slowCalls ?? null },
          },
    pause: pause === undefined ? null : { until: wallTime(clock, pause.untilMs), reason: pause.reason },
    next_slot_in_ms: Number.isFinite(nextSlotAtMs) ? roundMs(Math.max(0, nextSlotAtMs - clock.now())) : null,
    counters: {
      entered: counters.entered,
      granted: counters.granted,
      sent: counters.sent,
      cancelled: counters.cancelled,
      refused: counters.refused,
      pauses: counters.pauses,
      breaker_opened: counters.breakerOpened,
    },
  };
}

function useOf({ rate, even, used }: LimitUse): z.output<typeof limitStatus> {
  const { count, windowMs } = rate;
  return {
    limit: formatRate(rate),
    even,
    count,
    window_ms: windowMs,
    used,
    left: Math.max(0, count - used),
  };
}

/** `opensAfter`: failures in a row; undefined where the breaker does not count them. */
function breakerOf(
  clock: Clock,
  state: BreakerState,
  opensAfter: number | undefined,
): Omit<z.output<typeof breakerStatus>, 'window'> {
  const plain = { forced: false, since: null, until: null, reason: null, consecutive_failures: 0 };
  switch (state.kind) {
    case 'closed':
      return {
        ...plain,
        state: 'closed',
        since: wallTime(clock, state.sinceMs),
        consecutive_failures: state.consecutiveFailures,
      };
    case 'open': {
      const { sinceMs, untilMs, reason } = state;
      return {
        ...plain,
        state: 'open',
        since: wallTime(clock, sinceMs),
        until: wallTime(clock, untilMs),
        reason,
        consecutive_failures: reason === 'consecutive' ? (opensAfter ?? 0) : 0,
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
    breaker: breaker === undefined ? null : breakerSettingsOf(breaker),
  };
}

function breakerSettingsOf({
  consecutive,
  failureRate,
  slowCalls,
  openForMs,
  probes,
  probeTimeoutMs,
}: BreakerSettings): NonNullable<z.output<typeof upstreamSettings>['breaker']> {
  return {
    consecutive: consecutive ?? null,
    failure_rate: failureRate === undefined ? null : shareOf(failureRate),
    slow_calls:
      slowCalls === undefined
        ? null
        : { duration: formatDuration(slowCalls.durationMs), ...shareOf(slowCalls) },
    open_for: formatDuration(openForMs),
    probes,
    probe_timeout: formatDuration(probeTimeoutMs),
  };
}

function shareOf({ threshold, windowMs, minimum }: NonNullable<BreakerSettings['failureRate']>) {
  return { threshold, window: formatDuration(windowMs), minimum };
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
    status: statusOf(clock, name, upstream),
  };
}

/** Throws `not_found` when no upstream has the name. */
export function requireUpstream(ports: AdminPorts, name: string): UpstreamPort {
  const upstream = ports.upstreams.get(name);
  if (upstream === undefined) throw notFound(`upstream ${JSON.stringify(name)}`);
  return upstream;
}
