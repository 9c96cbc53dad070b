import type { BreakerSettings, BreakerState, BreakerWindow, Outcome } from '../policies/breaker/breaker.ts';
import type { ClientLimitDecision } from '../policies/limiter/client-limit.ts';
import type { LimitSettings } from '../policies/limiter/limit-set.ts';
import type { QueuePolicy } from '../policies/queue/rank.ts';
import type { SecondCounts } from '../shared/second-counts.ts';
import type { Rate } from '../shared/units.ts';
import type { Urgency } from '../shared/urgency.ts';

export type { ClientLimitDecision, Outcome, Urgency };

/**
 * Hot state, as the gateway sees it. `memory/` keeps it in this process; `redis/` shares it in a fleet. Whatever
 * stands behind these contracts, `gateway/` does not change; test/contract/ holds every adapter to them.
 */

/**
 * One call that wants to go to an upstream. The same ticket comes back for every attempt of its command, so that
 * a retry keeps the rank that the command had first.
 */
export interface Ticket {
  readonly id: string;
  /** Who asks; `fair` queueing shares the upstream between clients. */
  readonly client: string;
  readonly urgency: Urgency;
  /** Monotonic ms of the command's arrival. */
  readonly arrivedAtMs: number;
  /** Monotonic ms after which the call is of no use to anybody. */
  readonly deadlineMs: number;
  /** What it takes from each limit; 1 for an ordinary call. */
  readonly cost: number;
}

/** A connection that stands ready, so that a grant can be written at once. The gate hands it on, unopened. */
export interface Line {
  /** Gives an unused line back. */
  release(): void;
}

/**
 * The connections that a paced upstream's grants need. The gate takes a line for every grant; while none is ready
 * nothing is granted.
 */
export interface Lines {
  /** A ready line, or undefined; its holder uses it or releases it. */
  take(): Line | undefined;
  /** How many tickets could be granted soon: as many lines are made ready, those that stand ready included. */
  expect(tickets: number): void;
  /** How long it takes to make a line ready, in ms, as measured of late. */
  readonly leadMs: number;
  /** How many stand ready now. */
  readonly available: number;
  /** Called whenever a line has become ready, or one that stood ready or was in use is gone. */
  onChange(listener: () => void): void;
}

/** The right to make one call now. It ends exactly once. */
export interface Grant {
  readonly ticketId: string;
  /** How long this attempt waited at the gate, in ms. */
  readonly waitedMs: number;
  /** The connection to write on, where the upstream is paced. */
  readonly line: Line | undefined;
  /**
   * Whether it may still be written: to be asked right before the first byte. A grant of a fleet that is used later
   * than the others were promised would come too close to theirs; it is given back instead, and entered anew.
   */
  isFresh(): boolean;
  /**
   * The request has been written to the socket: the spacing to the next call counts from here. A grant that ends
   * without it counts as sent at its end, because nobody knows that it was not.
   */
  sent(): void;
  /** Ends the grant and frees its place. Later calls do nothing. */
  end(outcome: Outcome): void;
  /** Ends a grant of which surely no byte was written: its slot goes to the next ticket. */
  giveBack(): void;
}

/** What a new call would meet. */
export interface Estimate {
  /** How many tickets would go before it. */
  readonly position: number;
  /** How long it would wait in ms; undefined while nobody can know (an operator's pause without an end). */
  readonly waitMs: number | undefined;
}

/** A ticket in the queue, for whoever looks at it. */
export interface WaitingTicket {
  readonly id: string;
  /** How many go before it. */
  readonly position: number;
  readonly client: string;
  readonly urgency: Urgency;
  readonly ageMs: number;
  /** How long it will still wait; undefined while nobody can know. */
  readonly etaMs: number | undefined;
}

export interface ClearedQueue {
  readonly requests: number;
  /** Different clients among them. */
  readonly clients: number;
}

/** What a limit has counted in the window that ends now. */
export interface LimitUse {
  readonly rate: Rate;
  readonly even: boolean;
  /** Of `rate.count`, calls included that were granted and not written yet. */
  readonly used: number;
}

/** The part of a gate that may change while it runs. */
export interface GateSettings {
  /** All hold together. Empty: unpaced. */
  readonly limits: readonly LimitSettings[];
  /** Calls in flight at once; undefined: unbounded. */
  readonly concurrency: number | undefined;
  readonly queue: {
    readonly policy: QueuePolicy;
    /** One level of urgency is worth this many ms of waiting. */
    readonly agingMs: number;
    /** Tickets that may wait at once. */
    readonly maxSize: number;
    /** Share of a client under `fair`; 1 when absent. */
    readonly weights: Readonly<Record<string, number>>;
  };
  /** Undefined: no breaker. */
  readonly breaker: BreakerSettings | undefined;
}

