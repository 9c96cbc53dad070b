import { z } from '@hono/zod-openapi';

/** The schema, or null. `nullable()` on a named schema makes a document in which null is not valid. */
export function orNull<Schema extends z.ZodType>(schema: Schema, description?: string) {
  const either = z.union([schema, z.null()]);
  return description === undefined ? either : either.openapi({ description });
}
