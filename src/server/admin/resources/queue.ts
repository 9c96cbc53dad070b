import { z } from '@hono/zod-openapi';
import { section } from '../../../config/schema/section.ts';
import type { Urgency } from '../../../state/contracts.ts';
import { integer, line } from '../input/fields.ts';
import { pageOf, pageQuery } from '../input/paging.ts';
import { json, noContent, operation } from '../operation.ts';
import { notFound } from '../problems.ts';
import { roundMs } from '../wall-time.ts';
import { requireUpstream } from './upstream-view.ts';
import { upstreamName } from './upstreams.ts';

const waitingTicket = z
  .object({
    position: z.number().int().describe('0 goes next.'),
    id: z.string().describe('The request’s id.'),
    client: z.string(),
    urgency: z.number().int().describe('RFC 9218: 0 most urgent … 7 least.'),
    age_ms: z.number(),
    eta_ms: z.number().nullable().describe('How long it will still wait; null while nobody can know.'),
  })
  .openapi('WaitingRequest');

const cleared = z.object({ requests: z.number().int(), clients: z.number().int() }).openapi('ClearedQueue');

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
      query: section(pageQuery),
      answers: [{ status: 200, description: 'One page.', schema: pageOf(waitingTicket) }],
    },
    async ({ ports, params, query: { limit, offset } }) => {
      const { gate } = requireUpstream(ports, params.name);
      const waiting = await gate.waiting(offset, limit);
      const items = waiting.map(({ id, client, urgency, ageMs, etaMs }, index) => ({
        position: offset + index,
        id,
        client,
        urgency,
        age_ms: roundMs(ageMs),
        eta_ms: etaMs === undefined ? null : roundMs(etaMs),
      }));
      return json({ items, total: gate.snapshot().waiting, limit, offset });
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
        { status: 200, description: 'How many requests of how many clients were refused.', schema: cleared },
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
      if (!requireUpstream(ports, name).gate.remove(ticketId)) throw notWaiting(ticketId);
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
      if (!requireUpstream(ports, name).gate.promote(ticketId, urgency as Urgency))
        throw notWaiting(ticketId);
      const after = { id: ticketId, urgency };
      await record({ action: 'queue.promote', subject: `upstream/${name}`, after });
      return json(after);
    },
  ),
];

function notWaiting(ticketId: string) {
  return notFound(`waiting request ${JSON.stringify(ticketId)}`);
}
