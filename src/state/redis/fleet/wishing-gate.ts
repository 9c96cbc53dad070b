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

/** All that is wanted of an upstream. Times are monotonic ms of this node. */
export interface Wanted {
  readonly pause?: { readonly untilMs: number | undefined; readonly reason: string } | undefined;
  readonly force?: { readonly untilMs: number; readonly state: 'open' | 'closed' } | undefined;
}

export type WishingGateOptions = MemoryGateOptions;

/** Ends that are told by another clock and lie no further apart are one and the same. */
const SAME_END_MS = 100;

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

  /** What holds here. */
  get wanted(): Wanted {
    const { pause, breaker } = this.snapshot();
    if (breaker?.kind !== 'forced') return { pause };
    return { pause, force: { untilMs: breaker.untilMs, state: breaker.as } };
  }

  /** Does what another node was told to do. */
  grantWish({ op, untilMs, reason = '', state = 'reset' }: GateWish): void {
    const { pause } = this.wanted;
    if (op === 'resume') super.resume();
    else if (op === 'pause') {
      if (pause === undefined || !isSameEnd(pause.untilMs, untilMs)) super.pause(untilMs, reason);
    } else if (state === 'reset') super.force(state);
    else if (untilMs !== undefined) this.forceUntil(state, untilMs);
  }

  /** Makes all of it hold and nothing else. Who waits for the end of a pause is not let go while one is wanted. */
  become({ pause, force }: Wanted): void {
    const held = this.wanted;
    if (pause === undefined) {
      if (held.pause !== undefined) super.resume();
    } else if (held.pause === undefined || !isSameEnd(held.pause.untilMs, pause.untilMs)) {
      this.replacePause(pause.untilMs, pause.reason);
    }
    if (force === undefined) {
      if (held.force !== undefined) super.force('reset');
    } else if (held.force?.state !== force.state || !isSameEnd(held.force.untilMs, force.untilMs)) {
      this.forceUntil(force.state, force.untilMs);
    }
  }

  private forceUntil(state: 'open' | 'closed', untilMs: number): void {
    const now = this.time.now();
    if (untilMs > now) super.force(state, untilMs - now);
  }
}

function isSameEnd(one: number | undefined, other: number | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Math.abs(one - other) < SAME_END_MS;
}
