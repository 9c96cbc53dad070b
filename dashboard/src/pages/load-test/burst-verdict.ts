import type { Burst } from '../../api/types.ts';
import type { Tone } from '../../ui/tone.ts';

/** How a burst ended, in the parts of its sentence. */
export interface BurstVerdict {
  readonly tone: Tone;
  /** Every call answered, some failed, or it was aborted. */
  readonly kind: 'all' | 'some' | 'aborted';
  /** Whether the prediction is worth naming: it was made for all calls, and they all ended. */
  readonly hasPrediction: boolean;
  /** What the sandbox saw of the spacing. */
  readonly spacing: 'none' | 'countOnly' | 'measured';
}

/** Undefined while it runs. */
export function verdictOf(burst: Burst): BurstVerdict | undefined {
  const { status, failed, sandbox } = burst;
  if (status === 'running') return undefined;
  const kind = status === 'aborted' ? 'aborted' : failed === 0 ? 'all' : 'some';
  const isBad = (sandbox?.violations ?? 0) > 0 || (burst.done > 0 && burst.succeeded === 0);
  return {
    kind,
    tone: isBad ? 'bad' : kind === 'all' ? 'ok' : 'warn',
    hasPrediction: status === 'done' && predictedMs(burst) !== undefined,
    spacing: sandbox === null ? 'none' : sandbox.closest_spacing_ms === null ? 'countOnly' : 'measured',
  };
}

/** How long it was to take, where that says something: not of calls that would all be refused at once. */
export function predictedMs({ forecast }: Pick<Burst, 'forecast'>): number | undefined {
  const { expected_ms: expectedMs, will_be_refused: refused, count } = forecast;
  return expectedMs === null || refused >= count ? undefined : expectedMs;
}

/** Ended, of all: 0 to 1. */
export function shareDone({ done, settings }: Pick<Burst, 'done' | 'settings'>): number {
  return settings.count === 0 ? 1 : Math.min(1, done / settings.count);
}

/** Failures, most frequent first. */
export function failuresOf({ failures }: Pick<Burst, 'failures'>): { code: string; count: number }[] {
  return Object.entries(failures)
    .map(([code, count]) => ({ code, count }))
    .sort((a, b) => b.count - a.count || a.code.localeCompare(b.code));
}
