import type { Entry } from '../policies/queue/ranked-list.ts';
import type { Grant, Ticket } from './contracts.ts';

/**
 * A ticket whose caller waits for its grant, in whatever queue. It is its own abort listener: a hundred thousand of
 * them wait at once, and a closure each would cost more than the ticket. `Self` is the queue's own kind of it.
 */
export abstract class AwaitedGrant<Self extends AwaitedGrant<Self>> implements EventListenerObject {
  /** Its place among the deadlines; undefined while it has none. */
  deadlineEntry: Entry<Self> | undefined;

  constructor(
    readonly ticket: Ticket,
    /** When this attempt came to the gate, monotonic ms. */
    readonly enteredAtMs: number,
    readonly resolve: (grant: Grant) => void,
    readonly reject: (reason: unknown) => void,
    private readonly signal: AbortSignal | undefined,
    /** One function for all of a gate. It is called before the caller is told. */
    private readonly onGone: (waiting: Self) => void,
  ) {
    signal?.addEventListener('abort', this);
  }

  handleEvent(): void {
    this.onGone(this as unknown as Self);
    this.reject(this.signal?.reason);
  }

  detach(): void {
    this.signal?.removeEventListener('abort', this);
  }
}
