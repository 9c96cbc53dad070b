import type { Search } from '../../address/page-search.ts';
import type { UsageBucket } from '../../api/types.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How far back one can look with one click. The name is what the API takes after the minus. */
export const LAST_MS = {
  '15m': 15 * MINUTE_MS,
  '1h': HOUR_MS,
  '6h': 6 * HOUR_MS,
  '24h': DAY_MS,
  '7d': 7 * DAY_MS,
  '30d': 30 * DAY_MS,
} as const;
export type LastRange = keyof typeof LAST_MS;
export const LAST_RANGES = Object.keys(LAST_MS) as readonly LastRange[];

export type UsageRange =
  | { readonly kind: 'last'; readonly name: LastRange }
  | { readonly kind: 'custom'; readonly fromMs: number; readonly toMs: number }
  /** Two times are asked for, and there is no range between them yet. */
  | { readonly kind: 'incomplete'; readonly problem: 'missing' | 'order' };

/** `range`, and with `custom` `from` and `to` (ISO 8601), as they stand in the address. */
export function readRange({ range, from, to }: Search): UsageRange {
  if (range !== 'custom') return { kind: 'last', name: LAST_RANGES.find((name) => name === range) ?? '1h' };
  const fromMs = Date.parse(from ?? '');
  const toMs = Date.parse(to ?? '');
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) return { kind: 'incomplete', problem: 'missing' };
  return fromMs < toMs ? { kind: 'custom', fromMs, toMs } : { kind: 'incomplete', problem: 'order' };
}

/** Usage of minutes is kept for two days, of hours for 35, unless the configuration says otherwise. */
const MINUTES_KEPT_MS = 2 * DAY_MS;
const HOURS_KEPT_MS = 35 * DAY_MS;
const LONGEST_BY_MINUTE_MS = 6 * HOUR_MS;
const LONGEST_BY_HOUR_MS = 14 * DAY_MS;

/** Fine enough to see something, coarse enough to be kept and drawn: some hundred points at most. */
export function bucketFor(range: Exclude<UsageRange, { kind: 'incomplete' }>, nowMs: number): UsageBucket {
  const spanMs = spanOf(range);
  const ageMs = range.kind === 'last' ? spanMs : nowMs - range.fromMs;
  if (spanMs <= LONGEST_BY_MINUTE_MS && ageMs <= MINUTES_KEPT_MS) return '1m';
  return spanMs <= LONGEST_BY_HOUR_MS && ageMs <= HOURS_KEPT_MS ? '1h' : '1d';
}

export function spanOf(range: Exclude<UsageRange, { kind: 'incomplete' }>): number {
  return range.kind === 'last' ? LAST_MS[range.name] : range.toMs - range.fromMs;
}

/** `from` and `to` of the API. */
export function timesOf(range: Exclude<UsageRange, { kind: 'incomplete' }>): { from: string; to: string } {
  return range.kind === 'last'
    ? { from: `-${range.name}`, to: 'now' }
    : { from: new Date(range.fromMs).toISOString(), to: new Date(range.toMs).toISOString() };
}

/** How often to ask again, in ms; false where the range is over and nothing changes any more. */
export function refetchMs(range: Exclude<UsageRange, { kind: 'incomplete' }>, nowMs: number): number | false {
  // The last minutes are still written for a while after the range has ended.
  if (range.kind === 'custom' && range.toMs < nowMs - 5 * MINUTE_MS) return false;
  return spanOf(range) <= HOUR_MS ? 5_000 : 30_000;
}

/** An instant as `<input type="datetime-local">` has it: local time, to the minute. */
export function toLocalInput(iso: string | undefined): string {
  const date = new Date(iso ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return '';
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The other way round; undefined while the input is not filled in. */
export function fromLocalInput(text: string): string | undefined {
  const date = new Date(text);
  return text === '' || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
