/** RFC 9111 §1.2.2: delta-seconds too large to count are taken as 2^31. */
const LONGEST_MS = 2 ** 31 * 1_000;
/** RFC 9110 §5.6.7: a two-digit year that seems further ahead than this lies in the past, and one as far back, ahead. */
const HALF_CENTURY = 50;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** `Sun, 06 Nov 1994 08:49:37 GMT` */
const IMF_FIXDATE =
  /^(?:mon|tue|wed|thu|fri|sat|sun), (?<day>\d{2}) (?<month>[a-z]{3}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) gmt$/i;
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const RFC_850 =
  /^(?:mon|tues|wednes|thurs|fri|satur|sun)day, (?<day>\d{2})-(?<month>[a-z]{3})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) gmt$/i;
/** `Sun Nov  6 08:49:37 1994` */
const ASCTIME =
  /^(?:mon|tue|wed|thu|fri|sat|sun) (?<month>[a-z]{3}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/i;

/**
 * How long a `Retry-After` header asks to wait, in ms (RFC 9110 §10.2.3): seconds, decimals taken too because some
 * servers send them, or an HTTP-date in any of its three formats, against `wallNowMs` (Unix ms). Negative seconds
 * and past dates are 0; anything else, or no header, is undefined.
 */
export function parseRetryAfter(value: string | null, wallNowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^[+-]?\d+(?:\.\d+)?$/.test(text)) {
    return Math.min(LONGEST_MS, Math.max(0, Number(text) * 1_000));
  }
  const dateMs = parseHttpDate(text, wallNowMs);
  return dateMs === undefined ? undefined : Math.min(LONGEST_MS, Math.max(0, dateMs - wallNowMs));
}

/** Unix ms of an HTTP-date (RFC 9110 §5.6.7); undefined when it is none. The day's name is not checked. */
export function parseHttpDate(text: string, wallNowMs: number): number | undefined {
  const groups = (IMF_FIXDATE.exec(text) ?? RFC_850.exec(text) ?? ASCTIME.exec(text))?.groups;
  if (groups === undefined) return undefined;
  const month = MONTHS.indexOf(groups.month!.toLowerCase());
  const day = Number(groups.day);
  const year = groups.year!.length === 2 ? fullYear(Number(groups.year), wallNowMs) : Number(groups.year);
  const [hour = 0, minute = 0, second = 0] = groups.time!.split(':').map(Number);
  // Date.UTC would carry a 31st of April over into May; 60 is a leap second.
  if (month === -1 || day < 1 || day > new Date(Date.UTC(year, month + 1, 0)).getUTCDate()) return undefined;
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  return Date.UTC(year, month, day, hour, minute, second);
}

function fullYear(twoDigits: number, wallNowMs: number): number {
  const thisYear = new Date(wallNowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  if (year > thisYear + HALF_CENTURY) return year - 100;
  return year <= thisYear - HALF_CENTURY ? year + 100 : year;
}
