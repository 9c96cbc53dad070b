import type { Entry } from '../../policies/queue/ranked-list.ts';
import type { Grant, Ticket } from '../contracts.ts';

/**
 * A ticket that waits, with what is needed to let it go. It is its own abort listener: a hundred thousand of them
 * wait at once, and a closure each would cost more than the ticket.
 */
export class Waiter implements EventListenerObject {
  /** Its places in the queue; undefined while it has none. */
  entry: Entry<Waiter> | undefined;
  deadlineEntry: Entry<Waiter> | undefined;

  constructor(
    readonly ticket: Ticket,
    /** When this attempt came to the gate, monotonic ms. */
    readonly enteredAtMs: number,
    readonly resolve: (grant: Grant) => void,
    readonly reject: (reason: unknown) => void,
    private readonly signal: AbortSignal | undefined,
    /** One function for all waiters of a gate. */
    private readonly onGone: (waiter: Waiter) => void,
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
