import { z } from 'zod';
import { parseDuration, parseRate, parseSize, type Rate } from '../../shared/units.ts';
import { nearestName } from '../nearest.ts';
import { expectedInstead } from './section.ts';

/**
 * The kinds of value that a configuration is made of. Each reads what YAML or the environment wrote (a number in
 * quotes is a number: that is how `"${QUEUE_MAX_SIZE:-100}"` becomes one) and describes itself for JSON Schema.
 */

/** Any text with a variable in it is valid for an editor: what it becomes is known only when it is loaded. */
const VARIABLE = '\\$\\{';
const WITH_VARIABLE = { type: 'string', pattern: VARIABLE } as const;

type JsonForm = Readonly<Record<string, unknown>>;

/** A reading that failed, with what was expected; anything else is the value. */
class Refused {
  constructor(readonly message: string) {}
}

/** Refuses a value in words of its own, instead of "expected …, got …". */
export function refuse(message: string): Refused {
  return new Refused(message);
}

/** How one kind of scalar is read, named and described. */
export interface ScalarForm<T> {
  /** Its name in the reference, such as `duration`. */
  readonly kind: string;
  /** What error messages say was expected. */
  readonly expected: string;
  /** JSON Schema of the literal forms; text with a variable is always allowed beside them. */
  readonly json: JsonForm;
  /** The value; undefined when the text is not of this form; `refuse(…)` to say why. */
  read(text: string): T | Refused | undefined;
  /** Whether the value must never be quoted in a message. */
  readonly secret?: boolean;
}

/** One scalar of a section: its form and the sentence that describes it. */
export function scalar<T>(form: ScalarForm<T>, description: string) {
  return z
    .unknown()
    .transform((value, context): T => {
      const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
      const result = isScalar ? form.read(String(value).trim()) : undefined;
      if (result === undefined) {
        const message =
          form.secret === true ? `expected ${form.expected}` : expectedInstead(form.expected, value);
        context.addIssue({ code: 'custom', message });
        return z.NEVER;
      }
      if (result instanceof Refused) {
        context.addIssue({ code: 'custom', message: result.message });
        return z.NEVER;
      }
      return result;
    })
    .meta({ title: form.kind, description, ...orVariable(form.json) });
}

function orVariable(json: JsonForm): JsonForm {
  if (json.type === 'string') {
    return typeof json.pattern === 'string' ? { ...json, pattern: `${json.pattern}|${VARIABLE}` } : json;
  }
  return { anyOf: [...(Array.isArray(json.anyOf) ? json.anyOf : [json]), WITH_VARIABLE] };
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

function within(value: number, range: Range, show: (limit: number) => string): number | Refused {
  if (range.min !== undefined && value < range.min) return refuse(`must be at least ${show(range.min)}`);
  if (range.max !== undefined && value > range.max) return refuse(`must be at most ${show(range.max)}`);
  return value;
}

const LONGEST_DURATION_MS = 366 * 86_400_000;
const DURATION_PATTERN = '^\\d+(\\.\\d+)?\\s*([mM]?[sS]|[mMhHdD])$';

/** `500ms`, `10s`, `1.5m`, `2h`, `1d` → milliseconds. At most 366 days. */
export function duration(description: string, range: Range = {}) {
  return scalar(
    {
      kind: 'duration',
      expected: 'a duration such as 500ms, 10s, 1m or 1d',
      json: { type: 'string', pattern: DURATION_PATTERN },
      read(text) {
        const ms = parseDuration(text);
        if (ms === undefined && /^\d+(\.\d+)?$/.test(text)) {
          return refuse(`expected a duration, got \`${text}\` without a unit; write ${text}s or ${text}ms`);
        }
        return ms === undefined
          ? undefined
          : within(ms, { max: LONGEST_DURATION_MS, ...range }, (limit) => `${limit}ms`);
      },
    },
    description,
  );
}

/** `64kb`, `1mb` (powers of 1,024) → bytes. */
export function size(description: string, range: Range = {}) {
  return scalar(
    {
      kind: 'size',
      expected: 'a size such as 512b, 64kb, 1mb or 2gb',
      json: { type: 'string', pattern: '^\\d+(\\.\\d+)?\\s*([kKmMgG]?[bB])$' },
      read(text) {
        const bytes = parseSize(text);
        if (bytes === undefined && /^\d+$/.test(text)) {
          return refuse(`expected a size, got \`${text}\` without a unit; write ${text}b or ${text}kb`);
        }
        return bytes === undefined ? undefined : within(bytes, range, (limit) => `${limit}b`);
      },
    },
    description,
  );
}

export const rateForm: ScalarForm<Rate> = {
  kind: 'rate',
  expected: 'a rate such as "1 per 1s" or "1000 per 1d"',
  json: {
    type: 'string',
    pattern: '^\\d+\\s*([pP][eE][rR]|/)\\s*(\\d+(\\.\\d+)?\\s*)?([mM]?[sS]|[mMhHdD])$',
  },
  read(text) {
    const parsed = parseRate(text);
    if (parsed === undefined) return undefined;
    if (parsed.windowMs > LONGEST_DURATION_MS) return refuse('the window must be at most 366d');
    if (parsed.count > 1_000_000) return refuse('the count must be at most 1,000,000');
    return parsed;
  },
};

/** `1 per 1s` → `{ count, windowMs }`. */
export function rate(description: string) {
  return scalar(rateForm, description);
}

/** `50%` or `0.5` → 0.5. Between 0 and 1. */
export function share(description: string, range: Range = {}) {
  return scalar(
    {
      kind: 'share',
      expected: 'a share such as 50% or 0.5',
      json: {
        anyOf: [
          { type: 'string', pattern: '^\\d+(\\.\\d+)?\\s*%$' },
          { type: 'number', minimum: 0, maximum: 1 },
        ],
      },
      read(text) {
        const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text);
        const value = percent === null ? readNumber(text) : Number(percent[1]) / 100;
        return value === undefined
          ? undefined
          : within(value, { min: 0, max: 1, ...range }, (limit) => `${limit * 100}%`);
      },
    },
    description,
  );
}

