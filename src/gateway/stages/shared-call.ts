import type { Clock, Timer } from '../../shared/clock.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Urgency } from '../../shared/urgency.ts';
import type { Gate } from '../../state/contracts.ts';
import { StreamBody } from '../body.ts';
import type { Command } from '../command.ts';
import type { Reply } from '../reply.ts';
import type { Handler } from '../stage.ts';
import { copyProgress } from './progress.ts';
import { ticketOf } from './shared-flight.ts';

/** What a follower needs of its surroundings. */
export interface FollowServices {
  readonly clock: Clock;
  readonly gate: Gate;
}

/**
 * One call below that several commands wait for. It has the leader's facts and an abort signal of its own, which
 * fires when the last of them has gone; each waits with the signal of its own client.
 */
export class SharedCall {
  /** What goes below; its id, and so its ticket's, is the leader's. */
  readonly command: Command;
  private readonly controller = new AbortController();
  private outcome: Promise<Reply> | undefined;
  private waiting = 0;
  private isOver = false;
  private streamIsTaken = false;
  private urgency: Urgency;

  /** `onOver` is called once: when the call has settled, or when nobody waits for it any more. */
  constructor(
    private readonly leader: Command,
    private readonly onOver: () => void,
  ) {
    this.urgency = leader.urgency;
    this.command = leader.derive({ abort: this.controller });
    copyProgress(leader, this.command);
  }

  /** Makes the call. An answer at hand, or an error thrown at once, is the leader's alone. */
  start(next: Handler): Reply | Promise<Reply> {
    const { leader } = this;
    leader.signal.throwIfAborted();
    let answer: Reply | Promise<Reply>;
    try {
      answer = next(this.command);
    } finally {
      copyProgress(this.command, leader);
    }
    if (!(answer instanceof Promise)) return answer;
    this.outcome = answer.finally(() => this.end());
    return this.wait(this.outcome, leader)
      .then((reply) => {
        if (reply.body instanceof StreamBody) this.takeStream(reply.body, true);
        return reply;
      })
      .finally(() => copyProgress(this.command, leader));
  }

  /**
   * Waits for the outcome. Rejects with the signal's reason as soon as the client of `command` goes, and with
   * `queue_timeout` when its deadline comes before the call has had its first turn.
   */
  follow(command: Command, services: FollowServices): Promise<Reply> {
    if (this.outcome === undefined) throw new Error('a call is followed only while it is under way');
    const { deadlineMs } = this.command;
    if (command.urgency < this.urgency) {
      this.promote(ticketOf(this.command), command.urgency, services.gate);
    }
    return this.wait(this.outcome, command, command.deadlineMs < deadlineMs ? services : undefined);
  }

  private promote(id: string, urgency: Urgency, gate: Gate): void {
    const note = (done: boolean) => {
      if (done) this.urgency = Math.min(this.urgency, urgency) as Urgency;
    };
    const promoted = gate.promote(id, urgency);
    if (promoted instanceof Promise) promoted.then(note, () => {});
    else note(promoted);
  }

  /**
   * Asked by each who waited, once a streamed answer is there: only one can have it. What nobody wants is
   * cancelled.
   */
  takeStream(body: StreamBody, wanted: boolean): boolean {
    const isMine = wanted && !this.streamIsTaken;
    if (isMine) this.streamIsTaken = true;
    if (--this.waiting === 0 && !this.streamIsTaken) body.cancel(new Error('nobody takes the shared answer'));
    return isMine;
  }

  private wait(outcome: Promise<Reply>, command: Command, limit?: FollowServices): Promise<Reply> {
    const { signal } = command;
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      this.waiting++;
      let timer: Timer | undefined;
      const stopListening = () => {
        signal.removeEventListener('abort', onAbort);
        timer?.cancel();
      };
      const leave = (reason: unknown) => {
        if (this.isOver) return;
        stopListening();
        reject(reason);
        if (--this.waiting > 0) return;
        this.end();
        this.controller.abort(reason);
      };
      const onAbort = () => leave(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      timer = limit?.clock.after(command.deadlineMs - limit.clock.now(), () => {
        if (this.command.attempts > 0) return;
        const estimate = limit.gate.estimate(command.urgency, command.client);
        if (!(estimate instanceof Promise)) leave(queueTimeout(estimate.waitMs));
        else {
          estimate.then(
            ({ waitMs }) => leave(queueTimeout(waitMs)),
            () => leave(queueTimeout(undefined)),
          );
        }
      });
      outcome.finally(stopListening).then(resolve, reject);
    });
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onOver();
  }
}

function queueTimeout(waitMs: number | undefined): GatewayError {
  return new GatewayError('queue_timeout', {
    detail: 'The request reached its deadline while it waited for a call that it shares with others.',
    retryAfterMs: waitMs,
    estimatedWaitMs: waitMs,
  });
}
