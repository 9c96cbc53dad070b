import type { Clock, Timer } from '../../../shared/clock.ts';

/**
 * A gate that asks nothing for so long says that it is still there. A third of the time after which a silent node and
 * the limits that it declared are forgotten (`IDLE_NODE_MS` in lua/state.lua): one of two may be lost. Only keys of
 * the gate's own hash tag can tell its scripts who is there: in a Redis Cluster the list of nodes lies elsewhere. It
 * costs an idle node one command in this time for each gate, whatever the number of nodes; one that works, none.
 */
const IDLE_BEAT_MS = 20_000;
const LOOKS_PER_BEAT = 4;

export interface QuietGate {
  /** Says that it is still there, unless it has asked for something within so long. */
  keepKnown(quietMs: number): void;
}

/** Keeps the gates of one process known that have nothing to ask for. */
export class IdleBeat {
  private timer: Timer;

  constructor(
    private readonly clock: Clock,
    private readonly gates: () => Iterable<QuietGate>,
  ) {
    this.timer = this.next();
  }

  close(): void {
    this.timer.cancel();
  }

  private next(): Timer {
    const everyMs = IDLE_BEAT_MS / LOOKS_PER_BEAT;
    return this.clock.after(everyMs, () => {
      this.timer = this.next();
      for (const gate of this.gates()) gate.keepKnown(IDLE_BEAT_MS);
    });
  }
}
