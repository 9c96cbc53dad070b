import type { z } from '@hono/zod-openapi';
import { findingsOf } from '../../../config/issues.ts';
import { formatPath } from '../../../config/problem.ts';
import { type FieldError, invalid } from '../problems.ts';

/** What the schema found wrong in `data`, by field; empty when nothing. */
export function fieldErrors(issues: readonly z.core.$ZodIssue[], data: unknown): FieldError[] {
  return findingsOf(issues, data).map(({ path, message, hint }) => ({
    field: formatPath(path),
    message: hint === undefined ? message : `${message}; ${hint}`,
  }));
}

/** The data as the schema reads it. Throws `invalid_request` naming every wrong field. */
export function validate<Schema extends z.ZodType>(schema: Schema, data: unknown): z.output<Schema> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw invalid(fieldErrors(result.error.issues, data));
}

/** Query parameters as data: text, or a list of texts where a name comes several times. */
export function queryData(query: URLSearchParams): Record<string, string | string[]> {
  const data: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of query) {
    const before = data[name];
    if (before === undefined) data[name] = value;
    else if (typeof before === 'string') data[name] = [before, value];
    else before.push(value);
  }
  return data;
}
