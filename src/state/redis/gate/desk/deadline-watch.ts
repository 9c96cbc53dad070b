import type { Clock } from '../../../../shared/clock.ts';
import { Alarm } from '../../../memory/alarm.ts';
import type { LocalQueue } from './local-queue.ts';
import type { LocalTicket } from './local-ticket.ts';

/** Whoever has come to its deadline waits at most so long for the answer to its last request. */
const GRACE_MS = 100;

export interface DeadlineHost {
  readonly clock: Clock;
  readonly isUp: boolean;
  readonly queue: LocalQueue;
  /** The last chance of these tickets: whoever is not granted then is taken out. Answers what a new one would wait. */
  askLast(uids: readonly string[]): Promise<number | undefined>;
  refuse(waiting: LocalTicket, waitMs: number | undefined): void;
}

/** Ends the waiting of tickets whose deadline has come, with one last chance. */
export class DeadlineWatch {
  private readonly alarm: Alarm;
  private closed = false;

  constructor(private readonly host: DeadlineHost) {
    this.alarm = new Alarm(host.clock, () => this.onDeadline());
  }

  /** To be called whenever the queue has changed. */
  watch(): void {
    this.alarm.set(this.closed ? Number.POSITIVE_INFINITY : this.host.queue.nextDeadlineMs);
  }

  close(): void {
    this.closed = true;
    this.watch();
  }

  private onDeadline(): void {
    const { clock, isUp, queue } = this.host;
    const due = queue.takeDue(clock.now());
    this.watch();
    const refuse = (waitMs: number | undefined) => {
      grace.cancel();
      for (const waiting of due) {
        if (queue.get(waiting.uid) === waiting) this.host.refuse(waiting, waitMs);
      }
    };
    const uids = due.filter(({ admitted }) => admitted).map(({ uid }) => uid);
    const mayAsk = isUp && uids.length > 0;
    const grace = clock.after(mayAsk ? GRACE_MS : 0, () => refuse(undefined));
    if (mayAsk) this.host.askLast(uids).then(refuse, () => {});
  }
}
