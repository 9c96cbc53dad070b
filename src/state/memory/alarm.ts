import type { Clock, Timer } from '../../shared/clock.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** One timer that is set again and again; only its last setting counts. */
export class Alarm {
  private timer: Timer | undefined;
  /** When it goes off; Infinity while it is not set. */
  atMs = NEVER;

  constructor(
    private readonly clock: Clock,
    private readonly onDue: () => void,
  ) {}

  /** Infinity turns it off. */
  set(atMs: number): void {
    if (atMs === this.atMs) return;
    this.timer?.cancel();
    this.atMs = atMs;
    this.timer = Number.isFinite(atMs)
      ? this.clock.after(Math.max(0, atMs - this.clock.now()), () => {
          this.atMs = NEVER;
          this.onDue();
        })
      : undefined;
  }
}
