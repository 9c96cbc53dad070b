import type { Clock, Timer } from '../../shared/clock.ts';

/** A call that is watched for its time limit. */
export interface Watched {
  dueAtMs: number;
  /** Where it stands among the watched; kept by Deadlines. */
  place?: number | undefined;
  onOverdue(): void;
}

/** How late an overdue call may be noticed. */
const TICK_MS = 25;

/**
 * Time limits of calls in flight. One timer serves them all while there are any: setting and clearing one for each
 * call costs more than the rest of the bookkeeping, and a timeout needs no precision.
 */
export class Deadlines {
  /** In no order. A plain list, since adding to a Set and removing from it costs a µs with every call. */
  private readonly watched: Watched[] = [];
  private timer: Timer | undefined;

  constructor(private readonly clock: Clock) {}

  add(call: Watched): void {
    call.place = this.watched.push(call) - 1;
    this.timer ??= this.clock.after(TICK_MS, this.tick);
  }

  remove(call: Watched): void {
    const { place } = call;
    if (place === undefined) return;
    call.place = undefined;
    const last = this.watched.pop()!;
    if (last === call) return;
    this.watched[place] = last;
    last.place = place;
  }

  private readonly tick = (): void => {
    this.timer = undefined;
    const now = this.clock.now();
    for (const call of this.watched.filter(({ dueAtMs }) => dueAtMs <= now)) {
      // Another one's end may have taken it along.
      if (call.place === undefined) continue;
      this.remove(call);
      call.onOverdue();
    }
    if (this.watched.length > 0) this.timer = this.clock.after(TICK_MS, this.tick);
  };
}
