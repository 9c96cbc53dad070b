import { z } from '@hono/zod-openapi';
import { section } from '../../../config/schema/section.ts';
import type { LimitSettings } from '../../../policies/limiter/limit-set.ts';
import { maskNumbers } from '../../../shared/mask-numbers.ts';
import type { Rate } from '../../../shared/units.ts';
import type { GateSettings } from '../../../state/contracts.ts';
import {
  choice,
  duration,
  field,
  flag,
  integer,
  line,
  RATE_FORM,
  readRate,
  refuse,
  textField,
} from '../input/fields.ts';
import { json, operation } from '../operation.ts';
import type { UpstreamPort } from '../ports.ts';
import { AdminProblem, invalid } from '../problems.ts';
import { detailOf, requireUpstream, upstreamDetail } from './upstream-view.ts';

const DAY_MS = 86_400_000;
const MOST_LIMITS = 16;

export const upstreamName = section({ name: line('Its name in the configuration.', { max: 64 }) });

const rateText = textField<Rate>({
  expected: RATE_FORM,
  document: {
    type: 'string',
    description: 'At most so many calls in any window of that length.',
    example: '1 per 1s',
  },
  read: readRate,
});

interface Limit {
  readonly rate: Rate;
  readonly even: boolean;
}

const limit = z.union([
  rateText.transform((rate): Limit => ({ rate, even: false })),
  section({
    rate: rateText,
    even: flag('Spread the calls evenly over the window.', false).prefault(false),
  }).transform((one): Limit => one),
]);

const queuePatch = section({
  policy: choice('Who goes first.', ['fifo', 'priority', 'fair']).optional(),
  aging: duration('One level of urgency is worth this much waiting.', { minMs: 0, maxMs: DAY_MS }).optional(),
  max_size: integer('Requests that may wait at once.', { min: 0, max: 1_000_000 }).optional(),
}).openapi('QueuePatch');

const pausePatch = section({
  for: duration('For how long; absent: until resumed.', { minMs: 1, maxMs: DAY_MS }).optional(),
  reason: line('Told to whoever is refused because of it.', { min: 1, max: 200 }),
}).openapi('PausePatch');

const limitList = z
  .array(limit, { error: () => 'expected a list, such as ["1 per 1s"]' })
  .max(MOST_LIMITS, { error: `too many items: at most ${MOST_LIMITS} are allowed` })
  .openapi({ description: 'All hold together, strictly. Replaces the whole list; empty: not paced.' });

const concurrency = field<number | null>({
  expected: 'a whole number from 1 to 100,000, or null',
  document: {
    type: ['integer', 'null'],
    minimum: 1,
    maximum: 100_000,
    description: 'Calls in flight at once; null: not bounded.',
  },
  read(value) {
    if (value === null) return null;
    if (typeof value !== 'number') return undefined;
    if (!Number.isSafeInteger(value)) return refuse('must be a whole number');
    return value >= 1 && value <= 100_000 ? value : undefined;
  },
});

const patch = section({
  queue: queuePatch.optional(),
  limits: limitList.optional(),
  concurrency: concurrency.optional(),
  pause: pausePatch.nullable().optional().openapi({ description: 'Null resumes.' }),
}).openapi('UpstreamPatch');

/** What operators see of upstreams, and change while they run. */
export const upstreamOperations = [
  operation(
    {
      id: 'listUpstreams',
      method: 'GET',
      path: '/upstreams',
      tag: 'upstreams',
      summary: 'List the upstreams',
      answers: [
        { status: 200, description: 'All of them.', schema: z.object({ items: z.array(upstreamDetail) }) },
      ],
    },
    ({ ports }) =>
      json({ items: [...ports.upstreams].map(([name, one]) => detailOf(ports.clock, name, one)) }),
  ),
  operation(
    {
      id: 'getUpstream',
      method: 'GET',
      path: '/upstreams/{name}',
      tag: 'upstreams',
      summary: 'Show one upstream: its settings in force and its state',
      params: upstreamName,
      answers: [{ status: 200, description: 'The upstream.', schema: upstreamDetail }],
    },
    ({ ports, params }) => json(detailOf(ports.clock, params.name, requireUpstream(ports, params.name))),
  ),
  operation(
    {
      id: 'changeUpstream',
      method: 'PATCH',
      path: '/upstreams/{name}',
      tag: 'upstreams',
      summary: 'Change queue policy, limits and concurrency, pause or resume',
      description:
        'Applies at once, to those who wait too, until the process ends or the configuration is reloaded. What is not named stays. A pause that is shorter than the one that holds changes nothing; `pause` of the answer is the one that holds.',
      params: upstreamName,
      body: patch,
      answers: [{ status: 200, description: 'The upstream as it is now.', schema: upstreamDetail }],
      errors: ['conflict'],
    },
    async ({ ports, params, body, record }) => {
      const upstream = requireUpstream(ports, params.name);
      const { gate } = upstream;
      const before = detailOf(ports.clock, params.name, upstream);
      const settings = changedSettings(upstream, body);
      if (settings !== undefined) await configure(upstream, settings);
      if (body.pause === null) await gate.resume();
      else if (body.pause !== undefined) {
        const { for: forMs, reason } = body.pause;
        // Whoever waits is told the reason, and it goes into the audit log.
        await gate.pause(forMs === undefined ? undefined : ports.clock.now() + forMs, maskNumbers(reason));
      }
      const after = detailOf(ports.clock, params.name, upstream);
      await record({
        action: 'upstream.change',
        subject: `upstream/${params.name}`,
        before: { ...before.settings, pause: before.status.pause },
        after: { ...after.settings, pause: after.status.pause },
      });
      return json(after);
    },
  ),
];

/** The settings after the change; undefined when it names none of them. */
function changedSettings(upstream: UpstreamPort, change: z.output<typeof patch>): GateSettings | undefined {
  const { limits, queue } = change;
  if (limits === undefined && queue === undefined && change.concurrency === undefined) return undefined;
  const current = upstream.gate.settings();
  return {
    ...current,
    limits: limits === undefined ? current.limits : limits.map((one) => withGuard(upstream, one)),
    concurrency: change.concurrency === undefined ? current.concurrency : (change.concurrency ?? undefined),
    queue: {
      ...current.queue,
      policy: queue?.policy ?? current.queue.policy,
      agingMs: queue?.aging ?? current.queue.agingMs,
      maxSize: queue?.max_size ?? current.queue.maxSize,
    },
  };
}

function withGuard(upstream: UpstreamPort, { rate, even }: Limit): LimitSettings {
  return { rate, even, guardMs: upstream.guardMs(rate.windowMs) };
}

async function configure({ gate, paced }: UpstreamPort, settings: GateSettings): Promise<void> {
  if (!paced && (settings.limits.length > 0 || settings.concurrency !== undefined)) {
    throw new AdminProblem('conflict', {
      detail:
        'This upstream was started without limits, and its connections cannot keep a strict spacing. Put `limits` or `concurrency` into the configuration and restart.',
    });
  }
  try {
    await gate.configure(settings);
  } catch (error) {
    if (error instanceof RangeError) throw invalid([{ field: '', message: error.message }]);
    throw error;
  }
}
