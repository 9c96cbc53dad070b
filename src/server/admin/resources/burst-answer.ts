import { z } from '@hono/zod-openapi';
import type { BurstCall } from '../../../caller/burst.ts';
import { latencyOf } from '../../../caller/burst-document.ts';
import type { BurstForecast } from '../../../caller/burst-plan.ts';
import type { BurstRun } from '../../../caller/burst-run.ts';
import { countFailures } from '../../../caller/failure-counts.ts';
import { maskNumbers } from '../../../shared/mask-numbers.ts';
import { formatRate } from '../../../shared/units.ts';
import { isoTime, roundMs } from '../wall-time.ts';
import type { burstCall, burstForecast, burstView, burstWithCalls } from './burst-view.ts';

/** Calls on one page. */
const MOST_CALLS = 1_000;

export function forecastView(forecast: BurstForecast): z.output<typeof burstForecast> {
  return {
    upstream: forecast.upstream,
    sandbox: forecast.sandbox,
    count: forecast.count,
    expected_ms: forecast.expectedMs === undefined ? null : roundMs(forecast.expectedMs),
    limit: forecast.limit ?? null,
    bounded_by: forecast.boundedBy,
    already_waiting: forecast.alreadyWaiting,
    will_be_refused: forecast.willBeRefused,
    obstacles: [...forecast.obstacles],
  };
}

export function viewOf(run: BurstRun): z.output<typeof burstView> {
  const { plan, calls, elapsedMs, judged } = run;
  const failures = maskedNames(countFailures(calls));
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  return {
    id: run.id,
    status: run.status,
    route: plan.route.path,
    upstream: plan.upstream,
    started_at: isoTime(run.startedAtMs),
    elapsed_ms: roundMs(elapsedMs),
    settings: {
      count: plan.count,
      concurrency: plan.concurrency,
      priority_mix: plan.mixText ?? null,
      rate: plan.rate === undefined ? null : formatRate(plan.rate),
      client: maskNumbers(plan.client),
      same: plan.same,
      seed: run.seed,
    },
    forecast: forecastView(plan.forecast),
    done: calls.length,
    succeeded: calls.length - failed,
    failed,
    waiting: run.waiting,
    failures,
    latency_ms: latencyOf(calls),
    rate_per_sec: elapsedMs > 0 ? roundMs((calls.length / elapsedMs) * 1_000) : 0,
    sandbox:
      judged === undefined
        ? null
        : {
            arrivals: judged.arrivals,
            closest_spacing_ms: judged.closestSpacingMs,
            violations: judged.violations,
          },
  };
}

/** With the calls that came after the first `after`. */
export function progressOf(run: BurstRun, after: number): z.output<typeof burstWithCalls> {
  const page = run.calls.slice(after, after + MOST_CALLS);
  const calls = page.map((call, index) => callView(call, after + index));
  return { ...viewOf(run), calls, next: after + calls.length };
}

/** `url` … `sandbox`: as `comporta burst --json`, in its names. */
export const burstReport = z
  .looseObject({
    id: z.string(),
    route: z.string(),
    upstream: z.string(),
    forecast: z.looseObject({ expectedMs: z.number().nullable() }),
    calls: z.array(z.looseObject({ n: z.number().int(), atMs: z.number() })).describe('Every finished call.'),
  })
  .openapi('BurstReport', {
    description: 'The document of `comporta burst --json`, the forecast and every call.',
  });

export function reportOf(run: BurstRun): z.output<typeof burstReport> {
  const { forecast } = run.plan;
  const document = run.document();
  return {
    ...document,
    url: maskNumbers(document.url),
    failures: maskedNames(document.failures),
    id: run.id,
    route: run.plan.route.path,
    upstream: run.plan.upstream,
    forecast: { ...forecast, expectedMs: forecast.expectedMs ?? null, limit: forecast.limit ?? null },
    calls: run.calls.map((call, n) => {
      const { at_ms: atMs, latency_ms: latencyMs, cache_hit: cacheHit, ...rest } = callView(call, n);
      return { ...rest, atMs, latencyMs, cacheHit };
    }),
  };
}

function callView(call: BurstCall, n: number): z.output<typeof burstCall> {
  const { outcome } = call;
  return {
    n,
    at_ms: roundMs(call.atMs),
    latency_ms: roundMs(call.latencyMs),
    urgency: call.urgency ?? null,
    ok: outcome.kind === 'ok',
    cache_hit: call.cacheHit,
    code: outcome.kind === 'failed' ? maskNumbers(outcome.code) : null,
  };
}

/** Codes are the upstream’s own words, and might be anybody’s number. */
function maskedNames(counts: Readonly<Record<string, number>>): Record<string, number> {
  // Without a prototype: a code may be called `constructor`.
  const masked: Record<string, number> = Object.create(null);
  for (const [code, count] of Object.entries(counts)) {
    const name = maskNumbers(code);
    masked[name] = (masked[name] ?? 0) + count;
  }
  return masked;
}
