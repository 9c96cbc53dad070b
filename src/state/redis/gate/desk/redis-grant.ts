import type { Outcome } from '../../../../policies/breaker/breaker.ts';
import type { Grant, Line, Ticket } from '../../../contracts.ts';

/** What a gate is told of its grants. */
export interface RedisGrantKeeper {
  readonly nowMs: number;
  readonly wallNowMs: number;
  /** It is about to be written. */
  noteBegun(grant: RedisGrant): void;
  noteSent(grant: RedisGrant): void;
  noteEnd(grant: RedisGrant, outcome: Outcome): void;
  noteGivenBack(grant: RedisGrant): void;
}

/** Of its time, a grant leaves so much for what lies between the look at the clock and the wire. */
const USABLE_SHARE = 0.8;

export class RedisGrant implements Grant {
  stage: 'granted' | 'sent' | 'ended' = 'granted';
  /** Its first byte went in time. */
  hasBegun = false;

  constructor(
    private readonly keeper: RedisGrantKeeper,
    readonly ticket: Ticket,
    readonly uid: string,
    readonly waitedMs: number,
    readonly line: Line | undefined,
    /** Before the claim was sent: the grant is not older than what has passed since. */
    readonly claimedAtMs: number,
    readonly claimedAtWallMs: number,
    /** So long after that, the fleet counts on its being written. */
    readonly freshMs: number,
  ) {}

  get ticketId(): string {
    return this.ticket.id;
  }

  /** The latest moment at which the fleet counts on the write. */
  get staleAtMs(): number {
    return this.claimedAtMs + this.freshMs;
  }

  isFresh(): boolean {
    const isFresh = this.isYoung;
    if (isFresh && this.stage === 'granted') {
      this.hasBegun = true;
      this.keeper.noteBegun(this);
    }
    return isFresh;
  }

  /** By both clocks: the monotonic one may stand still while a machine sleeps or is moved, and nothing goes late for that. */
  get isYoung(): boolean {
    const { nowMs, wallNowMs } = this.keeper;
    const ageMs = Math.max(nowMs - this.claimedAtMs, wallNowMs - this.claimedAtWallMs);
    return ageMs <= this.freshMs * USABLE_SHARE;
  }

  sent(): void {
    if (this.stage !== 'granted') return;
    this.stage = 'sent';
    this.keeper.noteSent(this);
  }

  end(outcome: Outcome): void {
    if (this.stage === 'ended') return;
    this.keeper.noteEnd(this, outcome);
    this.stage = 'ended';
  }

  giveBack(): void {
    if (this.stage !== 'granted') return;
    this.stage = 'ended';
    this.keeper.noteGivenBack(this);
  }
}
