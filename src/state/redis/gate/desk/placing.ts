import type { Clock } from '../../../../shared/clock.ts';
import { type Entered, type GateAnswer, listOf } from '../gate-link.ts';
import type { LocalQueue } from './local-queue.ts';
import type { LocalTicket } from './local-ticket.ts';
import type { RequestOptions } from './session.ts';
import { ticketFacts } from './ticket-facts.ts';

/** So many tickets at most enter in one request. */
const LARGEST_BATCH = 64;
/** So many requests with tickets are under way at once; what comes then is gathered. */
const MOST_UNDER_WAY = 8;
/** Of tickets with whose grants nothing was written, so many are remembered. */
const MOST_UNUSED = 256;
/** So long a call waits for a Redis that is away. */
const GRACE_MS = 100;

export interface PlacingHost {
  readonly clock: Clock;
  readonly isUp: boolean;
  readonly queue: LocalQueue;
  readonly needsLines: boolean;
  ask(script: 'enter', body: object, options: RequestOptions): Promise<GateAnswer>;
  /** Connections that so many tickets may use up. */
  linesFor(tickets: number): number | undefined;
  onPlaced(waiting: LocalTicket, place: Entered): void;
  /** Redis cannot be asked. */
  onUnreachable(waiting: LocalTicket, error: unknown): void;
}

/**
 * Gives tickets their places among those of all nodes: each at once while there are few, several in one request in a
 * flood, so that a script's own cost is shared.
 */
export class Placing {
  /** Tickets whose place is not known yet. */
  readonly entering = new Set<LocalTicket>();
  /** Tickets that were refused for want of an answer, or whose handing back was not heard: nothing was written with them. */
  readonly unused: string[] = [];
  private gathered: LocalTicket[] = [];
  private underWay = 0;
  private downSinceMs: number | undefined;

  constructor(private readonly host: PlacingHost) {}

  linkChanged(isUp: boolean): void {
    this.downSinceMs = isUp ? undefined : this.host.clock.now();
  }

  place(waiting: LocalTicket): void {
    if (!this.host.isUp) {
      this.placeWhenUp(waiting);
      return;
    }
    this.entering.add(waiting);
    this.gathered.push(waiting);
    if (this.gathered.length === 1) queueMicrotask(() => this.flush());
  }

  private flush(): void {
    while (this.gathered.length > 0 && this.underWay < MOST_UNDER_WAY) {
      // Whoever has gone meanwhile need not come.
      const batch = this.gathered.splice(0, LARGEST_BATCH).filter((waiting) => {
        const isHere = this.host.queue.get(waiting.uid) === waiting;
        if (!isHere) this.entering.delete(waiting);
        return isHere;
      });
      if (batch.length > 0) void this.send(batch);
    }
  }

  private async send(batch: readonly LocalTicket[]): Promise<void> {
    const { host } = this;
    const now = host.clock.now();
    const ts = batch.map((waiting) => ({
      ...ticketFacts(waiting, host.queue.standingOf(waiting.ticket), now),
      again: waiting.admitted || undefined,
    }));
    const first = ({ res }: GateAnswer): void => {
      for (const [index, place] of listOf(res).entries()) {
        const waiting = batch[index]!;
        this.entering.delete(waiting);
        host.onPlaced(waiting, place);
      }
    };
    this.underWay++;
    try {
      await host.ask('enter', { ts, needs: host.needsLines }, { lines: host.linesFor(batch.length), first });
    } catch (error) {
      for (const waiting of batch) {
        this.entering.delete(waiting);
        this.noteUnanswered(waiting);
        host.onUnreachable(waiting, error);
      }
    } finally {
      this.underWay--;
      this.flush();
    }
  }

  private noteUnanswered(waiting: LocalTicket): void {
    // Another answer may have granted it.
    if (waiting.admitted || this.host.queue.get(waiting.uid) !== waiting) return;
    this.noteUnused(waiting.uid);
  }

  /** Nothing was written with its grant, nor will be. */
  noteUnused(uid: string): void {
    this.unused.push(uid);
    if (this.unused.length > MOST_UNUSED) this.unused.shift();
  }

  private placeWhenUp(waiting: LocalTicket): void {
    const { clock, queue } = this.host;
    const now = clock.now();
    const leftMs = Math.max(0, GRACE_MS - (now - (this.downSinceMs ?? now)));
    this.entering.add(waiting);
    clock.after(leftMs, () => {
      this.entering.delete(waiting);
      if (queue.get(waiting.uid) !== waiting) return;
      if (this.host.isUp) this.place(waiting);
      else this.host.onUnreachable(waiting, undefined);
    });
  }
}
