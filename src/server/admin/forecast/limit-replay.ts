import { LimitSet, type LimitSettings } from '../../../policies/limiter/limit-set.ts';
import { formatRate } from '../../../shared/units.ts';
import type { LimitUse } from '../../../state/contracts.ts';

/** When a limit allows a call, and which limit it is. */
export interface Slot {
  readonly atMs: number;
  /** Such as `1 per 1s`; undefined: none is in the way. */
  readonly by: string | undefined;
}

interface One {
  readonly name: string;
  readonly set: LimitSet;
}

/** A log with more entries is filled with fewer, heavier ones. */
const MOST_REMEMBERED = 1_000;

/**
 * The limits of an upstream, played forward in time. Each stands for itself, so that one can be named. A snapshot
 * does not tell when each call of a window was sent: they are taken as spread over it, the oldest one such that the
 * next slot opens when the gate says so. For `1 per …` that is exact.
 */
export class LimitReplay {
  private readonly limits: readonly One[];
  /** No call before it; the snapshot’s. */
  private readonly firstMs: number;

  constructor(
    settings: readonly LimitSettings[],
    uses: readonly LimitUse[],
    nextSlotAtMs: number,
    nowMs: number,
  ) {
    this.firstMs = nextSlotAtMs;
    this.limits = settings.map((limit, index) => {
      const set = new LimitSet([limit]);
      remember(set, limit, uses[index]?.used ?? 0, nextSlotAtMs, nowMs);
      return { name: formatRate(limit.rate), set };
    });
  }

  /** The earliest time from `fromMs` on. */
  slotFrom(fromMs: number): Slot {
    let slot: Slot = { atMs: fromMs, by: undefined };
    if (this.firstMs > fromMs) slot = { atMs: this.firstMs, by: this.limits[0]?.name };
    for (const { name, set } of this.limits) {
      const atMs = set.readyAt(fromMs, 1);
      if (atMs > slot.atMs || (atMs === slot.atMs && atMs > fromMs)) slot = { atMs, by: name };
    }
    return slot;
  }

  /** A call goes at that time. */
  take(atMs: number): void {
    for (const { set } of this.limits) set.remember(atMs, 1);
  }
}

function remember(
  set: LimitSet,
  { rate, even, guardMs }: LimitSettings,
  used: number,
  nextSlotAtMs: number,
  nowMs: number,
): void {
  const count = Math.min(used, rate.count);
  if (count <= 0) return;
  const waits = nextSlotAtMs > nowMs;
  const spacingMs = rate.windowMs / rate.count;
  let oldestMs = nowMs - rate.windowMs;
  let newestMs = nowMs - rate.windowMs / (2 * count);
  if (even) {
    newestMs = waits ? Math.min(nowMs, nextSlotAtMs - spacingMs - guardMs / rate.count) : nowMs - spacingMs;
    oldestMs = newestMs - (count - 1) * spacingMs;
  } else if (count === rate.count) {
    // The window is full: its oldest call leaves it when the next may go.
    oldestMs = Math.min(nowMs, (waits ? nextSlotAtMs : nowMs) - rate.windowMs - guardMs);
    if (count === 1) newestMs = oldestMs;
  }
  const entries = Math.min(count, MOST_REMEMBERED);
  let left = count;
  for (let index = 0; index < entries; index++) {
    const cost = Math.round(left / (entries - index));
    left -= cost;
    const share = entries === 1 ? 0 : index / (entries - 1);
    set.remember(oldestMs + (newestMs - oldestMs) * share, cost);
  }
}
