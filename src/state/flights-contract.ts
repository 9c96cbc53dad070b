import type { Urgency } from './contracts.ts';

/** A call that other nodes may be about to make as well. */
export interface FlightPlan {
  /** What makes reads identical. */
  readonly key: string;
  /** Under which its answer will be stored. */
  readonly cacheKey: string;
  /** Its ticket at the gate: who is in more of a hurry promotes it. */
  readonly ticketId: string;
  readonly urgency: Urgency;
  /** Monotonic ms: nobody waits for it longer. */
  readonly deadlineMs: number;
}

/**
 * How a call ended for the others: `kept`, its answer is stored; `unkept`, there is one that only its caller may
 * have; `failed`, there is none; `abandoned`, its callers went away or ran out of time, so another one may make it.
 */
export type Landing = 'kept' | 'unkept' | 'failed' | 'abandoned';

/** The call that this node makes for all. */
export interface Flight {
  /** Told to those who wait. Later calls do nothing. */
  end(landing: Landing): void;
}

/**
 * What became of another node's call: `kept`, look in the cache; `alone`, there is nothing to share; `lost`, nobody
 * makes it any more, and another one may take over.
 */
export type FollowedEnd = 'kept' | 'alone' | 'lost';

export type Boarding =
  | { readonly kind: 'lead'; readonly flight: Flight }
  | {
      readonly kind: 'follow';
      readonly ticketId: string;
      readonly urgency: Urgency;
      readonly ended: Promise<FollowedEnd>;
      /** Nobody waits here any more. */
      leave(): void;
    }
  /** The answer has just been stored. */
  | { readonly kind: 'kept' }
  /** Nobody to share with, or nobody knows. */
  | { readonly kind: 'alone' };

/**
 * Identical reads of several nodes share one upstream call: one makes it, the others wait until its answer is in the
 * shared cache. In one process there is none of this.
 */
export interface SharedFlights {
  /** `insist`: what was stored just now is not what is wanted. Never rejects. */
  board(plan: FlightPlan, insist: boolean): Promise<Boarding>;
}
