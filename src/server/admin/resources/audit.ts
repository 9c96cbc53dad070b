import { z } from '@hono/zod-openapi';
import { section } from '../../../config/schema/section.ts';
import { line, queryInteger } from '../input/fields.ts';
import { json, operation } from '../operation.ts';
import { isoTime, moment } from '../wall-time.ts';

const anything = z.unknown().openapi({ description: 'Null: there was nothing.' });

export const auditEntry = z
  .object({
    id: z.number().int().describe('Rises with every entry.'),
    at: moment,
    actor: z.string().openapi({ example: 'operator@10.0.0.7' }),
    action: z.string().openapi({ example: 'breaker.force' }),
    subject: z.string().openapi({ example: 'upstream/score' }),
    before: anything,
    after: anything,
  })
  .openapi('AuditEntry');

export const auditPage = z.object({
  items: z.array(auditEntry),
  next_before: z.number().int().nullable().describe('`before` of the next page; null: there is none.'),
});

/** Who changed what. */
export const auditOperations = [
  operation(
    {
      id: 'listAudit',
      method: 'GET',
      path: '/audit',
      tag: 'audit',
      summary: 'List the changes, newest first',
      query: section({
        limit: queryInteger('The most entries to answer with.', {
          min: 1,
          max: 1_000,
          default: 100,
        }).prefault('100'),
        before: queryInteger('Only older entries than the one with this id.', {
          min: 1,
          max: Number.MAX_SAFE_INTEGER,
        }).optional(),
        subject: line('Only changes of this, such as `rule/slow-down`.', { min: 1, max: 256 }).optional(),
        action: line('Only changes of this kind, such as `breaker.force`.', { min: 1, max: 256 }).optional(),
        actor: line('Only changes by this one, such as `operator@10.0.0.7`.', {
          min: 1,
          max: 256,
        }).optional(),
      }),
      answers: [{ status: 200, description: 'One page.', schema: auditPage }],
      errors: ['ledger_unavailable'],
    },
    async ({ ports, query: { limit, before, subject, action, actor } }) => {
      const entries = await ports.audit.list({ limit, beforeId: before, subject, action, actor });
      const items = entries.map((one) => ({
        id: one.id,
        at: isoTime(one.atMs),
        actor: one.actor,
        action: one.action,
        subject: one.subject,
        before: one.before ?? null,
        after: one.after ?? null,
      }));
      const last = items.length < limit ? undefined : items.at(-1);
      return json({ items, next_before: last?.id ?? null });
    },
  ),
];