function readNumber(text: string): number | undefined {
  return /^[-+]?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text) ? Number(text) : undefined;
}

export function integer(description: string, range: { readonly min: number; readonly max: number }) {
  return scalar(
    {
      kind: 'integer',
      expected: `a whole number from ${range.min} to ${range.max.toLocaleString('en')}`,
      json: { type: 'integer', minimum: range.min, maximum: range.max },
      read(text) {
        const value = readNumber(text);
        const isRight =
          value !== undefined && Number.isInteger(value) && value >= range.min && value <= range.max;
        return isRight ? value : undefined;
      },
    },
    description,
  );
}

export function number(description: string, range: { readonly min: number; readonly max: number }) {
  return scalar(
    {
      kind: 'number',
      expected: `a number from ${range.min} to ${range.max.toLocaleString('en')}`,
      json: { type: 'number', minimum: range.min, maximum: range.max },
      read(text) {
        const value = readNumber(text);
        return value !== undefined && value >= range.min && value <= range.max ? value : undefined;
      },
    },
    description,
  );
}

export function flag(description: string) {
  return scalar(
    {
      kind: 'true or false',
      expected: 'true or false',
      json: { type: 'boolean' },
      read: (text) => (/^true$/i.test(text) ? true : /^false$/i.test(text) ? false : undefined),
    },
    description,
  );
}

/** One of a few words; a near miss is told the nearest. */
export function choice<const Word extends string>(description: string, words: readonly Word[]) {
  const listed = words.join(', ');
  return scalar<Word>(
    {
      kind: words.map((word) => `\`${word}\``).join(', '),
      expected: `one of ${listed}`,
      json: { enum: words },
      read(text) {
        const found = words.find((word) => word === text.toLowerCase());
        if (found !== undefined || text === '') return found;
        const nearest = nearestName(text, words);
        return nearest === undefined
          ? undefined
          : refuse(`expected one of ${listed}, got \`${text}\`; did you mean \`${nearest}\`?`);
      },
    },
    description,
  );
}

/** Text that may be empty: then it is as if the key were absent. At most 4,096 characters on one line. */
export function text(description: string, options: { readonly secret?: boolean } = {}) {
  return scalar<string>(
    {
      kind: options.secret === true ? 'text (secret)' : 'text',
      expected: 'text on one line',
      json: { type: ['string', 'number'] },
      secret: options.secret === true,
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a header value must not carry them
      read: (value) => (value.length <= 4_096 && !/[\x00-\x1f\x7f]/.test(value) ? value : undefined),
    },
    description,
  );
}
