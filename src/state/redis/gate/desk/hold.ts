import type { LimitSettings } from '../../../../policies/limiter/limit-set.ts';

/** Windows up to here are waited out after a change of server: whoever sent in them may be gone with it. */
const LONGEST_WAITED_OUT_MS = 10_000;

/**
 * How long no grant is made after Redis has changed: long enough for the nodes to say what they sent, and for windows
 * that are short to be over whoever sent in them.
 */
export function holdMs(limits: readonly LimitSettings[], leastMs: number): number {
  const spans = limits.map(({ rate, guardMs }) => rate.windowMs + guardMs);
  return Math.max(leastMs, ...spans.filter((spanMs) => leastMs > 0 && spanMs <= LONGEST_WAITED_OUT_MS));
}
