import type { LiveSample, LiveState } from '../api/types.ts';
import type { Tone } from '../ui/tone.ts';
import { bySecond, type SecondGrid, sumOf } from './second-grid.ts';

/** Seconds that a rate is the average of: long enough not to flicker, short enough to be of now. */
const RATE_OVER = 10;

/** Requests that ended per second, of late; undefined before the first second. */
export function recentRate(grid: SecondGrid): number | undefined {
  const recent = grid.seconds.slice(-RATE_OVER).filter((sample) => sample !== undefined);
  if (recent.length === 0) return undefined;
  return recent.reduce((sum, { requests }) => sum + requests, 0) / recent.length;
}

export interface SuccessFigures {
  readonly requests: number;
  readonly successes: number;
  /** 0…1; undefined when nothing ended. */
  readonly share: number | undefined;
  readonly tone: Tone;
}

/** Fewer requests than that say nothing about a share. */
const LEAST_REQUESTS = 5;

export function successFigures(grid: SecondGrid): SuccessFigures {
  const requests = sumOf(grid, (sample) => sample.requests);
  const successes = sumOf(grid, (sample) => sample.successes);
  if (requests === 0) return { requests, successes, share: undefined, tone: 'neutral' };
  const share = successes / requests;
  const tone = requests < LEAST_REQUESTS || share >= 0.95 ? 'neutral' : share >= 0.8 ? 'warn' : 'bad';
  return { requests, successes, share, tone };
}

/** Successes among what ended in each second. */
export function successBySecond(grid: SecondGrid): (number | null)[] {
  return bySecond(grid, ({ requests, successes }) => (requests === 0 ? null : successes / requests));
}

/** Answers from the cache among the requests of each second to routes that have one. */
export function hitRatioBySecond(grid: SecondGrid): (number | null)[] {
  return bySecond(grid, ({ cache: { hit, stale, miss } }) => {
    const asked = hit + stale + miss;
    return asked === 0 ? null : (hit + stale) / asked;
  });
}

export interface FailureCause {
  /** An error code of the gateway, or an outcome. */
  readonly cause: string;
  readonly count: number;
}

/** What else than a refusal a request can end as, when it does not succeed. */
const PLAIN_OUTCOMES = [
  'upstream_error',
  'client_error',
  'truncated',
  'client_gone',
] as const satisfies readonly (keyof LiveSample['failures'])[];

/**
 * Why requests of the last minute failed, most frequent first. Refusals go by their code; those that the codes do not
 * account for are called `refused`, so that the counts add up.
 */
export function failureCauses(grid: SecondGrid, errors: LiveState['minute']['errors']): FailureCause[] {
  const refused = sumOf(grid, ({ failures }) => failures.refused);
  const coded = Object.entries(errors).map(([cause, count]) => ({ cause, count }));
  const explained = coded.reduce((sum, { count }) => sum + count, 0);
  return [
    ...coded,
    { cause: 'refused', count: refused - explained },
    ...PLAIN_OUTCOMES.map((cause) => ({ cause, count: sumOf(grid, ({ failures }) => failures[cause]) })),
  ]
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}
