import type { BreakerSettings } from '../../policies/breaker/breaker.ts';
import { DEFAULT_BREAKER_FAILURES, type FailureClass } from '../../policies/breaker/failure-class.ts';
import { failureClass } from './retry.ts';
import { duration, integer, share } from './scalars.ts';
import { listOf, section } from './section.ts';

/** A breaker, and what counts as a failure for it. */
export type BreakerConfig = BreakerSettings & { readonly failures: readonly FailureClass[] };

/** Opens after this many failures in a row when nothing else is said. */
const DEFAULT_CONSECUTIVE = 5;

const window = duration('The time that is looked back on.', { min: 1_000, max: 86_400_000 }).prefault('60s');
const minimum = integer('Calls in the window below which nothing is decided.', {
  min: 1,
  max: 1_000_000,
}).prefault(10);

const failureRate = section({
  threshold: share('Opens when at least this share of the calls in the window failed.', {
    min: 0.01,
  }).prefault('50%'),
  window,
  minimum,
});

const slowCalls = section({
  duration: duration('A call that takes longer than this is slow.', { min: 1 }),
  threshold: share('Opens when at least this share of the calls in the window was slow.', {
    min: 0.01,
  }).prefault('50%'),
  window,
  minimum,
});

/** Gives the settings for an upstream of the given timeout: that is how long a probe may take by default. */
export const breaker = section({
  consecutive: integer(
    'Opens after this many failures in a row. 5 when neither `failure_rate` nor `slow_calls` is given.',
    { min: 1, max: 10_000 },
  ).optional(),
  failure_rate: failureRate.optional().describe('Opens on a share of failed calls.'),
  slow_calls: slowCalls.optional().describe('Opens on a share of slow calls.'),
  open_for: duration('How long it refuses calls before it lets probes through.', {
    min: 1,
    max: 86_400_000,
  }).prefault('30s'),
  probes: integer('Calls that are let through half-open; all must succeed to close it.', {
    min: 1,
    max: 1_000,
  }).prefault(1),
  probe_timeout: duration(
    'How long a probe may take before it counts as a failure. Default: the upstream’s `timeout`.',
    {
      min: 1,
      max: 3_600_000,
    },
  ).optional(),
  failures: listOf(failureClass, 64)
    .prefault([...DEFAULT_BREAKER_FAILURES])
    .describe('What counts as a failure: statuses, `4xx`, `5xx`, `timeout`, `connection`.'),
}).transform((file) => (upstreamTimeoutMs: number): BreakerConfig => {
  const byRate = file.failure_rate;
  const bySlowness = file.slow_calls;
  const isEmpty = file.consecutive === undefined && byRate === undefined && bySlowness === undefined;
  return {
    consecutive: isEmpty ? DEFAULT_CONSECUTIVE : file.consecutive,
    failureRate: byRate && { threshold: byRate.threshold, windowMs: byRate.window, minimum: byRate.minimum },
    slowCalls: bySlowness && {
      durationMs: bySlowness.duration,
      threshold: bySlowness.threshold,
      windowMs: bySlowness.window,
      minimum: bySlowness.minimum,
    },
    openForMs: file.open_for,
    probes: file.probes,
    probeTimeoutMs: file.probe_timeout ?? upstreamTimeoutMs,
    failures: file.failures,
  };
});
