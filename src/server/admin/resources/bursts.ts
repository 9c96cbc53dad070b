import { z } from '@hono/zod-openapi';
import { BurstDeskClosed, BurstRunning } from '../../../caller/burst-desk.ts';
import type { BurstPlan } from '../../../caller/burst-plan.ts';
import type { BurstRun } from '../../../caller/burst-run.ts';
import { section } from '../../../config/schema/section.ts';
import { line, queryInteger } from '../input/fields.ts';
import { json, operation } from '../operation.ts';
import type { AdminPorts } from '../ports.ts';
import { AdminProblem, invalid, notFound } from '../problems.ts';
import { burstReport, forecastView, progressOf, reportOf, viewOf } from './burst-answer.ts';
import { burstPlan, burstRequest } from './burst-plan.ts';
import { burstForecast, burstView, burstWithCalls } from './burst-view.ts';

const burstId = section({ id: line('The burst’s id.', { max: 64 }) });

/** Load tests that the server runs through its own front door. */
export const burstOperations = [
  operation(
    {
      id: 'forecastBurst',
      method: 'POST',
      path: '/bursts/forecast',
      tag: 'bursts',
      summary: 'Say how a burst would go, without one call',
      description:
        'From limits, queue and state as they are now. Other clients, retries and access rules are not foreseen; a `client_limit` is taken as unused.',
      body: burstRequest,
      changes: false,
      answers: [{ status: 200, description: 'The forecast.', schema: burstForecast }],
    },
    ({ ports, body }) => json(forecastView(burstPlan(ports, body).forecast)),
  ),
  operation(
    {
      id: 'startBurst',
      method: 'POST',
      path: '/bursts',
      tag: 'bursts',
      summary: 'Start a burst',
      description:
        'One at a time, for at most an hour. Where the route does not lead to the sandbox, `confirm` must be the upstream’s name: the calls are real.',
      body: burstRequest,
      answers: [{ status: 201, description: 'It runs.', schema: burstView }],
      errors: ['conflict'],
    },
    async ({ ports, body, record }) => {
      const plan = burstPlan(ports, body);
      if (!plan.sandbox && body.confirm !== plan.upstream) {
        throw invalid([
          {
            field: 'confirm',
            message: `type the upstream’s name, \`${plan.upstream}\`: this burst sends real calls to somebody else’s API`,
          },
        ]);
      }
      const run = start(ports, plan);
      const { count, concurrency, upstream } = plan;
      await record({
        action: 'burst.start',
        subject: `burst/${run.id}`,
        after: { route: plan.route.path, upstream, count, concurrency },
      });
      return json(viewOf(run), 201);
    },
  ),
  operation(
    {
      id: 'listBursts',
      method: 'GET',
      path: '/bursts',
      tag: 'bursts',
      summary: 'List the last ten bursts, newest first',
      answers: [
        { status: 200, description: 'Without their calls.', schema: z.object({ items: z.array(burstView) }) },
      ],
    },
    ({ ports }) => json({ items: ports.bursts.list().map(viewOf) }),
  ),
  operation(
    {
      id: 'getBurst',
      method: 'GET',
      path: '/bursts/{id}',
      tag: 'bursts',
      summary: 'Follow a burst: where it is, and its calls, page by page',
      params: burstId,
      query: section({
        after: queryInteger('How many calls to pass over.', { min: 0, max: 10_000, default: 0 }).prefault(
          '0',
        ),
      }),
      answers: [{ status: 200, description: 'As far as it has come.', schema: burstWithCalls }],
    },
    ({ ports, params, query }) => json(progressOf(requireBurst(ports, params.id), query.after)),
  ),
  operation(
    {
      id: 'abortBurst',
      method: 'DELETE',
      path: '/bursts/{id}',
      tag: 'bursts',
      summary: 'Abort a burst',
      description:
        'Calls under way are dropped. What has ended stays. One that has ended already stays as it is.',
      params: burstId,
      answers: [{ status: 200, description: 'As it ended.', schema: burstView }],
    },
    async ({ ports, params, record }) => {
      const run = requireBurst(ports, params.id);
      if (run.status === 'running') {
        await ports.bursts.abort(run.id);
        const { count, upstream } = run.plan;
        const after = { upstream, count, done: run.calls.length };
        await record({ action: 'burst.abort', subject: `burst/${run.id}`, after });
      }
      return json(viewOf(run));
    },
  ),
  operation(
    {
      id: 'reportBurst',
      method: 'GET',
      path: '/bursts/{id}/report',
      tag: 'bursts',
      summary: 'Download a burst: what `comporta burst --json` says, the forecast, and every call',
      params: burstId,
      answers: [
        {
          status: 200,
          description: 'One document.',
          schema: burstReport,
          headers: { 'Content-Disposition': 'Its file name.' },
        },
      ],
    },
    ({ ports, params }) => {
      const run = requireBurst(ports, params.id);
      const filename = `comporta-burst-${run.id}.json`;
      return json(reportOf(run), 200, { 'Content-Disposition': `attachment; filename="${filename}"` });
    },
  ),
];

function start(ports: AdminPorts, plan: BurstPlan): BurstRun {
  try {
    const run = ports.bursts.start(plan);
    note(ports, run);
    void run.ended.then(() => note(ports, run));
    return run;
  } catch (error) {
    if (error instanceof BurstDeskClosed) {
      throw new AdminProblem('conflict', { detail: 'The process ends: it takes no more calls.' });
    }
    if (!(error instanceof BurstRunning)) throw error;
    throw new AdminProblem('conflict', {
      detail: `Burst ${error.id} is running. Wait for its end, or abort it: two would measure each other.`,
    });
  }
}

/** A line of the timeline: at its start, and at its end. */
function note(ports: AdminPorts, run: BurstRun): void {
  const { id, status, elapsed_ms, settings, done, succeeded, failed, sandbox } = viewOf(run);
  if (run.defect !== undefined) ports.onDefect(run.defect, `burst ${id}`);
  ports.timeline.note({
    kind: 'burst',
    upstream: run.plan.upstream,
    facts: {
      id,
      status,
      route: run.plan.route.path,
      count: settings.count,
      done,
      succeeded,
      failed,
      violations: sandbox?.violations ?? null,
      elapsed_ms,
    },
  });
}

function requireBurst({ bursts }: AdminPorts, id: string): BurstRun {
  const run = bursts.find(id);
  if (run === undefined) throw notFound(`burst ${JSON.stringify(id)}; the last ten are kept`);
  return run;
}
