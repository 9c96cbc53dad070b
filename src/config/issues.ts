import type { z } from 'zod';
import type { Path } from './problem.ts';

/** A finding about one place of the file, before it has a line and a column. */
export interface Finding {
  readonly path: Path;
  /** Whether it is about the key itself (an unknown name) or about its value. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly hint: string | undefined;
}

/** `expected …; write …` → message and hint. */
export function finding(path: Path, at: 'key' | 'value', text: string): Finding {
  const split = text.lastIndexOf('; ');
  return split === -1
    ? { path, at, message: text, hint: undefined }
    : { path, at, message: text.slice(0, split), hint: text.slice(split + 2) };
}

/** What the schema found wrong, one finding for each place. `data` is what it was given. */
export function findingsOf(issues: readonly z.core.$ZodIssue[], data: unknown, base: Path = []): Finding[] {
  return issues.flatMap((issue) => {
    const path: Path = [...base, ...(issue.path as (string | number)[])];
    switch (issue.code) {
      case 'unrecognized_keys': {
        // The section wrote one line for each key (schema/section.ts).
        const lines = issue.message.split('\n');
        return lines.map((line, index) => finding([...path, issue.keys[index] ?? ''], 'key', line));
      }
      case 'invalid_key':
        return [finding(path, 'key', issue.issues[0]?.message ?? issue.message)];
      case 'invalid_union': {
        // Unions here are a short form, a scalar, and a long one, a mapping.
        const branch = isMapping(valueAt(data, path)) ? issue.errors.at(-1) : issue.errors[0];
        return findingsOf(branch ?? [], data, path);
      }
      default:
        return [finding(path, 'value', issue.message)];
    }
  });
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The own property at the end of `path`, or undefined. */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
