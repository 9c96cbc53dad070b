import type { z } from '@hono/zod-openapi';
import { BURST_BOUNDS, type BurstForecast, type BurstPlan } from '../../../caller/burst-plan.ts';
import { type MixPart, parsePriorityMix } from '../../../caller/priority-mix.ts';
import { cpfParams } from '../../../caller/route-request.ts';
import { section } from '../../../config/schema/section.ts';
import type { Rate } from '../../../shared/units.ts';
import { Histogram } from '../../../usage/histogram.ts';
import { forecast } from '../forecast/forecast.ts';
import { flag, integer, line, RATE_FORM, readRate, refuse, textField } from '../input/fields.ts';
import type { AdminPorts } from '../ports.ts';
import { invalid } from '../problems.ts';
import {
  type CalledRoute,
  calledRoute,
  clientField,
  missingParams,
  routeFields,
  takesBody,
} from './called-route.ts';

const DEFAULT_COUNT = 20;
const DEFAULT_CLIENT = 'load-test';

interface Mix {
  readonly text: string;
  readonly parts: readonly MixPart[];
}

/** What a burst is to be. */
export const burstRequest = section({
  ...routeFields,
  count: integer('Calls.', { min: 1, max: BURST_BOUNDS.count }).prefault(DEFAULT_COUNT),
  concurrency: integer('Calls at once. Default: all, up to 1,000.', {
    min: 1,
    max: BURST_BOUNDS.concurrency,
  }).optional(),
  priority_mix: textField<Mix>({
    expected: 'shares of the calls that carry a priority, such as 10%:0,20%:5',
    document: {
      type: 'string',
      description: 'Shares of the calls that carry a priority; the others say nothing.',
      example: '10%:0,20%:5',
    },
    read(text) {
      const parsed = parsePriorityMix(text);
      return parsed.ok ? { text, parts: parsed.mix } : refuse(parsed.reason);
    },
  }).optional(),
  rate: textField<Rate>({
    expected: RATE_FORM,
    document: {
      type: 'string',
      description: 'Start calls evenly at this rate, instead of as many at once as may.',
      example: '20/s',
    },
    read: readRate,
  }).optional(),
  client: clientField.prefault(DEFAULT_CLIENT),
  same: flag('Every call asks for the same; otherwise each brings a CPF of its own.', false).prefault(false),
  seed: integer('Repeats a burst: the same CPFs and priorities. Default: any.', {
    min: 0,
    max: BURST_BOUNDS.seed,
  }).optional(),
  confirm: line('The upstream’s name, where the route does not lead to the sandbox.', { max: 64 }).optional(),
}).openapi('BurstRequest');

export type BurstRequest = z.output<typeof burstRequest>;

/** Throws `invalid_request` naming what cannot be called. */
export function burstPlan(ports: AdminPorts, request: BurstRequest): BurstPlan {
  const called = calledRoute(ports, request);
  const { config, method, isSandbox, timeoutMs } = called;
  const { params, count, priority_mix: mix } = request;
  const missing = missingParams(config, params);
  if (missing.length > 0) throw invalid(missing);
  const concurrency = request.concurrency ?? Math.min(count, BURST_BOUNDS.concurrency);
  const body = request.body ?? (config.body === 'json' && takesBody(method) ? '{}' : undefined);
  return {
    route: config,
    upstream: config.upstream,
    sandbox: isSandbox,
    call: { method, rest: request.path, params, headers: {}, body },
    client: request.client,
    count,
    concurrency,
    mix: mix?.parts ?? [],
    mixText: mix?.text,
    rate: request.rate,
    same: request.same,
    seed: request.seed,
    timeoutMs,
    forecast: burstForecast(ports, called, { ...request, concurrency }),
  };
}

function burstForecast(
  ports: AdminPorts,
  { config, upstream, isSandbox, method }: CalledRoute,
  { count, concurrency, rate, same, params }: BurstRequest & { readonly concurrency: number },
): BurstForecast {
  const isRead = method === 'GET' || method === 'HEAD';
  const isAlike = same || cpfParams(config, params).length === 0;
  const sharing = config.cache !== undefined ? 'cached' : config.coalesce ? 'coalesced' : undefined;
  const answer = forecast({
    count,
    concurrency,
    rate,
    sharing: isRead && isAlike ? sharing : undefined,
    clientLimit: config.clientLimit?.rate,
    maxWaitMs: upstream.maxWaitMs,
    serviceMs: serviceTime(ports, config.upstream),
    settings: upstream.gate.settings(),
    snapshot: upstream.gate.snapshot(),
    nowMs: ports.clock.now(),
  });
  return { ...answer, upstream: config.upstream, sandbox: isSandbox };
}

/** The median of the upstream’s calls since start, in ms; undefined before the first. */
function serviceTime({ recorder }: AdminPorts, upstream: string): number | undefined {
  const calls = new Histogram();
  for (const usage of recorder.all()) if (usage.upstream === upstream) calls.merge(usage.upstreamMs);
  return calls.count === 0 ? undefined : calls.quantile(0.5);
}
