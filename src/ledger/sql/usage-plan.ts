import { type Facet, USAGE_DIMENSIONS, type UsageDimension } from '../../usage/rollup.ts';
import type { UsageBucket, UsageQuery } from '../contracts.ts';
import { GRAIN_MINUTES, type Grain } from './tables.ts';

const MINUTE_MS = 60_000;
const MAX_FILTER_VALUES = 100;

/** The dimensions that are counted together, smallest table first. */
export const COUNTED: ReadonlyArray<{
  readonly table: 'core' | Facet;
  readonly dimensions: readonly UsageDimension[];
}> = [
  { table: 'core', dimensions: ['route', 'upstream', 'method', 'status', 'outcome', 'cache'] },
  { table: 'client', dimensions: ['route', 'upstream', 'client'] },
  { table: 'path', dimensions: ['route', 'upstream', 'path'] },
  { table: 'pair', dimensions: ['route', 'upstream', 'client', 'path'] },
];

/** The smallest table that counts by all of these; undefined when none does. */
export function tableFor(dimensions: Iterable<UsageDimension>): 'core' | Facet | undefined {
  const wanted = [...dimensions];
  return COUNTED.find((counted) => wanted.every((dimension) => counted.dimensions.includes(dimension)))
    ?.table;
}

/** What a query groups by and filters on. Throws RangeError naming what is out of bounds. */
export function dimensionsOf(query: UsageQuery): Set<UsageDimension> {
  if (!Number.isFinite(query.fromMs) || !Number.isFinite(query.toMs) || query.fromMs < 0) {
    throw new RangeError('from and to must be times');
  }
  if (query.toMs <= query.fromMs) throw new RangeError('to must be later than from');
  if (query.limit !== undefined && (!Number.isInteger(query.limit) || query.limit < 1)) {
    throw new RangeError('limit must be 1 or more');
  }
  const dimensions = new Set(query.groupBy);
  if (dimensions.size < query.groupBy.length) throw new RangeError('a dimension is there twice');
  for (const [dimension, values] of Object.entries(query.filters ?? {})) {
    if (values === undefined) continue;
    if (values.length === 0 || values.length > MAX_FILTER_VALUES) {
      throw new RangeError(`the filter on ${dimension} must have 1 to ${MAX_FILTER_VALUES} values`);
    }
    dimensions.add(dimension as UsageDimension);
  }
  for (const dimension of dimensions) {
    if (!USAGE_DIMENSIONS.includes(dimension)) throw new RangeError(`there is no dimension ${dimension}`);
  }
  return dimensions;
}

/** Minutes since the epoch, from (inclusive) to (exclusive), read from the table of this resolution. */
export interface Segment {
  readonly grain: Grain;
  readonly from: number;
  readonly to: number;
}

/** What the tables hold, in minutes since the epoch. */
export interface Kept {
  /** Hours and days hold everything before this minute; minutes hold everything from here on. */
  readonly rolledUntil: number;
  /** The oldest minute and hour that are still there. */
  readonly oldestMinute: number;
  readonly oldestHour: number;
}

export interface RangePlan {
  readonly from: number;
  readonly to: number;
  readonly segments: readonly Segment[];
}

export const BUCKET_MINUTES: Record<UsageBucket, number> = {
  '1m': GRAIN_MINUTES.minute,
  '1h': GRAIN_MINUTES.hour,
  '1d': GRAIN_MINUTES.day,
};

/**
 * Cuts the range into the coarsest pieces that give the same answer: whole days from the days, what is left from the
 * hours, and minutes at the edges and for what is not rolled up yet. The range moves outwards to whole buckets, and
 * where minutes or hours are gone, to the next coarser start.
 */
export function planRange(
  { fromMs, toMs, bucket }: Pick<UsageQuery, 'fromMs' | 'toMs' | 'bucket'>,
  kept: Kept,
): RangePlan {
  const finest = bucket === undefined ? 1 : BUCKET_MINUTES[bucket];
  let from = down(Math.floor(fromMs / MINUTE_MS), finest);
  let to = up(Math.ceil(toMs / MINUTE_MS), finest);
  if (bucket === '1m') {
    from = Math.min(to, Math.max(from, kept.oldestMinute));
    return { from, to, segments: present([{ grain: 'minute', from, to }]) };
  }
  if (from < kept.oldestMinute) from = down(from, GRAIN_MINUTES.hour);
  if (to < kept.oldestMinute) to = up(to, GRAIN_MINUTES.hour);
  if (bucket === '1h') {
    from = Math.min(to, Math.max(from, kept.oldestHour));
    return { from, to, segments: present(hoursAndMinutes(from, to, kept.rolledUntil)) };
  }
  if (from < kept.oldestHour) from = down(from, GRAIN_MINUTES.day);
  if (to < kept.oldestHour) to = up(to, GRAIN_MINUTES.day);
  const first = up(from, GRAIN_MINUTES.day);
  // The last day may be half rolled up: its row then stands for all that is.
  const last = to >= kept.rolledUntil ? kept.rolledUntil : down(to, GRAIN_MINUTES.day);
  if (last <= first) return { from, to, segments: present(hoursAndMinutes(from, to, kept.rolledUntil)) };
  return {
    from,
    to,
    segments: present([
      ...hoursAndMinutes(from, first, kept.rolledUntil),
      { grain: 'day', from: first, to: last },
      ...hoursAndMinutes(last, to, kept.rolledUntil),
    ]),
  };
}

function hoursAndMinutes(from: number, to: number, rolledUntil: number): Segment[] {
  const first = up(from, GRAIN_MINUTES.hour);
  const last = Math.min(down(to, GRAIN_MINUTES.hour), rolledUntil);
  if (last <= first) return [{ grain: 'minute', from, to }];
  return [
    { grain: 'minute', from, to: first },
    { grain: 'hour', from: first, to: last },
    { grain: 'minute', from: last, to },
  ];
}

const present = (segments: readonly Segment[]): Segment[] => segments.filter(({ from, to }) => from < to);
const down = (minute: number, step: number): number => minute - (minute % step);
const up = (minute: number, step: number): number => down(minute + step - 1, step);
