import { AwaitedGrant } from '../../../awaited-grant.ts';
import type { Grant, Ticket, Urgency } from '../../../contracts.ts';

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

/** A ticket that waits at this node, for its turn among those of all nodes. */
export class LocalTicket extends AwaitedGrant<LocalTicket> {
  /** Whether it was given a place once: from then on it waits to its deadline. */
  admitted = false;
  /** Whether it has a place now, as far as this node knows. */
  placed = false;
  /** Number of its entrance: what was cleared up to there includes it. */
  entrance = Number.POSITIVE_INFINITY;

  constructor(
    ticket: Ticket,
    /** One for each attempt: `node:number`. */
    readonly uid: string,
    enteredAtMs: number,
    resolve: (grant: Grant) => void,
    reject: (reason: unknown) => void,
    signal: AbortSignal | undefined,
    onGone: (ticket: LocalTicket) => void,
  ) {
    super(ticket, enteredAtMs, resolve, reject, signal, onGone);
  }
}
