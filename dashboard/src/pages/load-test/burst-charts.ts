import type { Burst } from '../../api/types.ts';
import type { ChartData } from '../../charts/chart-options.ts';
import type { BurstCall } from './burst-calls.ts';

/** What a dot says by its colour. */
export const DOT_KINDS = ['plain', 'urgent', 'patient', 'cached', 'failed'] as const;
export type DotKind = (typeof DOT_KINDS)[number];

/** More dots than pixels tell nothing. */
export const MOST_DOTS = 2_000;
const MOST_STEPS = 1_000;

/** RFC 9218: 3 is what holds when nothing is said; below is more urgent, above less. */
const DEFAULT_URGENCY = 3;

export function dotKind({ ok, cache_hit: cacheHit, urgency }: BurstCall): DotKind {
  if (!ok) return 'failed';
  if (cacheHit) return 'cached';
  if (urgency === null || urgency === DEFAULT_URGENCY) return 'plain';
  return urgency < DEFAULT_URGENCY ? 'urgent' : 'patient';
}

export interface Dots {
  /** Those that occur, in the order of DOT_KINDS. */
  readonly kinds: readonly DotKind[];
  /** x in ms from the start, then the latency in ms for each kind. */
  readonly data: ChartData;
  /** Calls that one dot stands for at most; 1: every call has its own. */
  readonly callsPerDot: number;
}

/** Each call at the time of its completion, over at least `spanMs`. */
export function dotsOf(calls: readonly BurstCall[], spanMs: number): Dots {
  const { shown, callsPerDot } = thinned(calls);
  const present = new Set(shown.map(dotKind));
  const kinds = DOT_KINDS.filter((kind) => present.has(kind) || (kind === 'plain' && present.size === 0));
  const x: number[] = [0];
  const columns = kinds.map((): (number | null)[] => [null]);
  for (const call of shown) {
    const own = kinds.indexOf(dotKind(call));
    x.push(Math.max(call.at_ms, x.at(-1) ?? 0));
    for (const [place, column] of columns.entries()) column.push(place === own ? call.latency_ms : null);
  }
  // The axis reaches to where the forecast ends.
  if ((x.at(-1) ?? 0) < spanMs) {
    x.push(spanMs);
    for (const column of columns) column.push(null);
  }
  return { kinds, data: [x, ...columns], callsPerDot };
}

/** Of every group of neighbours the fastest, the slowest and the first that failed. */
function thinned(calls: readonly BurstCall[]): { shown: readonly BurstCall[]; callsPerDot: number } {
  if (calls.length <= MOST_DOTS) return { shown: calls, callsPerDot: 1 };
  const size = Math.ceil(calls.length / Math.floor(MOST_DOTS / 3));
  const shown: BurstCall[] = [];
  for (let start = 0; start < calls.length; start += size) {
    const group = calls.slice(start, start + size);
    const kept = new Set<BurstCall>();
    const answered = group.filter(({ ok }) => ok);
    const fastest = least(answered, (call) => call.latency_ms);
    const slowest = least(answered, (call) => -call.latency_ms);
    const failed = group.find(({ ok }) => !ok);
    for (const call of [fastest, slowest, failed]) if (call !== undefined) kept.add(call);
    shown.push(...group.filter((call) => kept.has(call)));
  }
  return { shown, callsPerDot: size };
}

function least(calls: readonly BurstCall[], of: (call: BurstCall) => number): BurstCall | undefined {
  let best: BurstCall | undefined;
  for (const call of calls) if (best === undefined || of(call) < of(best)) best = call;
  return best;
}

/**
 * Ended calls over time: x in ms from the start, what was predicted, what came. Refused calls are predicted to end at
 * once, the others evenly until the expected end. Nothing is predicted (null) where the forecast knew no time.
 */
export function completionLines(
  burst: Pick<Burst, 'forecast' | 'elapsed_ms' | 'status'>,
  calls: readonly BurstCall[],
): ChartData {
  const { expected_ms: expectedMs, count, will_be_refused: refused } = burst.forecast;
  const predicted = (atMs: number): number | null => {
    if (expectedMs === null) return null;
    if (atMs >= expectedMs) return count;
    const first = Math.min(count, refused + 1);
    return first + ((count - first) * atMs) / expectedMs;
  };
  const step = Math.max(1, Math.ceil(calls.length / MOST_STEPS));
  const points: [atMs: number, ended: number | null][] = [[0, 0]];
  calls.forEach((call, index) => {
    if ((index + 1) % step === 0 || index === calls.length - 1) points.push([call.at_ms, index + 1]);
  });
  const nowMs = Math.max(burst.elapsed_ms, points.at(-1)?.[0] ?? 0);
  points.push([nowMs, calls.length]);
  if (expectedMs !== null) {
    // A point at the corner, so that the line bends where the forecast ends.
    const place = points.findIndex(([atMs]) => atMs > expectedMs);
    const endedThen = calls.findIndex((call) => call.at_ms > expectedMs);
    if (place === -1) points.push([expectedMs, nowMs >= expectedMs ? calls.length : null]);
    else points.splice(place, 0, [expectedMs, endedThen === -1 ? calls.length : endedThen]);
  }
  return [points.map(([x]) => x), points.map(([x]) => predicted(x)), points.map(([, ended]) => ended)];
}
