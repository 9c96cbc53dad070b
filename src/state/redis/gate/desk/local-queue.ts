import { RankedList } from '../../../../policies/queue/ranked-list.ts';
import type { Ticket } from '../../../contracts.ts';
import type { Entered } from '../gate-link.ts';
import type { LocalTicket, Standing } from './local-ticket.ts';

/** The tickets that wait at this node, by uid and by deadline. Their order among all nodes' is known to Redis alone. */
export class LocalQueue {
  private readonly byUid = new Map<string, LocalTicket>();
  private readonly byDeadline = new RankedList<LocalTicket>();
  private readonly standings = new WeakMap<Ticket, Standing>();

  get size(): number {
    return this.byUid.size;
  }

  get nextDeadlineMs(): number {
    return this.byDeadline.first()?.rank ?? Number.POSITIVE_INFINITY;
  }

  get oldestEnteredAtMs(): number | undefined {
    for (const { enteredAtMs } of this.byUid.values()) return enteredAtMs;
    return undefined;
  }

  get(uid: string): LocalTicket | undefined {
    return this.byUid.get(uid);
  }

  all(): LocalTicket[] {
    return [...this.byUid.values()];
  }

  add(ticket: LocalTicket): void {
    this.byUid.set(ticket.uid, ticket);
    ticket.deadlineEntry = this.byDeadline.insert(ticket, ticket.ticket.deadlineMs);
  }

  /** False when it did not wait. */
  remove(ticket: LocalTicket): boolean {
    if (!this.byUid.delete(ticket.uid)) return false;
    if (ticket.deadlineEntry !== undefined) this.byDeadline.remove(ticket.deadlineEntry);
    ticket.detach();
    return true;
  }

  /** Those whose deadline is at `nowMs` or before. They stay, without a deadline. */
  takeDue(nowMs: number): LocalTicket[] {
    const due: LocalTicket[] = [];
    for (const waiting of this.byDeadline.values()) {
      if (waiting.ticket.deadlineMs > nowMs) break;
      due.push(waiting);
    }
    for (const waiting of due) {
      if (waiting.deadlineEntry !== undefined) this.byDeadline.remove(waiting.deadlineEntry);
      waiting.deadlineEntry = undefined;
    }
    return due;
  }

  standingOf(ticket: Ticket): Standing | undefined {
    return this.standings.get(ticket);
  }

  /** It has its place: what it was given there it keeps for its retries. */
  stands(waiting: LocalTicket, { seq = '0', rank = '0', rr = 0, arr = '0', my = 0 }: Entered): void {
    const before = this.standings.get(waiting.ticket);
    const urgency = before?.urgency ?? waiting.ticket.urgency;
    const served = before?.served === true && before.rr === rr;
    this.standings.set(waiting.ticket, { seq, rank, rr, arr, urgency, served });
    waiting.admitted = true;
    waiting.placed = true;
    waiting.entrance = my;
  }

  /** A ticket that left without ever having been served begins anew when it comes back. */
  forgetStanding(ticket: Ticket): void {
    if (this.standings.get(ticket)?.served === false) this.standings.delete(ticket);
  }
}
