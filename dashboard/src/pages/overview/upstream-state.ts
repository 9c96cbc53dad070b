import type { UpstreamStatus } from '../../api/types.ts';
import type { Tone } from '../../ui/tone.ts';

/** The breaker of an upstream, as far as a badge tells it. Moments are ms since the epoch, on the server's clock. */
export type BreakerSign =
  | { readonly key: 'noBreaker'; readonly tone: Tone }
  | { readonly key: 'closed'; readonly tone: Tone; readonly failures: number }
  | { readonly key: 'open'; readonly tone: Tone; readonly untilMs: number | undefined }
  | { readonly key: 'half_open'; readonly tone: Tone }
  | {
      readonly key: 'forcedOpen' | 'forcedClosed' | 'forcedHalfOpen';
      readonly tone: Tone;
      readonly untilMs: number | undefined;
    };

export function breakerSign(breaker: UpstreamStatus['breaker']): BreakerSign {
  if (breaker === null) return { key: 'noBreaker', tone: 'neutral' };
  const untilMs = breaker.until === null ? undefined : Date.parse(breaker.until);
  if (breaker.forced) {
    if (breaker.state === 'open') return { key: 'forcedOpen', tone: 'bad', untilMs };
    return { key: breaker.state === 'closed' ? 'forcedClosed' : 'forcedHalfOpen', tone: 'warn', untilMs };
  }
  switch (breaker.state) {
    case 'closed': {
      const failures = breaker.consecutive_failures;
      return { key: 'closed', tone: failures === 0 ? 'ok' : 'warn', failures };
    }
    case 'open':
      return { key: 'open', tone: 'bad', untilMs };
    case 'half_open':
      return { key: 'half_open', tone: 'warn' };
  }
}

/** Whole seconds until then, in ms: rounded up, so that 0 means it is over. Undefined: there is no end, or no clock. */
export function secondsLeft(untilMs: number | undefined, nowMs: number | undefined): number | undefined {
  if (untilMs === undefined || nowMs === undefined) return undefined;
  return Math.max(0, Math.ceil((untilMs - nowMs) / 1_000) * 1_000);
}
