import type { Rate } from '../shared/units.ts';
import type { MixPart } from './priority-mix.ts';
import type { CalledRoute, RouteCall } from './route-request.ts';

/** How a burst would go, as things stood when it was asked. */
export interface BurstForecast {
  readonly upstream: string;
  readonly sandbox: boolean;
  readonly count: number;
  /** Undefined: nobody can know. */
  readonly expectedMs: number | undefined;
  /** The limit that decides, such as `1 per 1s`; undefined: none does. */
  readonly limit: string | undefined;
  readonly boundedBy: BurstBound;
  /** Requests that wait for the upstream already. */
  readonly alreadyWaiting: number;
  readonly willBeRefused: number;
  readonly obstacles: readonly BurstObstacle[];
}

export type BurstBound = 'limit' | 'concurrency' | 'rate' | 'cache' | 'nothing';

export type BurstObstacle =
  | 'breaker_open'
  | 'paused'
  | 'queue_full'
  | 'deadline'
  | 'client_limit'
  | 'too_long';

/** A burst against one route. */
export interface BurstPlan {
  readonly route: CalledRoute;
  readonly upstream: string;
  /** Whether the sandbox sees the calls, and judges them. */
  readonly sandbox: boolean;
  /** What all calls have in common. */
  readonly call: Omit<RouteCall, 'urgency' | 'client'>;
  readonly client: string;
  readonly count: number;
  readonly concurrency: number;
  readonly mix: readonly MixPart[];
  /** As it was written; undefined: no mix. */
  readonly mixText: string | undefined;
  readonly rate: Rate | undefined;
  readonly same: boolean;
  /** Undefined: any. */
  readonly seed: number | undefined;
  /** For one call. */
  readonly timeoutMs: number;
  readonly forecast: BurstForecast;
}

export const BURST_BOUNDS = {
  count: 10_000,
  concurrency: 1_000,
  durationMs: 3_600_000,
  seed: 4_294_967_295,
} as const;

/** Throws RangeError naming the bound that the plan is over. */
export function checkPlan({ count, concurrency }: Pick<BurstPlan, 'count' | 'concurrency'>): void {
  if (!isWithin(count, BURST_BOUNDS.count)) {
    throw new RangeError(`count must be 1 to ${BURST_BOUNDS.count}, not ${count}`);
  }
  if (!isWithin(concurrency, BURST_BOUNDS.concurrency)) {
    throw new RangeError(`concurrency must be 1 to ${BURST_BOUNDS.concurrency}, not ${concurrency}`);
  }
}

function isWithin(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= max;
}
