/** Human units of the configuration and what they are inside: milliseconds, bytes, `count per windowMs`. */

const DURATION_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_BYTES: Record<string, number> = { b: 1, kb: 1_024, mb: 1_048_576, gb: 1_073_741_824 };

/** `N per W`: at most `count` in any window of `windowMs`. */
export interface Rate {
  readonly count: number;
  readonly windowMs: number;
}

/**
 * Milliseconds of `500ms`, `10s`, `1.5m`, `2h`, `1d`; undefined when the text is not a duration. A bare number
 * is not one: its unit would be a guess.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/i.exec(text.trim());
  if (match === null) return undefined;
  return Number(match[1]) * (DURATION_MS[match[2]!.toLowerCase()] ?? Number.NaN);
}

/** Bytes of `512b`, `64kb`, `1mb`, `2gb` (powers of 1,024); undefined when the text is not a size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)$/i.exec(text.trim());
  if (match === null) return undefined;
  return Math.floor(Number(match[1]) * (SIZE_BYTES[match[2]!.toLowerCase()] ?? Number.NaN));
}

/** `1 per 1s`, `1000 per 1d`, `5 per m`; undefined when the text is not a rate or its count or window is 0. */
export function parseRate(text: string): Rate | undefined {
  const match = /^(\d+)\s*(?:per|\/)\s*(.+)$/i.exec(text.trim());
  if (match === null) return undefined;
  const window = match[2]!.trim();
  const windowMs = parseDuration(/^\d/.test(window) ? window : `1${window}`);
  const count = Number(match[1]);
  if (windowMs === undefined || windowMs <= 0 || count <= 0 || !Number.isSafeInteger(count)) return undefined;
  return { count, windowMs };
}

/** The shortest exact way to write a duration: `1500` → `1.5s`, `60000` → `1m`. */
export function formatDuration(ms: number): string {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const) {
    if (ms >= size && Number.isInteger((ms / size) * 10)) return `${ms / size}${unit}`;
  }
  return ms >= 1_000 ? `${ms / 1_000}s` : `${ms}ms`;
}

/** `1048576` → `1mb`. */
export function formatSize(bytes: number): string {
  for (const unit of ['gb', 'mb', 'kb'] as const) {
    const size = SIZE_BYTES[unit]!;
    if (bytes >= size && Number.isInteger((bytes / size) * 10)) return `${bytes / size}${unit}`;
  }
  return `${bytes}b`;
}

/** `{ count: 1, windowMs: 1000 }` → `1 per 1s`. */
export function formatRate(rate: Rate): string {
  return `${rate.count} per ${formatDuration(rate.windowMs)}`;
}
