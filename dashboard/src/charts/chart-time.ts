const HOUR_SEC = 3_600;
const DAY_SEC = 86_400;

const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * An instant on an axis, as exact as the span of the axis asks for: seconds within two hours, minutes within two
 * days, then the day. Both arguments are in seconds.
 */
export function formatChartTime(locale: string, sec: number, spanSec: number, timeZone?: string): string {
  const step = spanSec <= 2 * HOUR_SEC ? 'second' : spanSec <= 2 * DAY_SEC ? 'minute' : 'day';
  const key = `${locale} ${step} ${timeZone ?? ''}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locale, { ...OPTIONS[step], timeZone });
    formats.set(key, format);
  }
  return format.format(sec * 1_000);
}

const OPTIONS: Readonly<Record<'second' | 'minute' | 'day', Intl.DateTimeFormatOptions>> = {
  second: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  minute: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  day: { day: 'numeric', month: 'short' },
};
