import { bySecond, SECONDS_SHOWN, type SecondGrid } from '../live/second-grid.ts';

type Values = readonly (number | null)[];

/** The three things that are counted each second. */
export const PACING_SERIES = ['arrivals', 'sends', 'cached'] as const;
export type PacingSeries = (typeof PACING_SERIES)[number];

/** A value that is higher than the chart. */
export interface Cut {
  readonly series: PacingSeries;
  /** Its place among the seconds. */
  readonly index: number;
  readonly value: number;
  /** The highest of the cut values next to each other: the one whose number is worth its room. */
  readonly peak: boolean;
}

/** What the pacing chart of one upstream shows. */
export interface PacingModel {
  /** The middle of each second, in seconds since the epoch. */
  readonly x: readonly number[];
  /** As counted; null where a second is missing. */
  readonly values: Readonly<Record<PacingSeries, Values>>;
  /** As drawn: never higher than the chart. */
  readonly drawn: Readonly<Record<PacingSeries, Values>>;
  readonly cuts: readonly Cut[];
  readonly yMax: number;
  /** The most calls that the limits let out within any one second; null: they bound none. */
  readonly ceiling: number | null;
  /** How many calls waited at the end of each second. */
  readonly waiting: Values;
  readonly totals: Readonly<Record<PacingSeries, number>>;
  /** The most calls that were sent in any of the seconds. */
  readonly mostSent: number;
}

/** So many ceilings high may the chart be: what is higher is cut, and says how high it is. */
const MOST_CEILINGS = 4;
/** A chart that nothing comes near to the ceiling of would be empty: below this share the ceiling is left out. */
const FAR_BELOW = 1 / 20;

export function pacingModel(grid: SecondGrid, upstream: string, ceiling: number | null): PacingModel {
  const of = (series: PacingSeries | 'waiting'): Values =>
    bySecond(grid, (sample) => sample.upstreams[upstream]?.[series] ?? null);
  const values = { arrivals: of('arrivals'), sends: of('sends'), cached: of('cached') };
  const highest = Math.max(...PACING_SERIES.map((series) => most(values[series])));
  const yMax = chartHeight(highest, ceiling);
  const endSec = grid.endMs / 1_000;
  return {
    x: Array.from({ length: SECONDS_SHOWN }, (_, index) => endSec - SECONDS_SHOWN + index + 0.5),
    values,
    drawn: {
      arrivals: clip(values.arrivals, yMax),
      sends: clip(values.sends, yMax),
      // A line along the floor would say that there is a cache, and no more.
      cached: most(values.cached) === 0 ? values.cached.map(() => null) : clip(values.cached, yMax),
    },
    cuts: PACING_SERIES.flatMap((series) => cutsOf(series, values[series], yMax)),
    yMax,
    ceiling,
    waiting: of('waiting'),
    totals: { arrivals: sum(values.arrivals), sends: sum(values.sends), cached: sum(values.cached) },
    mostSent: most(values.sends),
  };
}

/**
 * How high the chart is. A burst of 50 at one per second, drawn to its full height, would leave two of a hundred parts
 * for what the chart is about: the sends and their ceiling. So the ceiling is never lower than a quarter.
 */
export function chartHeight(highest: number, ceiling: number | null): number {
  if (ceiling === null || (highest > 0 && highest < ceiling * FAR_BELOW)) return Math.max(1, highest) * 1.15;
  return Math.min(ceiling * MOST_CEILINGS, Math.max(ceiling * 1.5, highest * 1.15));
}

function clip(values: Values, yMax: number): Values {
  return values.map((value) => (value === null ? null : Math.min(value, yMax)));
}

function cutsOf(series: PacingSeries, values: Values, yMax: number): Cut[] {
  const cuts: Cut[] = [];
  let run: { index: number; value: number }[] = [];
  const close = (): void => {
    const highest = run.reduce<{ index: number; value: number } | undefined>(
      (best, one) => (best === undefined || one.value > best.value ? one : best),
      undefined,
    );
    for (const one of run) cuts.push({ series, ...one, peak: one === highest });
    run = [];
  };
  values.forEach((value, index) => {
    if (value !== null && value > yMax) run.push({ index, value });
    else close();
  });
  close();
  return cuts;
}

function most(values: Values): number {
  return values.reduce<number>((highest, value) => Math.max(highest, value ?? 0), 0);
}

function sum(values: Values): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}
