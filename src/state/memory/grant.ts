import type { Outcome } from '../../policies/breaker/breaker.ts';
import type { Grant, Line, Ticket } from '../contracts.ts';
import type { Passage } from './gate-breaker.ts';

/** What a gate is told of its grants. */
export interface GrantKeeper {
  /** The request is on the wire. */
  noteSent(cost: number): void;
  /** The slot was not used. */
  noteGivenBack(cost: number): void;
  /** The grant is over; `isCall` is false when no call was made of it. */
  noteEnd(grant: MemoryGrant, outcome: Outcome, isCall: boolean): void;
}

export class MemoryGrant implements Grant {
  private stage: 'granted' | 'sent' | 'ended' = 'granted';
  readonly ticketId: string;
  private readonly cost: number;

  constructor(
    private readonly keeper: GrantKeeper,
    ticket: Ticket,
    readonly waitedMs: number,
    readonly grantedAtMs: number,
    readonly line: Line | undefined,
    readonly passage: Passage | undefined,
  ) {
    this.ticketId = ticket.id;
    this.cost = ticket.cost;
  }

  /** Its slot is kept for it, however long it takes. */
  isFresh(): boolean {
    return true;
  }

  sent(): void {
    if (this.stage !== 'granted') return;
    this.stage = 'sent';
    this.keeper.noteSent(this.cost);
  }

  end(outcome: Outcome): void {
    if (this.stage === 'ended') return;
    this.sent();
    this.stage = 'ended';
    this.keeper.noteEnd(this, outcome, true);
  }

  giveBack(): void {
    if (this.stage !== 'granted') return;
    this.stage = 'ended';
    this.keeper.noteGivenBack(this.cost);
    this.line?.release();
    this.keeper.noteEnd(this, 'ignore', false);
  }
}
