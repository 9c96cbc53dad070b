import type { FieldProblem } from '../../api/problem.ts';
import type { UpstreamDetail } from '../../api/types.ts';

type Settings = UpstreamDetail['settings'];

/** One limit as it is typed; `id` tells the lines apart while they are added and taken away. */
export interface LimitLine {
  readonly id: number;
  readonly rate: string;
  readonly even: boolean;
}

export interface LimitsForm {
  readonly lines: readonly LimitLine[];
  /** Undefined: not bounded. */
  readonly concurrency: number | undefined;
}

/** The most that the admin API takes. */
export const MOST_LIMITS = 16;

export function formOf(settings: Settings): LimitsForm {
  return {
    lines: settings.limits.map((limit, id) =>
      typeof limit === 'string' ? { id, rate: limit, even: false } : { id, ...limit },
    ),
    concurrency: settings.concurrency ?? undefined,
  };
}

/** What is sent. Empty lines stay: the server says what is wrong with them, at their place. */
export function changeOf({ lines, concurrency }: LimitsForm) {
  return {
    limits: lines.map(({ rate, even }) => (even ? { rate: rate.trim(), even } : rate.trim())),
    concurrency: concurrency ?? null,
  };
}

/** What the server said of a field, of what is inside of it, or of the item at an index of it. */
export function problemAt(errors: readonly FieldProblem[], field: string): string | undefined {
  const found = errors.filter((error) => isAt(error.field, field)).map(({ message }) => message);
  return found.length === 0 ? undefined : found.join('; ');
}

/** Whether every complaint stands at one of the fields that show theirs. */
export function allShown(errors: readonly FieldProblem[], fields: readonly string[]): boolean {
  return errors.length > 0 && errors.every((error) => fields.some((field) => isAt(error.field, field)));
}

function isAt(place: string, field: string): boolean {
  return place === field || place.startsWith(`${field}.`);
}
