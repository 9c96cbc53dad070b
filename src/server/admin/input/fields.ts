import { z } from '@hono/zod-openapi';
import { nearestName } from '../../../config/nearest.ts';
import { expectedInstead } from '../../../config/schema/section.ts';
import { formatDuration, parseDuration, parseRate, type Rate } from '../../../shared/units.ts';

/**
 * The kinds of value that requests are made of. Each says what it expected when it is given something else, and
 * describes itself for the OpenAPI document. Durations and rates are written as in the configuration file.
 */

type FieldType = 'string' | 'integer' | 'boolean' | 'array' | 'null';

/** OpenAPI 3.1 schema of one value, as far as fields use it. */
interface FieldDocument {
  readonly type: FieldType | readonly FieldType[];
  readonly description: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly items?: Readonly<Record<string, unknown>>;
  readonly example?: unknown;
  readonly default?: unknown;
}

/** A reading that failed in words of its own. */
class Refused {
  constructor(readonly message: string) {}
}

/** Refuses a value with a message of its own instead of "expected …, got …". */
export function refuse(message: string): Refused {
  return new Refused(message);
}

interface FieldForm<T> {
  /** What messages say was expected. */
  readonly expected: string;
  readonly document: FieldDocument;
  /** The value; undefined when it is not of this form. */
  read(value: unknown): T | Refused | undefined;
}

/** One value of a request. Required, until `.optional()` or `.prefault()` says otherwise. */
export function field<T>({ expected, document, read }: FieldForm<T>) {
  return z
    .custom<unknown>((value) => value !== undefined, { error: () => expectedInstead(expected, undefined) })
    .transform((value, context): T => {
      const result = read(value);
      if (result !== undefined && !(result instanceof Refused)) return result;
      const message = result instanceof Refused ? result.message : expectedInstead(expected, value);
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .openapi(document as Parameters<z.ZodType['openapi']>[0] & object);
}

/** Reads text, as it is written. */
export function textField<T>(
  form: Omit<FieldForm<T>, 'read'> & { read(text: string): T | Refused | undefined },
) {
  return field<T>({
    ...form,
    read: (value) => (typeof value === 'string' ? form.read(value) : undefined),
  });
}

/** One line of text. */
export function line(description: string, options: { readonly max: number; readonly min?: number }) {
  const { max, min = 0 } = options;
  return textField<string>({
    expected: `text on one line of at most ${max.toLocaleString('en')} characters`,
    document: { type: 'string', maxLength: max, description },
    read(text) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they would tear lines of logs and lists apart
      if (/[\x00-\x1f\x7f\x85\u2028\u2029]/.test(text)) return refuse('must not contain control characters');
      return text.length >= min && text.length <= max ? text : undefined;
    },
  });
}

interface DurationRange {
  readonly minMs: number;
  readonly maxMs: number;
}

/** `500ms`, `30s`, `1.5m`, `2h`, `1d` → milliseconds. */
export function duration(description: string, { minMs, maxMs }: DurationRange) {
  return textField<number>({
    expected: 'a duration such as 500ms, 30s, 10m or 1d',
    document: {
      type: 'string',
      pattern: '^\\d+(\\.\\d+)?\\s*([mM]?[sS]|[mMhHdD])$',
      description,
      example: '30s',
    },
    read(text) {
      const ms = parseDuration(text);
      if (ms === undefined) return undefined;
      if (ms < minMs) return refuse(`must be at least ${formatDuration(minMs)}`);
      return ms > maxMs ? refuse(`must be at most ${formatDuration(maxMs)}`) : ms;
    },
  });
}

const LONGEST_WINDOW_MS = 366 * 86_400_000;
export const RATE_FORM = 'a rate such as "1 per 1s" or "100 per 1m"';

/** `100 per 1m` → `{ count, windowMs }`, within the bounds of the configuration file. */
export function readRate(text: string): Rate | Refused | undefined {
  const rate = parseRate(text);
  if (rate === undefined) return undefined;
  if (rate.windowMs > LONGEST_WINDOW_MS) return refuse('the window must be at most 366d');
  return rate.count > 1_000_000 ? refuse('the count must be at most 1,000,000') : rate;
}

/** A whole number of a JSON body. */
export function integer(description: string, range: { readonly min: number; readonly max: number }) {
  return field<number>({
    expected: wholeNumber(range),
    document: { type: 'integer', minimum: range.min, maximum: range.max, description },
    read: (value) => (typeof value === 'number' ? within(value, range) : undefined),
  });
}

/** A whole number of a query. */
export function queryInteger(
  description: string,
  range: { readonly min: number; readonly max: number; readonly default?: number },
) {
  return textField<number>({
    expected: wholeNumber(range),
    document: {
      type: 'integer',
      minimum: range.min,
      maximum: range.max,
      description,
      ...(range.default === undefined ? {} : { default: range.default }),
    },
    read: (text) => (/^-?\d{1,16}$/.test(text) ? within(Number(text), range) : undefined),
  });
}

function wholeNumber({ min, max }: { readonly min: number; readonly max: number }): string {
  return `a whole number from ${min} to ${max.toLocaleString('en')}`;
}

function within(
  value: number,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  return Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined;
}

/** One of a few words; a near miss is told the nearest. */
export function choice<const Word extends string>(
  description: string,
  words: readonly Word[],
  preset?: Word,
) {
  const expected = `one of ${words.join(', ')}`;
  return textField<Word>({
    expected,
    document: {
      type: 'string',
      enum: words,
      description,
      ...(preset === undefined ? {} : { default: preset }),
    },
    read(text) {
      const found = words.find((word) => word === text);
      if (found !== undefined) return found;
      const nearest = nearestName(text, words);
      return nearest === undefined
        ? undefined
        : refuse(`${expectedInstead(expected, text)}; did you mean \`${nearest}\`?`);
    },
  });
}

export function flag(description: string, preset: boolean) {
  return field<boolean>({
    expected: 'true or false',
    document: { type: 'boolean', description, default: preset },
    read: (value) => (typeof value === 'boolean' ? value : undefined),
  });
}

/** A query parameter that may be given several times, or once with commas. */
export function names<const Word extends string>(description: string, words: readonly Word[]) {
  const expected = `some of ${words.join(', ')}, separated by commas`;
  return field<readonly Word[]>({
    expected,
    document: { type: 'string', description, example: words.slice(0, 2).join(',') },
    read(value) {
      const written = (Array.isArray(value) ? value : [value])
        .flatMap((part) => String(part).split(','))
        .map((part) => part.trim());
      const found: Word[] = [];
      for (const one of written) {
        const word = words.find((candidate) => candidate === one);
        if (word !== undefined) {
          if (!found.includes(word)) found.push(word);
          continue;
        }
        const nearest = nearestName(one, words);
        const hint = nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
        return refuse(`${expectedInstead(expected, one)}${hint}`);
      }
      return found;
    },
  });
}

/** A query parameter that may be given several times; each value counts. */
export function values(description: string, most: number) {
  return field<readonly string[]>({
    expected: `at most ${most} values`,
    document: { type: 'array', items: { type: 'string' }, description },
    read(value) {
      const list: unknown[] = Array.isArray(value) ? value : [value];
      return list.length <= most ? list.map(String) : undefined;
    },
  });
}
