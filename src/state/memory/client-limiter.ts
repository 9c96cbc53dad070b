import { LRUCache } from 'lru-cache';
import {
  type ClientLimitAlgorithm,
  type ClientLimitDecision,
  type ClientLimitState,
  takeFromClientLimit,
} from '../../policies/limiter/client-limit.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Rate } from '../../shared/units.ts';
import type { ClientLimiter } from '../contracts.ts';

export interface MemoryClientLimiterOptions {
  readonly clock: Clock;
  readonly rate: Rate;
  readonly algorithm: ClientLimitAlgorithm;
  /** Clients remembered at once; the least recently seen is forgotten first. Default 100,000. */
  readonly maxClients?: number | undefined;
}

/** Client limits in this process's memory. Answers without a promise. */
export class MemoryClientLimiter implements ClientLimiter {
  private readonly clock: Clock;
  private readonly rate: Rate;
  private readonly algorithm: ClientLimitAlgorithm;
  private readonly states: LRUCache<string, ClientLimitState>;
  private forgotten = 0;

  /** Throws RangeError on a rate or a number of clients that is not positive. */
  constructor({ clock, rate, algorithm, maxClients = 100_000 }: MemoryClientLimiterOptions) {
    if (!Number.isSafeInteger(rate.count) || rate.count < 1) {
      throw new RangeError(`count must be a whole number from 1, not ${rate.count}`);
    }
    if (!(rate.windowMs > 0 && Number.isFinite(rate.windowMs))) {
      throw new RangeError(`windowMs must be a positive number of ms, not ${rate.windowMs}`);
    }
    if (!Number.isSafeInteger(maxClients) || maxClients < 1) {
      throw new RangeError(`maxClients must be a whole number from 1, not ${maxClients}`);
    }
    this.clock = clock;
    this.rate = rate;
    this.algorithm = algorithm;
    this.states = new LRUCache({
      max: maxClients,
      dispose: (_state, _client, reason) => {
        if (reason === 'evict') this.forgotten++;
      },
    });
  }

  take(client: string): ClientLimitDecision {
    const { state, decision } = takeFromClientLimit(
      this.algorithm,
      this.rate,
      this.states.get(client),
      this.clock.now(),
    );
    this.states.set(client, state);
    return decision;
  }

  /** Clients that were forgotten to make room, in total. Each of them begins anew with its full count. */
  get evictions(): number {
    return this.forgotten;
  }

  /** Clients remembered now. */
  get size(): number {
    return this.states.size;
  }
}
