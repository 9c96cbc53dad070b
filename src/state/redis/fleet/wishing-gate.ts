import type { Clock } from '../../../shared/clock.ts';
import { MemoryGate, type MemoryGateOptions } from '../../memory/gate.ts';

/** Something that is to hold for an upstream on every node. */
export interface GateWish {
  readonly op: 'pause' | 'resume' | 'force';
  /** Monotonic ms of this node; of a pause, undefined: until it is resumed. */
  readonly untilMs?: number | undefined;
  readonly reason?: string | undefined;
  readonly state?: 'open' | 'closed' | 'reset' | undefined;
}

export type WishingGateOptions = MemoryGateOptions;

/** A gate of this process alone that tells others of pauses and forced states, and does what they tell it. */
export class WishingGate extends MemoryGate {
  private readonly time: Clock;

  constructor(
    options: WishingGateOptions,
    private readonly tell: (wish: GateWish) => void,
  ) {
    super(options);
    this.time = options.clock;
  }

  override pause(untilMs: number | undefined, reason: string): void {
    const before = this.snapshot().counters.pauses;
    super.pause(untilMs, reason);
    // One that changed nothing here changes nothing elsewhere.
    if (this.snapshot().counters.pauses > before) this.tell({ op: 'pause', untilMs, reason });
  }

  override resume(): void {
    super.resume();
    this.tell({ op: 'resume' });
  }

  override force(state: 'open' | 'closed' | 'reset', forMs?: number): void {
    super.force(state, forMs);
    const untilMs = forMs === undefined ? undefined : this.time.now() + forMs;
    this.tell({ op: 'force', state, untilMs });
  }

  /** Does what another node was told to do. */
  grantWish({ op, untilMs, reason = '', state = 'reset' }: GateWish): void {
    if (op === 'pause') super.pause(untilMs, reason);
    else if (op === 'resume') super.resume();
    else if (state === 'reset') super.force(state);
    else if (untilMs !== undefined && untilMs > this.time.now())
      super.force(state, untilMs - this.time.now());
  }
}
