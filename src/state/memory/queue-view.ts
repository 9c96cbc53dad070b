import type { ClearedQueue, Urgency, WaitingTicket } from '../contracts.ts';
import type { WaitBehind } from './wait-estimate.ts';
import type { Waiter } from './waiter.ts';
import type { WaitingQueue } from './waiting-queue.ts';

/** Who waits at a gate, for operators who look at it. */
export class QueueView {
  constructor(
    private readonly queue: WaitingQueue,
    private readonly waitBehind: WaitBehind,
  ) {}

  /** At most `limit` after the first `offset`, next one first; O(n) where an urgency is given. */
  page(nowMs: number, offset: number, limit: number, urgency: Urgency | undefined): WaitingTicket[] {
    if (urgency !== undefined) return this.lane(nowMs, offset, limit, urgency);
    return this.queue
      .page(offset, limit)
      .map((waiter, index) => this.ticketOf(waiter, Math.max(0, offset) + index, nowMs));
  }

  /** O(n). */
  find(nowMs: number, ticketId: string): WaitingTicket | undefined {
    const waiter = this.queue.find(ticketId);
    return waiter && this.ticketOf(waiter, this.queue.positionIn(waiter), nowMs);
  }

  /** O(n). */
  holders(): ClearedQueue {
    const clients = new Set<string>();
    for (const { ticket } of this.queue.all()) clients.add(ticket.client);
    return { requests: this.queue.size, clients: clients.size };
  }

  /** How long until everybody has gone: as long as the last one waits. */
  drainMs(nowMs: number): number | undefined {
    return this.queue.size === 0 ? 0 : this.waitBehind(this.queue.size - 1, 1, nowMs);
  }

  private lane(nowMs: number, offset: number, limit: number, urgency: Urgency): WaitingTicket[] {
    const most = Math.min(limit, this.queue.sizeByUrgency[urgency]! - Math.max(0, offset));
    const found: WaitingTicket[] = [];
    let passOver = offset;
    let position = -1;
    for (const waiter of this.queue.all()) {
      if (found.length >= most) break;
      position++;
      if (this.queue.urgencyOf(waiter.ticket) !== urgency) continue;
      if (passOver-- > 0) continue;
      found.push(this.ticketOf(waiter, position, nowMs));
    }
    return found;
  }

  private ticketOf({ ticket }: Waiter, position: number, nowMs: number): WaitingTicket {
    return {
      id: ticket.id,
      position,
      client: ticket.client,
      urgency: this.queue.urgencyOf(ticket),
      ageMs: nowMs - ticket.arrivedAtMs,
      etaMs: this.waitBehind(position, ticket.cost, nowMs),
    };
  }
}
