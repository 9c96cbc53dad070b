const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `10m` → 600,000 ms, as the API writes durations; undefined for anything else. */
export function durationOf(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/i.exec(text.trim()) ?? [];
  const ms = Number(count) * (UNIT_MS[unit.toLowerCase()] ?? Number.NaN);
  return Number.isFinite(ms) ? ms : undefined;
}

/** `5 per 1m` → 5 calls in 60,000 ms, as the API writes limits; also `5/m`. Undefined for anything else. */
export function rateOf(text: string): { readonly count: number; readonly window_ms: number } | undefined {
  const [, calls, window = ''] = /^(\d+)\s*(?:per|\/)\s*(.+)$/i.exec(text.trim()) ?? [];
  const windowMs = durationOf(/^\d/.test(window) ? window : `1${window}`);
  const count = Number(calls);
  if (windowMs === undefined || windowMs <= 0 || !Number.isSafeInteger(count) || count <= 0) return undefined;
  return { count, window_ms: windowMs };
}
