import type { Entry } from '../../../policies/queue/ranked-list.ts';
import type { Grant, Ticket, Urgency } from '../../contracts.ts';

/** Where a ticket stands in the fleet, from its first arrival to its last attempt. As the scripts write numbers. */
export interface Standing {
  seq: string;
  rank: string;
  /** Revision of the ranking that gave the rank. */
  rr: number;
  /** Arrival, in the gate's time. */
  arr: string;
  urgency: Urgency;
  served: boolean;
}

/** A ticket that waits at this node, for its turn among those of all nodes. It is its own abort listener. */
export class LocalTicket implements EventListenerObject {
  deadlineEntry: Entry<LocalTicket> | undefined;
  /** Whether it was given a place once: from then on it waits to its deadline. */
  admitted = false;
  /** Whether it has a place now, as far as this node knows. */
  placed = false;
  /** Number of its entrance: what was cleared up to there includes it. */
  entrance = Number.POSITIVE_INFINITY;

  constructor(
    readonly ticket: Ticket,
    /** One for each attempt: `node:number`. */
    readonly uid: string,
    readonly enteredAtMs: number,
    readonly resolve: (grant: Grant) => void,
    readonly reject: (reason: unknown) => void,
    private readonly signal: AbortSignal | undefined,
    private readonly onGone: (ticket: LocalTicket) => void,
  ) {
    signal?.addEventListener('abort', this);
  }

  handleEvent(): void {
    this.onGone(this);
    this.reject(this.signal?.reason);
  }

  detach(): void {
    this.signal?.removeEventListener('abort', this);
  }
}
