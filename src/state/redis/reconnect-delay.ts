import type { Random } from '../../shared/random.ts';

const STEP_MS = 25;
const LONGEST_MS = 250;

/**
 * How long to wait before connecting for the `times`-th time in a row: a little longer each time, up to four tries a
 * second on average. Half of it up or down is chance, so that a server that comes back does not meet all nodes at once.
 */
export function reconnectDelayMs(times: number, random: Random): number {
  return Math.round(Math.min(LONGEST_MS, STEP_MS * times) * (0.5 + random.next()));
}
