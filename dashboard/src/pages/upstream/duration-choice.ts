/** How long something is to last: one of the offered times, one that was typed, or without an end. */
export type DurationChoice =
  | { readonly kind: 'offered'; readonly text: string }
  | { readonly kind: 'typed'; readonly text: string }
  | { readonly kind: 'endless' };

/** What the admin API is told, or why it would say no. `text` is undefined where there is no end. */
export type DurationAnswer =
  | { readonly kind: 'duration'; readonly text: string | undefined; readonly ms: number | undefined }
  | { readonly kind: 'problem'; readonly problem: 'empty' | 'form' | 'short' | 'long' };

/** The most that the admin API takes for a pause or a forced breaker. */
export const MOST_MS = 86_400_000;

/** What is offered, in the words of the configuration. */
export const OFFERED = ['30s', '1m', '5m', '15m'] as const;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: MOST_MS };

/** Milliseconds of `500ms`, `30s`, `1.5m`, `2h`, `1d`, as the server reads them; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/i.exec(text.trim());
  const unitMs = UNIT_MS[match?.[2]?.toLowerCase() ?? ''];
  return match === null || unitMs === undefined ? undefined : Number(match[1]) * unitMs;
}

export function durationOf(choice: DurationChoice): DurationAnswer {
  if (choice.kind === 'endless') return { kind: 'duration', text: undefined, ms: undefined };
  const text = choice.text.trim();
  if (text === '') return { kind: 'problem', problem: 'empty' };
  const ms = parseDuration(text);
  if (ms === undefined) return { kind: 'problem', problem: 'form' };
  if (ms < 1) return { kind: 'problem', problem: 'short' };
  return ms > MOST_MS ? { kind: 'problem', problem: 'long' } : { kind: 'duration', text, ms };
}
