import type { Random } from '../../shared/random.ts';

export interface BackoffSettings {
  /** Upper bound of the wait before the second attempt. */
  readonly initialDelayMs: number;
  /** By how much that bound grows from one attempt to the next. */
  readonly multiplier: number;
  /** The bound grows no further than this. */
  readonly maxDelayMs: number;
}

/**
 * How long to wait after `attempt` attempts (1: before the second), in ms: exponential backoff with full jitter,
 * uniform in [0, min(maxDelayMs, initialDelayMs × multiplier^(attempt - 1))) (Brooker, "Exponential Backoff And
 * Jitter", AWS Architecture Blog, 2015).
 */
export function backoffMs(settings: BackoffSettings, attempt: number, random: Random): number {
  const { initialDelayMs, multiplier, maxDelayMs } = settings;
  if (initialDelayMs === 0) return 0;
  return random.next() * Math.min(maxDelayMs, initialDelayMs * multiplier ** (attempt - 1));
}

/**
 * As `backoffMs`; when the upstream said `Retry-After`, then that long and the jitter on top, never shorter, so that
 * those who were told the same time do not come back together.
 */
export function retryDelayMs(
  settings: BackoffSettings,
  attempt: number,
  retryAfterMs: number | undefined,
  random: Random,
): number {
  return (retryAfterMs ?? 0) + backoffMs(settings, attempt, random);
}
