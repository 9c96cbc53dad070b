import { z } from 'zod';
import { nearestName } from '../nearest.ts';
import { quote } from '../quote.ts';

/** What an unknown key is told; its nearest valid name goes with it. */
export function unknownName(kind: string, written: string, names: readonly string[]): string {
  const nearest = nearestName(written, names);
  const hint = nearest === undefined ? `known: ${names.join(', ')}` : `did you mean \`${nearest}\`?`;
  return `unknown ${kind} \`${written.length > 60 ? `${written.slice(0, 60)}…` : written}\`; ${hint}`;
}

/** Of one mapping; a file of nothing else is another kind of file. */
const MOST_UNKNOWN_KEYS = 100;

/**
 * A mapping with fixed keys; any other key is an error. Unknown keys come as one issue whose message has one line
 * per key, in the order of `keys`, because only the section knows which names would have been right.
 */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') {
        const shown = issue.keys.slice(0, MOST_UNKNOWN_KEYS);
        return shown.map((key) => unknownName('key', key, names)).join('\n');
      }
      const expected = expectedInstead(`a mapping with the keys ${names.join(', ')}`, issue.input);
      return issue.input === null ? `${expected}; write {} for the defaults` : expected;
    },
  });
}

/** A list of up to `max` items. */
export function listOf<Item extends z.ZodType>(item: Item, max: number, min = 0) {
  return z
    .array(item, { error: (issue) => expectedInstead('a list, such as [a, b]', issue.input) })
    .min(min, { error: `expected at least ${min} item${min === 1 ? '' : 's'}` })
    .max(max, { error: `too many items: at most ${max.toLocaleString('en')} are allowed` });
}

/** A mapping from names of the operator's own choosing, each of the given form, to items of one kind. */
export function namesTo<Item extends z.ZodType>(form: NameForm, item: Item, max: number) {
  const name = z.string().regex(form.pattern, { error: `is not a valid name: expected ${form.expected}` });
  return z
    .record(name, item, {
      error: (issue) => expectedInstead('a mapping from names to settings', issue.input),
    })
    .refine((entries) => Object.keys(entries).length <= max, {
      error: `too many entries: at most ${max.toLocaleString('en')} are allowed`,
    });
}

interface NameForm {
  readonly pattern: RegExp;
  readonly expected: string;
}

/** `expected …, got …`, or that the key is missing. */
export function expectedInstead(expected: string, got: unknown): string {
  return got === undefined ? `is required: expected ${expected}` : `expected ${expected}, got ${quote(got)}`;
}
