import type { BurstForecast } from '../../api/types.ts';
import type { Format } from '../../i18n/format.ts';

/** `1 per 1s` as the API says it. */
export interface NamedLimit {
  readonly count: number;
  readonly window_ms: number;
  readonly even: boolean;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Reads `1 per 1s`, `20/s`; undefined when it is of another form. */
export function readLimit(text: string): NamedLimit | undefined {
  const match = /^\s*(\d+)\s*(?:per|\/)\s*(\d+(?:\.\d+)?)?\s*(ms|s|m|h|d)\s*$/i.exec(text);
  const [, count, windows, unit = ''] = match ?? [];
  if (count === undefined) return undefined;
  const windowMs = Number(windows ?? 1) * (UNIT_MS[unit.toLowerCase()] ?? Number.NaN);
  return { count: Number(count), window_ms: windowMs, even: false };
}

/** Which sentence says how the burst would go. */
export type ForecastKind =
  | 'limit'
  | 'rate'
  | 'concurrency'
  | 'cache'
  | 'nothing'
  | 'allRefused'
  | 'unknownPaused'
  | 'unknownFirst';

export function forecastKind(forecast: BurstForecast): ForecastKind {
  const { count, will_be_refused: refused, expected_ms: expectedMs } = forecast;
  if (refused >= count) return 'allRefused';
  if (expectedMs === null) return forecast.obstacles.includes('paused') ? 'unknownPaused' : 'unknownFirst';
  if (forecast.bounded_by === 'limit' && forecast.limit === null) return 'nothing';
  return forecast.bounded_by;
}

/** The values of every one of these sentences. */
export function forecastValues(
  forecast: BurstForecast,
  request: { readonly rate?: string; readonly concurrency?: number },
  format: Format,
  limitText: (limit: NamedLimit) => string,
): Readonly<Record<'number' | 'limit' | 'rate' | 'concurrency' | 'time' | 'upstream', string>> {
  const named = (text: string): string => {
    const limit = readLimit(text);
    return limit === undefined ? text : limitText(limit);
  };
  const { count, will_be_refused: refused, expected_ms: expectedMs } = forecast;
  return {
    // Those that take the time; how many are refused at once is said beside it.
    number: format.number(refused < count ? count - refused : count),
    limit: named(forecast.limit ?? ''),
    rate: named(request.rate ?? ''),
    concurrency: format.number(request.concurrency ?? Math.min(count, 1_000)),
    time: expectedMs === null ? '?' : format.duration(expectedMs),
    upstream: forecast.upstream,
  };
}
