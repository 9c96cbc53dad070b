import { z } from '@hono/zod-openapi';
import { section } from '../../../config/schema/section.ts';
import { line } from '../input/fields.ts';
import { pageFrom, pageOf, pageQuery } from '../input/paging.ts';
import { json, noContent, operation } from '../operation.ts';
import { notFound } from '../problems.ts';
import { isoTime, moment } from '../wall-time.ts';

export const deniedClient = z
  .object({
    client: z.string().describe('An address, or `client:` and a client id.'),
    rule: z.string().describe('The rule that it exceeded.'),
    until: moment,
    refused: z.number().int().describe('Requests that were refused because of it.'),
  })
  .openapi('DeniedClient');

/** Clients that a rule with `block_for` denies for a while. */
export const deniedOperations = [
  operation(
    {
      id: 'listDenied',
      method: 'GET',
      path: '/denied',
      tag: 'denied',
      summary: 'List the clients that are denied now, the first to be free first',
      query: section(pageQuery),
      answers: [{ status: 200, description: 'One page.', schema: pageOf(deniedClient) }],
    },
    ({ ports, query }) => {
      const { items, ...page } = pageFrom(ports.access.denied(), query);
      const shown = items.map(({ client, ruleId, untilWallMs, refused }) => ({
        client,
        rule: ruleId,
        until: isoTime(untilWallMs),
        refused,
      }));
      return json({ items: shown, ...page });
    },
  ),
  operation(
    {
      id: 'liftDenial',
      method: 'DELETE',
      path: '/denied/{client}',
      tag: 'denied',
      summary: 'Free a client before its time',
      description: 'What it counted for the rule is forgotten as well.',
      params: section({ client: line('As the list names it, percent-encoded.', { max: 300 }) }),
      answers: [{ status: 204, description: 'Its next request is judged by the rules again.' }],
    },
    async ({ ports, params: { client }, record }) => {
      const denied = ports.access.denied().find((one) => one.client === client);
      if (!(await ports.access.lift(client))) throw notFound(`denied client ${JSON.stringify(client)}`);
      const until = denied === undefined ? null : isoTime(denied.untilWallMs);
      const before = { client, rule: denied?.ruleId ?? null, until };
      await record({ action: 'denial.lift', subject: `client/${client}`, before });
      return noContent();
    },
  ),
];
