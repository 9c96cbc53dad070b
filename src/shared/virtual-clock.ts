import type { Clock, Timer } from './clock.ts';

interface Pending {
  readonly dueAtMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock for tests: time stands still until `advance` moves it, and timers fire in order of their due time
 * (ties in the order they were set). `wallNow()` is `now()` plus a fixed epoch.
 */
export class VirtualClock implements Clock {
  private nowMs: number;
  private order = 0;
  private readonly pending = new Set<Pending>();

  constructor(
    startMs = 0,
    private readonly epochMs = 1_700_000_000_000,
  ) {
    this.nowMs = startMs;
  }

  now(): number {
    return this.nowMs;
  }

  wallNow(): number {
    return this.epochMs + this.nowMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer: Pending = { dueAtMs: this.nowMs + Math.max(0, delayMs), order: this.order++, callback };
    this.pending.add(timer);
    return { cancel: () => void this.pending.delete(timer) };
  }

  /** How many timers are set: a leak shows here. */
  get timers(): number {
    return this.pending.size;
  }

  /** When the next timer is due, or undefined when none is set. */
  nextDueAt(): number | undefined {
    return this.earliest()?.dueAtMs;
  }

  /** Moves time forward by `deltaMs`, firing what falls due, synchronously and in order. */
  advance(deltaMs: number): void {
    this.advanceTo(this.nowMs + deltaMs);
  }

  advanceTo(targetMs: number): void {
    for (;;) {
      const next = this.earliest();
      if (next === undefined || next.dueAtMs > targetMs) break;
      this.pending.delete(next);
      this.nowMs = Math.max(this.nowMs, next.dueAtMs);
      next.callback();
    }
    this.nowMs = Math.max(this.nowMs, targetMs);
  }

  /**
   * As `advance`, but lets promises settle after every timer, so that awaiting code moves along; `settled` waits for
   * what else has to happen in that moment.
   */
  async advanceAsync(deltaMs: number, settled: () => Promise<void> = settle): Promise<void> {
    const targetMs = this.nowMs + deltaMs;
    await settled();
    for (;;) {
      const next = this.earliest();
      if (next === undefined || next.dueAtMs > targetMs) break;
      this.advanceTo(next.dueAtMs);
      await settled();
    }
    this.advanceTo(targetMs);
    await settled();
  }

  private earliest(): Pending | undefined {
    let best: Pending | undefined;
    for (const timer of this.pending) {
      if (
        best === undefined ||
        timer.dueAtMs < best.dueAtMs ||
        (timer.dueAtMs === best.dueAtMs && timer.order < best.order)
      ) {
        best = timer;
      }
    }
    return best;
  }
}

/** Lets every microtask that is already queued, and those they queue, run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
