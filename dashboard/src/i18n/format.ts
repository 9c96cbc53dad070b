import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

/** Numbers, times and dates for people, by `Intl`, in the language of the page. */

/** Formatters are dear to make and few: one for each language and set of options that the pages use. */
const MOST_FORMATTERS = 200;
const numberFormats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();
const relativeFormats = new Map<string, Intl.RelativeTimeFormat>();

function cached<F>(formats: Map<string, F>, key: string, make: () => F): F {
  const known = formats.get(key);
  if (known !== undefined) return known;
  if (formats.size >= MOST_FORMATTERS) formats.clear();
  const made = make();
  formats.set(key, made);
  return made;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `1234.5` → "1,234.5", "1.234,5". Three digits after the point at most when nothing is said. */
export function formatNumber(locale: string, value: number, options: Intl.NumberFormatOptions = {}): string {
  const key = `${locale} ${JSON.stringify(options)}`;
  return cached(numberFormats, key, () => new Intl.NumberFormat(locale, options)).format(value);
}

/** `12345` → "12K", "12 mil". */
export function formatCompact(locale: string, value: number): string {
  return formatNumber(locale, value, { notation: 'compact', maximumFractionDigits: 1 });
}

/** A share from 0 to 1: `0.123` → "12.3%". 100 % is said only of a whole, 0 % only of nothing. */
export function formatPercent(locale: string, share: number): string {
  const shown = share > 0 && share < 0.001 ? 0.001 : share < 1 && share > 0.999 ? 0.999 : share;
  return formatNumber(locale, shown, { style: 'percent', maximumFractionDigits: 1 });
}

/** `850` → "850 ms", `8200` → "8.2 s", `125000` → "2 min 5 s", `11520000` → "3 h 12 min", then "2 d 4 h". */
export function formatDuration(locale: string, ms: number): string {
  if (ms < 0) return `-${formatDuration(locale, -ms)}`;
  if (ms < 10) return `${formatNumber(locale, ms, { maximumFractionDigits: 1 })} ms`;
  // Each step is taken by the rounded value, so that 999.6 ms is "1 s" and 59.97 s is "1 min".
  if (Math.round(ms) < SECOND_MS) return `${formatNumber(locale, Math.round(ms))} ms`;
  if (Math.round(ms / 100) * 100 < MINUTE_MS) {
    return `${formatNumber(locale, ms / SECOND_MS, { maximumFractionDigits: 1 })} s`;
  }
  const pair = (largeMs: number, large: string, smallMs: number, small: string): string => {
    const whole = Math.round(ms / smallMs) * smallMs;
    const rest = Math.round((whole % largeMs) / smallMs);
    const head = `${formatNumber(locale, Math.floor(whole / largeMs))} ${large}`;
    return rest === 0 ? head : `${head} ${formatNumber(locale, rest)} ${small}`;
  };
  if (Math.round(ms / SECOND_MS) * SECOND_MS < HOUR_MS) return pair(MINUTE_MS, 'min', SECOND_MS, 's');
  if (Math.round(ms / MINUTE_MS) * MINUTE_MS < DAY_MS) return pair(HOUR_MS, 'h', MINUTE_MS, 'min');
  return pair(DAY_MS, 'd', HOUR_MS, 'h');
}

/** Powers of 1,024, as in the configuration: `65536` → "64 KB". */
export function formatBytes(locale: string, bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1_023.95 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${formatNumber(locale, value, { maximumFractionDigits: unit === 0 ? 0 : 1 })} ${units[unit]}`;
}

/** How often a second: `12.34` → "12.3/s"; below one, two digits: `0.05` → "0.05/s". */
export function formatRate(locale: string, perSec: number): string {
  const digits = Math.abs(perSec) >= 100 ? 0 : Math.abs(perSec) >= 1 ? 1 : 2;
  return `${formatNumber(locale, perSec, { maximumFractionDigits: digits })}/s`;
}

/** An instant: ISO 8601 or milliseconds since 1970. */
export type Instant = string | number;

function formatInstant(locale: string, instant: Instant, options: Intl.DateTimeFormatOptions): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return String(instant);
  const key = `${locale} ${JSON.stringify(options)}`;
  return cached(dateFormats, key, () => new Intl.DateTimeFormat(locale, options)).format(date);
}

/** "14:03:09", local time, 24 hours in every language. `timeZone` is for tests. */
export function formatTime(locale: string, instant: Instant, timeZone?: string): string {
  return formatInstant(locale, instant, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone,
  });
}

/** "Aug 1, 2025, 14:03:09". */
export function formatDateTime(locale: string, instant: Instant, timeZone?: string): string {
  return formatInstant(locale, instant, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone,
  });
}

/** How long ago, from an age in milliseconds: `400` → "0.4s ago", "há 0,4 s". */
export function formatAgo(locale: string, ageMs: number): string {
  const age = Math.max(0, ageMs);
  const [value, unit] =
    age < 9_950
      ? [Math.round(age / 100) / 10, 'second' as const]
      : age < MINUTE_MS - 500
        ? [Math.round(age / SECOND_MS), 'second' as const]
        : age < HOUR_MS - 30 * SECOND_MS
          ? [Math.round(age / MINUTE_MS), 'minute' as const]
          : age < DAY_MS - 30 * MINUTE_MS
            ? [Math.round(age / HOUR_MS), 'hour' as const]
            : [Math.round(age / DAY_MS), 'day' as const];
  return cached(
    relativeFormats,
    locale,
    () => new Intl.RelativeTimeFormat(locale, { numeric: 'always', style: 'narrow' }),
  ).format(-value, unit);
}

/** The functions above, bound to one language. */
export interface Format {
  readonly locale: string;
  number(value: number, options?: Intl.NumberFormatOptions): string;
  compact(value: number): string;
  /** From a share of 0 to 1. */
  percent(share: number): string;
  duration(ms: number): string;
  bytes(bytes: number): string;
  time(instant: Instant): string;
  dateTime(instant: Instant): string;
  /** From an age in milliseconds, not from an instant. */
  ago(ageMs: number): string;
  rate(perSec: number): string;
}

const formats = new Map<string, Format>();

/** The same object for the same language, so that it may stand in a list of dependencies. */
export function formatFor(locale: string): Format {
  return cached(formats, locale, () => ({
    locale,
    number: (value, options) => formatNumber(locale, value, options),
    compact: (value) => formatCompact(locale, value),
    percent: (share) => formatPercent(locale, share),
    duration: (ms) => formatDuration(locale, ms),
    bytes: (bytes) => formatBytes(locale, bytes),
    time: (instant) => formatTime(locale, instant),
    dateTime: (instant) => formatDateTime(locale, instant),
    ago: (ageMs) => formatAgo(locale, ageMs),
    rate: (perSec) => formatRate(locale, perSec),
  }));
}

/** Formats in the language of the page. */
export function useFormat(): Format {
  const { i18n } = useTranslation();
  const locale = i18n.resolvedLanguage ?? i18n.language;
  return useMemo(() => formatFor(locale), [locale]);
}
