import type { Rate } from '../../shared/units.ts';
import { SlidingLog } from './sliding-log.ts';

/** One limit of an upstream. */
export interface LimitSettings {
  /** No window of `windowMs`, wherever it starts, sees more than `count` of cost. */
  readonly rate: Rate;
  /** Also spreads the sends: `windowMs / count` between one and the next. */
  readonly even: boolean;
  /** Added to every window, for the network between us and the provider, in ms. */
  readonly guardMs: number;
}

/** `even` spacing is short, so its share of the guard would vanish; a network's jitter does not. */
const LEAST_SPACING_GUARD_MS = 2;

interface Window {
  readonly count: number;
  /** The limit's window and its guard. */
  readonly spanMs: number;
}

/**
 * The strict limits of one upstream, which hold together (exact sliding log). A send `windowMs` after another is
 * outside its window: `1 per 1s` is a spacing of 1 s.
 *
 * A reservation is *unsent* from `acquire` until `sent` or `giveBack`. Its send may come at any later moment, so it
 * counts as if it were always happening now. Hence the proof of strictness: of the sends in any window, look at the
 * one acquired last. At that moment each of the others was in the log, less than a window old, or unsent; all were
 * counted, and the sum was within the limit.
 *
 * Time is monotonic ms; cost is a whole number from 1. Without settings everything is always ready.
 */
export class LimitSet {
  private windows: readonly Window[] = [];
  /** Between a send of cost 1 and the next; undefined when no limit is `even`. */
  private spacingMs: number | undefined;
  private readonly log: SlidingLog;
  private unsent = 0;

  /** Throws RangeError on a count that is not a whole number from 1, or a window or guard that is no duration. */
  constructor(settings: readonly LimitSettings[]) {
    this.log = new SlidingLog(1, 0);
    this.apply(settings);
  }

  /**
   * The earliest time from `nowMs` on at which `cost` may go. Infinity while it has to wait for an unsent
   * reservation to be sent, or when `cost` is more than a limit ever allows.
   */
  readyAt(nowMs: number, cost: number): number {
    let readyAtMs = nowMs;
    for (const { count, spanMs } of this.windows) {
      const room = count - this.unsent - cost;
      if (room < 0) return Number.POSITIVE_INFINITY;
      readyAtMs = Math.max(readyAtMs, this.log.timeOf(this.log.total - room) + spanMs);
    }
    if (this.spacingMs !== undefined) {
      if (this.unsent > 0) return Number.POSITIVE_INFINITY;
      readyAtMs = Math.max(readyAtMs, this.log.lastSentMs + this.log.lastCost * this.spacingMs);
    }
    return readyAtMs;
  }

  /** Reserves `cost` at once or says when to ask again. Throws RangeError on a cost that can never be granted. */
  acquire(nowMs: number, cost: number): { readonly grantedAt: number } | { readonly retryAtMs: number } {
    if (!Number.isSafeInteger(cost) || cost < 1) {
      throw new RangeError(`cost must be a whole number from 1, not ${cost}`);
    }
    for (const { count } of this.windows) {
      if (cost > count) throw new RangeError(`cost ${cost} is more than the limit of ${count} ever allows`);
    }
    const readyAtMs = this.readyAt(nowMs, cost);
    if (readyAtMs > nowMs) return { retryAtMs: readyAtMs };
    this.unsent += cost;
    return { grantedAt: nowMs };
  }

  /** A reserved `cost` was sent at `nowMs`. Throws RangeError when so much was not reserved. */
  sent(nowMs: number, cost: number): void {
    this.release(cost);
    this.log.push(nowMs, cost);
  }

  /** A `cost` that was sent before this set began, by a process that is gone. Oldest first. */
  remember(atMs: number, cost: number): void {
    this.log.push(atMs, cost);
  }

  /** A reserved `cost` will not be sent. Throws RangeError when so much was not reserved. */
  giveBack(cost: number): void {
    this.release(cost);
  }