export interface GateSnapshot {
  readonly waiting: number;
  /** By urgency: index 0 is the most urgent of 8. */
  readonly waitingByUrgency: readonly number[];
  readonly running: number;
  /** Those of `waiting` and `running` that are this process's, where others share the gate; absent: all are. */
  readonly own?: { readonly waiting: number; readonly running: number } | undefined;
  /** Age of the ticket that has waited longest, in ms. */
  readonly oldestWaitMs: number;
  readonly policy: QueuePolicy;
  readonly breaker: BreakerState | undefined;
  /**
   * What the breaker's rules on shares have counted of late. Undefined: no breaker. Plain counts, so that an adapter
   * that shares the breaker can tell them for the whole fleet.
   */
  readonly breakerWindow: BreakerWindow | undefined;
  readonly pause: { readonly untilMs: number | undefined; readonly reason: string } | undefined;
  /** When the limits allow the next call (monotonic ms), at or before now when they do already. */
  readonly nextSlotAtMs: number;
  /** How long until everybody who waits has gone, in ms: 0 when nobody waits; undefined while nobody can know. */
  readonly drainMs: number | undefined;
  /** One for each limit in force, in their order. */
  readonly limits: readonly LimitUse[];
  readonly counters: GateCounters;
  /** Calls that came to the gate and calls that were written, by the second of the monotonic clock. */
  readonly perSecond: { readonly arrivals: SecondCounts; readonly sends: SecondCounts };
}

/** Totals since start. */
export interface GateCounters {
  /** Calls that came, whether they went at once, waited or were refused; a retry counts again. */
  readonly entered: number;
  readonly granted: number;
  readonly sent: number;
  readonly cancelled: number;
  readonly refused: Readonly<Record<GateRefusal, number>>;
  readonly pauses: number;
  readonly breakerOpened: number;
}

/** Something that an operator wants to see on a timeline. */
export type GateEvent =
  | { readonly kind: 'breaker'; readonly from: BreakerState['kind']; readonly to: BreakerState }
  | { readonly kind: 'paused'; readonly untilMs: number | undefined; readonly reason: string }
  | { readonly kind: 'resumed' };

export type GateRefusal =
  | 'queue_full'
  | 'deadline_unmeetable'
  | 'queue_timeout'
  | 'circuit_open'
  | 'upstream_paused'
  | 'state_unavailable';

/**
 * Per upstream, the one decision that must be atomic: may a call go now, and which one? Queue, pacing,
 * concurrency and breaker are held together behind it. What changes or asks a gate that others share is done when its
 * promise resolves; it rejects with `state_unavailable` when they cannot be reached. A bad argument throws at once.
 */
export interface Gate {
  /**
   * Waits for the ticket's turn. Throws (or rejects with) a GatewayError of a GateRefusal code, or rejects with
   * the signal's reason as soon as it aborts; a cancelled ticket costs nothing. Answers without a promise when
   * the call may go at once.
   */
  enter(ticket: Ticket, signal?: AbortSignal): Grant | Promise<Grant>;
  estimate(urgency: Urgency, client: string): Estimate | Promise<Estimate>;
  /** No call goes out before `untilMs` (undefined: until `resume`). A shorter pause never shortens a longer one. */
  pause(untilMs: number | undefined, reason: string): void | Promise<void>;
  resume(): void | Promise<void>;
  /** Applies new settings at once; who waits is ranked anew. */
  configure(settings: GateSettings): void | Promise<void>;
  /** Holds the breaker open or closed for `forMs`, then lets it decide again; `reset` closes it and forgets. */
  force(state: 'open' | 'closed' | 'reset', forMs?: number): void | Promise<void>;
  /** Moves a waiting ticket to another urgency, keeping its arrival. False when it does not wait. */
  promote(ticketId: string, urgency: Urgency): boolean | Promise<boolean>;
  /** Removes a waiting ticket; its caller is told `upstream_paused`. False when it does not wait. */
  remove(ticketId: string): boolean | Promise<boolean>;
  /** Removes everybody who waits; each is told `upstream_paused`. */
  clear(): ClearedQueue | Promise<ClearedQueue>;
  /**
   * Who waits, next one first: at most `limit` after the first `offset`; of one urgency, where one is given (then
   * everybody is looked at).
   */
  waiting(
    offset: number,
    limit: number,
    urgency?: Urgency,
  ): readonly WaitingTicket[] | Promise<readonly WaitingTicket[]>;
  /** One ticket that waits, by its id; undefined when it does not. Looks at everybody. */
  find(ticketId: string): WaitingTicket | undefined | Promise<WaitingTicket | undefined>;
  /** How many would be refused by `clear`. Looks at everybody. */
  holders(): ClearedQueue | Promise<ClearedQueue>;
  /** In force now. */
  settings(): GateSettings;
  /**
   * How it stands: as of now, or as last heard of where others share it. What is older than `maxAgeMs` there is asked for
   * behind, so that whoever comes back in a moment is shown what is true by then.
   */
  snapshot(maxAgeMs?: number): GateSnapshot;
  /** Stops timers and refuses who still waits with `draining`. */
  close(): void;
}

/** Limits per client, for one route or rule. Bounded in clients: the least recently seen is forgotten first. */
export interface ClientLimiter {
  take(client: string): ClientLimitDecision | Promise<ClientLimitDecision>;
}
