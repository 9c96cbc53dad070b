import type { Clock } from '../../../../shared/clock.ts';
import { Alarm } from '../../../memory/alarm.ts';
import type { RedisGrant } from './redis-grant.ts';

/** A write that takes longer than this share of its grant's time is told; the rest is for the telling. */
const TOLD_AFTER_SHARE = 0.5;

/**
 * Grants whose write has begun. The fleet counts on a write within the grant's time; one that takes longer, such as a
 * large upload, is told before that, and goes on standing in the way of others until it is over. Most are written at
 * once and forgotten here without a word: one timer for all of them.
 */
export class LongWrites {
  private readonly begun = new Set<RedisGrant>();
  private readonly alarm: Alarm;

  constructor(
    private readonly clock: Clock,
    private readonly tell: (grant: RedisGrant) => void,
  ) {
    this.alarm = new Alarm(clock, () => this.look());
  }

  add(grant: RedisGrant): void {
    this.begun.add(grant);
    if (this.begun.size === 1) this.look();
  }

  /** Its write is over. */
  forget(grant: RedisGrant): void {
    if (this.begun.delete(grant) && this.begun.size === 0) this.alarm.set(Number.POSITIVE_INFINITY);
  }

  private look(): void {
    const now = this.clock.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const grant of this.begun) {
      const toldAtMs = grant.claimedAtMs + grant.freshMs * TOLD_AFTER_SHARE;
      if (toldAtMs > now) {
        nextMs = toldAtMs;
        break;
      }
      this.begun.delete(grant);
      this.tell(grant);
    }
    this.alarm.set(nextMs);
  }
}
