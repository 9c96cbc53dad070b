import { LRUCache } from 'lru-cache';
import {
  type ClientLimitAlgorithm,
  type ClientLimitDecision,
  type ClientLimitState,
  takeFromClientLimit,
} from '../../../policies/limiter/client-limit.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Rate } from '../../../shared/units.ts';

/**
 * Client limits while Redis is away: every node counts for itself, and allows its share of the limit, the count
 * divided by the nodes known last and at least 1. A client that keeps to one node gets no more than that.
 */
export class LocalShares {
  private readonly states: LRUCache<string, ClientLimitState>;
  private forgottenCount = 0;
  private takenCount = 0;

  constructor(
    private readonly clock: Clock,
    private readonly nodes: () => number,
    maxClients: number,
  ) {
    this.states = new LRUCache({
      max: maxClients,
      dispose: (_state, _key, reason) => {
        if (reason === 'evict') this.forgottenCount++;
      },
    });
  }

  /** Requests that were decided so. */
  get taken(): number {
    return this.takenCount;
  }

  get forgotten(): number {
    return this.forgottenCount;
  }

  take(key: string, algorithm: ClientLimitAlgorithm, rate: Rate): ClientLimitDecision {
    this.takenCount++;
    const nowMs = this.clock.now();
    const { state, decision } = takeFromClientLimit(
      algorithm,
      this.shareOf(rate),
      this.states.get(key),
      nowMs,
    );
    this.states.set(key, state);
    return decision;
  }

  peek(key: string, algorithm: ClientLimitAlgorithm, rate: Rate): ClientLimitDecision {
    const { clock, states } = this;
    return takeFromClientLimit(algorithm, this.shareOf(rate), states.peek(key), clock.now()).decision;
  }

  forget(key: string): void {
    this.states.delete(key);
  }

  private shareOf({ count, windowMs }: Rate): Rate {
    return { count: Math.max(1, Math.floor(count / Math.max(1, this.nodes()))), windowMs };
  }
}
