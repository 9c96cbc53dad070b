import type { Clock } from '../../shared/clock.ts';
import type { RedisLink } from './link.ts';

export interface ReachOptions {
  readonly clock: Clock;
  readonly link: Pick<RedisLink, 'isUp'>;
  /** Who waits for an answer longer than this goes on without it. Default 500. */
  readonly patienceMs?: number | undefined;
  /** After a failure nobody asks for so long, and then one tries. Default 1,000. */
  readonly pauseMs?: number | undefined;
}

/**
 * Asks Redis where a request waits for the answer, and can go on without it. A server that is away or does not
 * answer costs the first who ask their patience, and nobody else anything.
 */
export class Reach {
  private readonly clock: Clock;
  private readonly link: Pick<RedisLink, 'isUp'>;
  private readonly patienceMs: number;
  private readonly pauseMs: number;
  private pausedUntilMs = Number.NEGATIVE_INFINITY;
  private failureCount = 0;

  constructor({ clock, link, patienceMs = 500, pauseMs = 1_000 }: ReachOptions) {
    this.clock = clock;
    this.link = link;
    this.patienceMs = patienceMs;
    this.pauseMs = pauseMs;
  }

  /** Nobody asks now. */
  get isAway(): boolean {
    return !this.link.isUp || this.clock.now() < this.pausedUntilMs;
  }

  /** Questions that had no answer, in total. */
  get failures(): number {
    return this.failureCount;
  }

  /** The answer; undefined when there is none, or none in time. Never rejects. */
  ask<Answer>(question: () => Promise<Answer>): Promise<Answer | undefined> {
    if (this.isAway) return Promise.resolve(undefined);
    // Whoever asks after a pause is the one who tries.
    const tries = this.pausedUntilMs > Number.NEGATIVE_INFINITY;
    if (tries) this.pausedUntilMs = this.clock.now() + this.pauseMs;
    return new Promise((resolve) => {
      const patience = this.clock.after(this.patienceMs, () => {
        this.fail();
        resolve(undefined);
      });
      question().then(
        (answer) => {
          patience.cancel();
          this.pausedUntilMs = Number.NEGATIVE_INFINITY;
          resolve(answer);
        },
        () => {
          patience.cancel();
          this.fail();
          resolve(undefined);
        },
      );
    });
  }

  private fail(): void {
    this.failureCount++;
    this.pausedUntilMs = this.clock.now() + this.pauseMs;
  }
}
