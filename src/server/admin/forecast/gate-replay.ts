import type { BurstObstacle } from '../../../caller/burst-plan.ts';
import type { GateSettings, GateSnapshot } from '../../../state/contracts.ts';
import { LimitReplay } from './limit-replay.ts';

/** What keeps a call from going at once. */
export type Hindrance = { readonly kind: 'limit'; readonly limit: string } | { readonly kind: 'concurrency' };

export type Passage =
  | { readonly kind: 'refused'; readonly obstacle: BurstObstacle }
  | {
      readonly kind: 'granted';
      readonly atMs: number;
      /** Undefined: nothing that passes by itself but a pause. */
      readonly by: Hindrance | undefined;
    };

export interface GateReplayOptions {
  readonly settings: GateSettings;
  readonly snapshot: GateSnapshot;
  readonly nowMs: number;
  /** How long a call takes. */
  readonly serviceMs: number;
  /** How long one may wait. */
  readonly maxWaitMs: number;
}

/** So many of those who wait already are played through; for more, the snapshot’s own estimate stands in. */
const MOST_REPLAYED = 10_000;

/**
 * A gate in virtual time, from the state it is in: who waits already goes first, then the calls in the order of
 * `enter`. Urgency is not looked at: it changes who goes when, hardly when all have gone.
 */
export class GateReplay {
  private readonly options: GateReplayOptions;
  private readonly limits: LimitReplay;
  /** Calls are refused until then. */
  private readonly openUntilMs: number;
  /** Calls wait until then. */
  private readonly pausedUntilMs: number;
  /** When calls go, in order, those before `gone` done with. */
  private readonly grants: number[] = [];
  private gone = 0;
  /** When calls in flight end, in order. */
  private readonly ends: number[] = [];
  private lastBy: Hindrance | undefined;

  constructor(options: GateReplayOptions) {
    const { settings, snapshot, nowMs, serviceMs } = options;
    const { breaker, pause, running } = snapshot;
    this.options = options;
    this.limits = new LimitReplay(settings.limits, snapshot.limits, snapshot.nextSlotAtMs, nowMs);
    const isOpen = breaker?.kind === 'open' || (breaker?.kind === 'forced' && breaker.as === 'open');
    this.openUntilMs = isOpen ? breaker.untilMs : nowMs;
    this.pausedUntilMs = pause === undefined ? nowMs : (pause.untilMs ?? Number.POSITIVE_INFINITY);
    for (let index = 1; index <= Math.min(running, settings.concurrency ?? 0); index++) {
      this.ends.push(nowMs + (serviceMs * index) / running);
    }
    this.replayWaiting();
  }

  /** A call comes. Calls come in the order of time. */
  enter(atMs: number): Passage {
    const { settings, maxWaitMs } = this.options;
    if (atMs < this.openUntilMs) return { kind: 'refused', obstacle: 'breaker_open' };
    if (this.pausedUntilMs === Number.POSITIVE_INFINITY) return { kind: 'refused', obstacle: 'paused' };
    const turn = this.turnFrom(atMs);
    if (turn.atMs > atMs) {
      while (this.gone < this.grants.length && this.grants[this.gone]! <= atMs) this.gone++;
      if (this.grants.length - this.gone >= settings.queue.maxSize) {
        return { kind: 'refused', obstacle: 'queue_full' };
      }
      if (turn.atMs - atMs > maxWaitMs) {
        return { kind: 'refused', obstacle: this.pausedUntilMs - atMs > maxWaitMs ? 'paused' : 'deadline' };
      }
    }
    this.grant(turn);
    return { kind: 'granted', ...turn };
  }

  private replayWaiting(): void {
    const { snapshot, nowMs } = this.options;
    if (this.pausedUntilMs === Number.POSITIVE_INFINITY) return;
    const { waiting, drainMs } = snapshot;
    const replayed = Math.min(waiting, MOST_REPLAYED);
    const passedOver = waiting === 0 ? 0 : ((drainMs ?? 0) * (waiting - replayed)) / waiting;
    for (let index = 0; index < waiting - replayed; index++) this.grants.push(nowMs + passedOver);
    for (let index = 0; index < replayed; index++) this.grant(this.turnFrom(nowMs + passedOver));
  }

  private turnFrom(atMs: number): { atMs: number; by: Hindrance | undefined } {
    let turn = { atMs, by: undefined as Hindrance | undefined };
    const lastMs = this.grants.at(-1) ?? atMs;
    // Behind others: what they waited for is what this one waits for.
    if (lastMs > turn.atMs) turn = { atMs: lastMs, by: this.lastBy };
    if (this.pausedUntilMs > turn.atMs) turn = { atMs: this.pausedUntilMs, by: undefined };
    const slot = this.limits.slotFrom(turn.atMs);
    if (slot.atMs > turn.atMs) {
      turn = { atMs: slot.atMs, by: slot.by === undefined ? undefined : { kind: 'limit', limit: slot.by } };
    }
    const { concurrency } = this.options.settings;
    const freeAtMs = concurrency === undefined ? undefined : this.ends.at(-concurrency);
    if (freeAtMs !== undefined && freeAtMs > turn.atMs)
      turn = { atMs: freeAtMs, by: { kind: 'concurrency' } };
    return turn;
  }

  private grant({ atMs, by }: { readonly atMs: number; readonly by: Hindrance | undefined }): void {
    this.limits.take(atMs);
    this.grants.push(atMs);
    this.lastBy = by;
    if (this.options.settings.concurrency !== undefined) this.ends.push(atMs + this.options.serviceMs);
  }
}
