import {
  Breaker,
  type BreakerPermit,
  type BreakerSettings,
  type BreakerState,
  type BreakerWindow,
  type Outcome,
  type Outlook,
} from '../../policies/breaker/breaker.ts';
import type { GateEvent } from '../contracts.ts';

/** The breaker that let a call through, which need not be the gate's any more when the call ends. */
export interface Passage {
  readonly breaker: Breaker;
  readonly permit: BreakerPermit;
}

const GO: Outlook = { kind: 'go' };

/** The breaker of a gate, which may have none, and tells of its changes. */
export class GateBreaker {
  private breaker: Breaker | undefined;
  private lastKind: BreakerState['kind'] = 'closed';

  /** Throws RangeError naming the bad value. */
  constructor(
    settings: BreakerSettings | undefined,
    private readonly onEvent: (event: GateEvent) => void,
  ) {
    this.breaker = settings && new Breaker(settings);
  }

  /** As last noticed. */
  get kind(): BreakerState['kind'] {
    return this.lastKind;
  }

  get opened(): number {
    return this.breaker?.opened ?? 0;
  }

  /** Notices, too, that a state has ended by itself: without a call nobody else would. */
  state(now: number): BreakerState | undefined {
    this.note(now);
    return this.breaker?.state(now);
  }

  window(now: number): BreakerWindow | undefined {
    return this.breaker?.window(now);
  }

  outlook(now: number): Outlook {
    if (this.breaker === undefined) return GO;
    const outlook = this.breaker.outlook(now);
    this.note(now);
    return outlook;
  }

  /** Lets a call through, after `outlook` said that it may go. */
  pass(now: number): Passage | undefined {
    const { breaker } = this;
    const entrance = breaker?.tryEnter(now);
    if (breaker === undefined || entrance?.kind !== 'go') return undefined;
    return { breaker, permit: entrance.permit };
  }

  end(passage: Passage | undefined, outcome: Outcome, now: number): void {
    passage?.breaker.end(passage.permit, outcome, now);
    this.note(now);
  }

  force(state: 'open' | 'closed' | 'reset', now: number, forMs: number): void {
    this.breaker?.force(state, now, forMs);
    this.note(now);
  }

  /** Throws RangeError naming the bad value, and then changes nothing. */
  configure(settings: BreakerSettings | undefined, now: number): void {
    if (settings === undefined) this.breaker = undefined;
    else if (this.breaker === undefined) this.breaker = new Breaker(settings);
    else this.breaker.configure(settings, now);
    this.note(now);
  }

  private note(now: number): void {
    const to = this.breaker?.state(now) ?? { kind: 'closed', sinceMs: now, consecutiveFailures: 0 };
    if (to.kind === this.lastKind) return;
    const from = this.lastKind;
    this.lastKind = to.kind;
    this.onEvent({ kind: 'breaker', from, to });
  }
}
