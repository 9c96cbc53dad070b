import type { LiveSample } from '../api/types.ts';

/** Seconds that the page looks back. */
export const SECONDS_SHOWN = 60;
const SECOND_MS = 1_000;

/** The last minute, second by second: a place for each, whether there is a sample of it or not. */
export interface SecondGrid {
  /** The end of the newest second, in ms since the epoch, on the server's clock. */
  readonly endMs: number;
  /** Oldest first; undefined where nothing is known of the second. */
  readonly seconds: readonly (LiveSample | undefined)[];
}

/** Samples by the second that they are of, so that one that is missing leaves a hole instead of moving the others. */
export function secondGrid(samples: readonly LiveSample[]): SecondGrid {
  const newest = samples.at(-1);
  const seconds = new Array<LiveSample | undefined>(SECONDS_SHOWN).fill(undefined);
  if (newest === undefined) return { endMs: 0, seconds };
  const endMs = Date.parse(newest.at);
  for (const sample of samples) {
    const age = Math.round((endMs - Date.parse(sample.at)) / SECOND_MS);
    // A clock that was set back makes an old second look like one to come: there is no place for it.
    if (age >= 0 && age < SECONDS_SHOWN) seconds[SECONDS_SHOWN - 1 - age] = sample;
  }
  return { endMs, seconds };
}

/** One number of every second; null where the second is missing, or has none. */
export function bySecond(grid: SecondGrid, of: (sample: LiveSample) => number | null): (number | null)[] {
  return grid.seconds.map((sample) => (sample === undefined ? null : of(sample)));
}

/** Of the seconds that are there. */
export function sumOf(grid: SecondGrid, of: (sample: LiveSample) => number): number {
  return grid.seconds.reduce((sum, sample) => (sample === undefined ? sum : sum + of(sample)), 0);
}
