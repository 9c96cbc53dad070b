import type { Clock, Timer } from '../../shared/clock.ts';

/** A call that is watched for its time limit. */
export interface Watched {
  dueAtMs: number;
  onOverdue(): void;
}

/** How late an overdue call may be noticed. */
const TICK_MS = 25;

/**
 * Time limits of calls in flight. One timer serves them all while there are any: setting and clearing one for each
 * call costs more than the rest of the bookkeeping, and a timeout needs no precision.
 */
export class Deadlines {
  private readonly watched = new Set<Watched>();
  private timer: Timer | undefined;

  constructor(private readonly clock: Clock) {}

  add(call: Watched): void {
    this.watched.add(call);
    this.timer ??= this.clock.after(TICK_MS, this.tick);
  }

  remove(call: Watched): void {
    this.watched.delete(call);
  }

  private readonly tick = (): void => {
    this.timer = undefined;
    const now = this.clock.now();
    for (const call of this.watched) {
      if (call.dueAtMs > now) continue;
      this.watched.delete(call);
      call.onOverdue();
    }
    if (this.watched.size > 0) this.timer = this.clock.after(TICK_MS, this.tick);
  };
}
