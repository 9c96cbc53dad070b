import type { Burst, BurstProgress } from '../../api/types.ts';

export type BurstCall = BurstProgress['calls'][number];

/** A burst and its finished calls, as far as they were fetched. */
export interface FollowedBurst {
  readonly burst: Burst;
  /** In the order in which they ended: the one at place n is call n. */
  readonly calls: readonly BurstCall[];
}

/** As many as a burst can have. */
export const MOST_CALLS = 10_000;

/**
 * The calls with one page more. Pages may overlap, as when an answer is asked for twice: every call stands there
 * once. What comes behind a gap is left out, because the next question starts at the gap. The same array when there
 * is nothing new.
 */
export function appendCalls(known: readonly BurstCall[], page: readonly BurstCall[]): readonly BurstCall[] {
  const added: BurstCall[] = [];
  for (const call of page) {
    const next = known.length + added.length;
    if (call.n === next && next < MOST_CALLS) added.push(call);
  }
  return added.length === 0 ? known : [...known, ...added];
}

/** Asks for pages until there is nothing more at the moment. `known` belongs to the same burst. */
export async function fetchOn(
  known: FollowedBurst | undefined,
  ask: (after: number) => Promise<BurstProgress>,
): Promise<FollowedBurst> {
  let calls = known?.calls ?? [];
  for (;;) {
    const { calls: page, next: _, ...burst } = await ask(calls.length);
    const before = calls.length;
    calls = appendCalls(calls, page);
    if (calls.length === before || calls.length >= Math.min(burst.done, MOST_CALLS)) return { burst, calls };
  }
}
