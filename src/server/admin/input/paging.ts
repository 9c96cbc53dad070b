import { z } from '@hono/zod-openapi';
import { queryInteger } from './fields.ts';

export const pageQuery = {
  limit: queryInteger('The most items to answer with.', { min: 1, max: 1_000, default: 100 }).prefault('100'),
  offset: queryInteger('How many items to pass over.', { min: 0, max: 10_000_000, default: 0 }).prefault('0'),
};

/** What pages of a list look like. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    total: z.number().int().describe('How many there are, on all pages.'),
    limit: z.number().int(),
    offset: z.number().int(),
  });
}

/** One page of a list that is at hand whole. */
export function pageFrom<Item>(
  items: readonly Item[],
  { limit, offset }: { readonly limit: number; readonly offset: number },
): { items: Item[]; total: number; limit: number; offset: number } {
  return { items: items.slice(offset, offset + limit), total: items.length, limit, offset };
}
