import type { LimitStatus, UpstreamStatus } from '../../api/types.ts';

/** What the tightest limit of an upstream still lets out. */
export interface Budget {
  readonly upstream: string;
  readonly limit: LimitStatus;
  /** In ms; null: nobody can know. */
  readonly nextSlotInMs: number | null;
  /** One call a window: then "0 of 1" flickers, and when the next one may go says more. */
  readonly single: boolean;
}

/** Of each upstream that has limits, in the order of the configuration. */
export function budgetsOf(upstreams: readonly UpstreamStatus[]): Budget[] {
  return upstreams.flatMap(({ name, limits, next_slot_in_ms: nextSlotInMs }) => {
    const limit = tightest(limits);
    return limit === undefined ? [] : [{ upstream: name, limit, nextSlotInMs, single: limit.count === 1 }];
  });
}

/** The limit with the smallest share left; among equals the one that lets out the least over time. */
export function tightest(limits: readonly LimitStatus[]): LimitStatus | undefined {
  return [...limits].sort(
    (a, b) => a.left / a.count - b.left / b.count || a.count / a.window_ms - b.count / b.window_ms,
  )[0];
}