  /**
   * When the call behind `ahead` others of cost 1 could go if all go as early as they may, unsent reservations
   * taken as sent now. Exact for one limit; for several (an `even` one is two unless every cost is 1) it is the
   * latest of what each says alone, which is never too late. O(limits × log count).
   */
  slotAt(nowMs: number, ahead: number, cost: number): number {
    let slotAtMs = nowMs;
    for (const window of this.windows) {
      slotAtMs = Math.max(slotAtMs, this.windowSlotAt(window, nowMs, ahead, cost));
    }
    if (this.spacingMs !== undefined) {
      const [lastMs, lastCost] =
        this.unsent > 0 ? [nowMs, this.unsent] : [this.log.lastSentMs, this.log.lastCost];
      const firstMs = Math.max(nowMs, lastMs + lastCost * this.spacingMs);
      slotAtMs = Math.max(slotAtMs, firstMs + ahead * this.spacingMs);
    }
    return slotAtMs;
  }

  /**
   * What each limit has counted, in their order: the cost sent in the window that ends at `nowMs`, and all that is
   * unsent. More than a limit's count only after that was lowered. O(limits × log count).
   */
  uses(nowMs: number): number[] {
    return this.windows.map(({ spanMs }) => this.log.youngerThan(spanMs, nowMs) + this.unsent);
  }

  /**
   * Replaces the limits. What was sent before counts under the new ones too, even where they look further back
   * than the old ones did; there it may count as a little later than it was. Unsent reservations stay.
   */
  configure(settings: readonly LimitSettings[], _nowMs: number): void {
    this.apply(settings);
  }

  /** How many calls of cost 1 could go from `nowMs` to `nowMs + horizonMs`; Infinity without limits. */
  burstWithin(nowMs: number, horizonMs: number): number {
    let most = Number.POSITIVE_INFINITY;
    for (const { count, spanMs } of this.windows) {
      most = Math.min(most, count * (Math.floor(horizonMs / spanMs) + 1));
    }
    if (this.spacingMs !== undefined) most = Math.min(most, Math.floor(horizonMs / this.spacingMs) + 1);
    if (most === Number.POSITIVE_INFINITY) return most;
    let low = 0;
    let high = most;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.slotAt(nowMs, middle - 1, 1) <= nowMs + horizonMs) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private windowSlotAt({ count, spanMs }: Window, nowMs: number, ahead: number, cost: number): number {
    if (cost > count) return Number.POSITIVE_INFINITY;
    // On the axis of all cost ever sent, ours ends at `end + ahead + cost`, and may go once everything up to
    // `count` before that has left the window.
    const end = this.log.total + this.unsent;
    let mustHaveLeft = end + ahead + cost - count;
    let wholeWindows = 0;
    if (mustHaveLeft > end) {
      wholeWindows = Math.ceil((mustHaveLeft - end) / count);
      mustHaveLeft -= wholeWindows * count;
    }
    const sentMs = mustHaveLeft > this.log.total ? nowMs : this.log.timeOf(mustHaveLeft);
    return Math.max(nowMs, sentMs + spanMs) + wholeWindows * spanMs;
  }

  private release(cost: number): void {
    if (!(cost <= this.unsent)) throw new RangeError(`cost ${cost} was not reserved, only ${this.unsent} is`);
    this.unsent -= cost;
  }

  private apply(settings: readonly LimitSettings[]): void {
    for (const limit of settings) check(limit);
    this.windows = settings.map(({ rate, guardMs }) => ({
      count: rate.count,
      spanMs: rate.windowMs + guardMs,
    }));
    const spacings = settings.filter(({ even }) => even).map(spacingOf);
    this.spacingMs = spacings.length === 0 ? undefined : Math.max(...spacings);
    this.log.retain(
      Math.max(1, ...this.windows.map(({ count }) => count)),
      Math.max(0, ...this.windows.map(({ spanMs }) => spanMs)),
    );
  }
}

function spacingOf({ rate, guardMs }: LimitSettings): number {
  const shareMs = guardMs > 0 ? Math.max(LEAST_SPACING_GUARD_MS, guardMs / rate.count) : 0;
  return rate.windowMs / rate.count + shareMs;
}

function check({ rate, guardMs }: LimitSettings): void {
  if (!Number.isSafeInteger(rate.count) || rate.count < 1) {
    throw new RangeError(`count must be a whole number from 1, not ${rate.count}`);
  }
  if (!(rate.windowMs > 0 && Number.isFinite(rate.windowMs))) {
    throw new RangeError(`windowMs must be a positive number of ms, not ${rate.windowMs}`);
  }
  if (!(guardMs >= 0 && Number.isFinite(guardMs))) {
    throw new RangeError(`guardMs must be 0 or more ms, not ${guardMs}`);
  }
}
