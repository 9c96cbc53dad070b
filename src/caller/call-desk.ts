import type { Clock } from '../shared/clock.ts';
import type { Random } from '../shared/random.ts';
import type { CallRequest } from './call-request.ts';
import { type CallEvent, followCall, type Place } from './single-call.ts';

export interface CallDeskOptions {
  readonly clock: Clock;
  /** For request ids. */
  readonly random: Random;
}

export interface FollowOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Where the request of that id stands in its queue; undefined: it does not. */
  readonly place: (requestId: string) => Promise<Place | undefined>;
  readonly onEvent: (event: CallEvent) => void;
}

export interface FollowedCall {
  readonly requestId: string;
  /** After the last event. Rejects when the request is none. */
  readonly ended: Promise<void>;
}

/** Requests at once: people send them one by one. */
export const MOST_CALLS = 16;

/** Single requests to this gateway, each followed from its sending to its answer. */
export class CallDesk {
  private readonly prefix: string;
  private readonly stop = new AbortController();
  private started = 0;
  private underWay = 0;
  private refused = 0;

  constructor(private readonly options: CallDeskOptions) {
    this.prefix = Math.floor(options.random.next() * 36 ** 6)
      .toString(36)
      .padStart(6, '0');
  }

  /** Requests that have no answer yet. */
  get running(): number {
    return this.underWay;
  }

  /** How many were turned away because as many as may were under way. */
  get turnedAway(): number {
    return this.refused;
  }

  /** Sends the request under an id of its own. Undefined when MOST_CALLS are under way. */
  follow(request: CallRequest, options: FollowOptions): FollowedCall | undefined {
    if (this.underWay >= MOST_CALLS) {
      this.refused += 1;
      return undefined;
    }
    const requestId = `try-${this.prefix}-${(this.started++).toString(36)}`;
    const headers = { ...request.headers, 'x-request-id': requestId };
    this.underWay += 1;
    const ended = followCall(
      { ...request, headers },
      {
        clock: this.options.clock,
        timeoutMs: options.timeoutMs,
        signal: AbortSignal.any([options.signal, this.stop.signal]),
        place: () => options.place(requestId),
        onEvent: options.onEvent,
      },
    ).finally(() => {
      this.underWay -= 1;
    });
    return { requestId, ended };
  }

  /** Aborts every request under way. */
  close(): void {
    this.stop.abort();
  }
}
