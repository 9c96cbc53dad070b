import type { LimitSettings } from './limit-set.ts';

const SECOND_MS = 1_000;

/**
 * The most calls that the limits let out within any one second, wherever it starts; undefined when there are none.
 * Windows of length W that cover a second are `ceil(1 s / W)`, and none of them sees more than its count. An upper
 * bound: guards, which only lower it, are left out, and so is what several limits do to each other.
 */
export function ceilingPerSecond(limits: readonly LimitSettings[]): number | undefined {
  if (limits.length === 0) return undefined;
  return Math.min(...limits.map(ceilingOf));
}

function ceilingOf({ rate: { count, windowMs }, even }: LimitSettings): number {
  const byWindow = count * Math.ceil(SECOND_MS / windowMs);
  // Multiplied first: 1000 / (1000 / 3) is a last digit more than 3.
  return even ? Math.min(byWindow, Math.ceil((SECOND_MS * count) / windowMs)) : byWindow;
}
