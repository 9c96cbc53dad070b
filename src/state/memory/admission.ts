import type { LimitSet } from '../../policies/limiter/limit-set.ts';
import type { GatewayError } from '../../shared/errors.ts';
import type { Ticket } from '../contracts.ts';
import type { GateBreaker } from './gate-breaker.ts';
import type { Pause } from './pause.ts';
import type { Refusals } from './refusals.ts';
import type { WaitBehind } from './wait-estimate.ts';
import type { WaitingQueue } from './waiting-queue.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** What is asked of a gate to decide whom it refuses at once. */
export interface AdmissionParts {
  readonly queue: WaitingQueue;
  readonly limits: LimitSet;
  readonly pauses: Pause;
  readonly breaker: GateBreaker;
  readonly refusals: Refusals;
  readonly waitBehind: WaitBehind;
  /** How many tickets only wait for a connection: they take no place in the queue. */
  readonly awaitingLines: (nowMs: number) => number;
}

/** Refuses the tickets that need not wait at all, so that their callers learn it at once. */
export class Admission {
  constructor(private readonly parts: AdmissionParts) {}

  /** Throws the refusal of a ticket that may neither go nor wait. */
  atTheDoor(ticket: Ticket, now: number): void {
    const { breaker, pauses, refusals } = this.parts;
    const outlook = breaker.outlook(now);
    if (outlook.kind === 'refused') throw refusals.circuitOpen(outlook.retryAtMs - now);
    if (pauses.untilMs(now) === NEVER) throw this.paused(undefined);
    if (ticket.deadlineMs < now) {
      const detail = 'The request came after its deadline.';
      throw refusals.make('deadline_unmeetable', detail, this.waitOf(ticket, now));
    }
  }

  /** Throws the refusal of a ticket that finds no place, or would not be served before its deadline. */
  inVain(ticket: Ticket, now: number): void {
    const { queue, limits, pauses, refusals, awaitingLines } = this.parts;
    const waitMs = this.waitOf(ticket, now);
    const { maxSize } = queue;
    if (queue.size >= maxSize && queue.size >= maxSize + awaitingLines(now)) {
      throw refusals.make('queue_full', `All ${maxSize} places are taken.`, waitMs);
    }
    if (waitMs !== undefined && now + waitMs > ticket.deadlineMs) {
      if ((pauses.untilMs(now) ?? 0) > ticket.deadlineMs) throw this.paused(waitMs);
      throw refusals.inVain(waitMs);
    }
    if (waitMs === undefined && limits.slotAt(now, 0, ticket.cost) === NEVER) throw refusals.impossible();
  }

  private waitOf(ticket: Ticket, now: number): number | undefined {
    return this.parts.waitBehind(this.parts.queue.positionOf(ticket), ticket.cost, now);
  }

  private paused(waitMs: number | undefined): GatewayError {
    const reason = this.parts.pauses.current?.reason ?? 'no reason was given';
    return this.parts.refusals.make('upstream_paused', `The upstream is paused: ${reason}.`, waitMs);
  }
}
