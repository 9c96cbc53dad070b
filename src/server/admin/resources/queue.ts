import { z } from '@hono/zod-openapi';
import { section } from '../../../config/schema/section.ts';
import { canonicalIp } from '../../../shared/ip.ts';
import { maskNumbers } from '../../../shared/mask-numbers.ts';
import type { Urgency, WaitingTicket } from '../../../state/contracts.ts';
import { integer, line, queryInteger } from '../input/fields.ts';
import { pageOf, pageQuery } from '../input/paging.ts';
import { json, noContent, operation } from '../operation.ts';
import { notFound } from '../problems.ts';
import { roundMs } from '../wall-time.ts';
import { requireUpstream } from './upstream-view.ts';
import { upstreamName } from './upstreams.ts';

export const waitingTicket = z
  .object({
    position: z.number().int().describe('0 goes next.'),
    id: z.string().describe('The request’s id.'),
    client: z.string().describe('Numbers of a tax id’s length are masked.'),
    urgency: z.number().int().describe('RFC 9218: 0 most urgent … 7 least.'),
    age_ms: z.number(),
    eta_ms: z.number().nullable().describe('How long it will still wait; null while nobody can know.'),
  })
  .openapi('WaitingRequest');

export const queueHolders = z
  .object({ requests: z.number().int(), clients: z.number().int() })
  .openapi('ClearedQueue');

const queueQuery = section({
  ...pageQuery,
  urgency: queryInteger('Only those of this urgency; their positions are those of the whole queue.', {
    min: 0,
    max: 7,
  }).optional(),
});

const ticket = section({
  name: line('The upstream’s name in the configuration.', { max: 64 }),
  ticketId: line('The request’s id.', { max: 128 }),
});

const promotion = section({
  urgency: integer('RFC 9218: 0 most urgent … 7 least.', { min: 0, max: 7 }),
}).openapi('Promotion');

/** Those who wait for an upstream. */
export const queueOperations = [
  operation(
    {
      id: 'listQueue',
      method: 'GET',
      path: '/upstreams/{name}/queue',
      tag: 'queue',
      summary: 'List who waits, next one first',
      params: upstreamName,
      query: queueQuery,
      answers: [{ status: 200, description: 'One page.', schema: pageOf(waitingTicket) }],
    },
    async ({ ports, params, query: { limit, offset, urgency } }) => {
      const { gate } = requireUpstream(ports, params.name);
      const waiting = await gate.waiting(offset, limit, urgency as Urgency | undefined);
      const snapshot = gate.snapshot();
      const total = urgency === undefined ? snapshot.waiting : snapshot.waitingByUrgency[urgency];
      return json({ items: waiting.map(viewOf), total, limit, offset });
    },
  ),
  // Before the paths with an id: a request whose id is `holders` is to be seen in the list only.
  operation(
    {
      id: 'countQueue',
      method: 'GET',
      path: '/upstreams/{name}/queue/holders',
      tag: 'queue',
      summary: 'Count what clearing the queue would refuse',
      params: upstreamName,
      answers: [
        { status: 200, description: 'How many requests of how many clients wait.', schema: queueHolders },
      ],
    },
    async ({ ports, params }) => {
      const { requests, clients } = await requireUpstream(ports, params.name).gate.holders();
      return json({ requests, clients });
    },
  ),
  operation(
    {
      id: 'getWaiting',
      method: 'GET',
      path: '/upstreams/{name}/queue/{ticketId}',
      tag: 'queue',
      summary: 'Show one waiting request',
      params: ticket,
      answers: [{ status: 200, description: 'It waits.', schema: waitingTicket }],
    },
    async ({ ports, params: { name, ticketId } }) => {
      const found = await requireUpstream(ports, name).gate.find(ticketId);
      if (found === undefined) throw notWaiting(ticketId);
      return json(viewOf(found));
    },
  ),
  operation(
    {
      id: 'clearQueue',
      method: 'DELETE',
      path: '/upstreams/{name}/queue',
      tag: 'queue',
      summary: 'Refuse everybody who waits',
      description: 'Each is told 503 `upstream_paused`.',
      params: upstreamName,
      answers: [
        {
          status: 200,
          description: 'How many requests of how many clients were refused.',
          schema: queueHolders,
        },
      ],
    },
    async ({ ports, params, record }) => {
      const { requests, clients } = await requireUpstream(ports, params.name).gate.clear();
      await record({
        action: 'queue.clear',
        subject: `upstream/${params.name}`,
        before: { requests, clients },
      });
      return json({ requests, clients });
    },
  ),
  operation(
    {
      id: 'removeWaiting',
      method: 'DELETE',
      path: '/upstreams/{name}/queue/{ticketId}',
      tag: 'queue',
      summary: 'Refuse one waiting request',
      description: 'It is told 503 `upstream_paused`.',
      params: ticket,
      answers: [{ status: 204, description: 'It waits no more.' }],
    },
    async ({ ports, params: { name, ticketId }, record }) => {
      if (!(await requireUpstream(ports, name).gate.remove(ticketId))) throw notWaiting(ticketId);
      await record({ action: 'queue.remove', subject: `upstream/${name}`, before: { id: ticketId } });
      return noContent();
    },
  ),
  operation(
    {
      id: 'promoteWaiting',
      method: 'POST',
      path: '/upstreams/{name}/queue/{ticketId}/promote',
      tag: 'queue',
      summary: 'Give a waiting request another urgency',
      description: 'It keeps its arrival, so that it stands where it would if it had come with this urgency.',
      params: ticket,
      body: promotion,
      answers: [
        {
          status: 200,
          description: 'It is ranked anew.',
          schema: z.object({ id: z.string(), urgency: z.number().int() }),
        },
      ],
    },
    async ({ ports, params: { name, ticketId }, body: { urgency }, record }) => {
      if (!(await requireUpstream(ports, name).gate.promote(ticketId, urgency as Urgency)))
        throw notWaiting(ticketId);
      const after = { id: ticketId, urgency };
      await record({ action: 'queue.promote', subject: `upstream/${name}`, after });
      return json(after);
    },
  ),
];

function viewOf(waiting: WaitingTicket): z.output<typeof waitingTicket> {
  const { position, id, client, urgency, ageMs, etaMs } = waiting;
  const eta_ms = etaMs === undefined ? null : roundMs(etaMs);
  return { position, id, client: withoutTaxIds(client), urgency, age_ms: roundMs(ageMs), eta_ms };
}

/** Some clients name themselves by their tax id. An address is none, however long its numbers are. */
function withoutTaxIds(client: string): string {
  return canonicalIp(client) === client ? client : maskNumbers(client);
}

function notWaiting(ticketId: string) {
  return notFound(`waiting request ${JSON.stringify(ticketId)}`);
}
