import { FairShares } from './fair-shares.ts';

export { FairShares };

/**
 * - `fifo`: by arrival.
 * - `priority`: by arrival and urgency; one level of urgency is worth `agingMs` of waiting, so nothing starves.
 * - `fair`: start-time fair queueing over clients, by weight.
 */
export type QueuePolicy = 'fifo' | 'priority' | 'fair';

/** What a rank is made of. */
export interface RankInput {
  readonly client: string;
  /** RFC 9218: 0 most urgent … 7 least. */
  readonly urgency: number;
  /** Monotonic ms. */
  readonly arrivedAtMs: number;
  readonly cost: number;
}

/** Lowest goes first; ties by arrival. */
export function rankFifo({ arrivedAtMs }: Pick<RankInput, 'arrivedAtMs'>): number {
  return arrivedAtMs;
}

/** Lowest goes first; ties by arrival. */
export function rankPriority(
  { arrivedAtMs, urgency }: Pick<RankInput, 'arrivedAtMs' | 'urgency'>,
  agingMs: number,
): number {
  return arrivedAtMs + urgency * agingMs;
}

export interface RankerSettings {
  readonly agingMs: number;
  readonly weights: Readonly<Record<string, number>>;
}

/** A queue policy at work. Only `fair` remembers anything. */
export interface Ranker {
  /** The rank of a call that now joins the queue. Call it once for each. */
  rank(input: RankInput): number;
  /** The rank that a call would get; remembers nothing. For estimates. */
  peek(input: RankInput): number;
  /** A call of this rank goes now. */
  served(rank: number): void;
  /** A ranked call left the queue without going. */
  cancelled(input: RankInput): void;
}

function nothing(): void {}

/** Throws RangeError on an `agingMs` below 0 or a weight that is not positive. */
export function createRanker(policy: QueuePolicy, { agingMs, weights }: RankerSettings): Ranker {
  switch (policy) {
    case 'fifo':
      return { rank: rankFifo, peek: rankFifo, served: nothing, cancelled: nothing };
    case 'priority': {
      if (!(agingMs >= 0 && Number.isFinite(agingMs))) {
        throw new RangeError(`agingMs must be 0 or more ms, not ${agingMs}`);
      }
      const rank = (input: RankInput) => rankPriority(input, agingMs);
      return { rank, peek: rank, served: nothing, cancelled: nothing };
    }
    case 'fair': {
      const shares = new FairShares(weights);
      return {
        rank: (input) => shares.startTag(input),
        peek: (input) => shares.peek(input),
        served: (rank) => shares.served(rank),
        cancelled: (input) => shares.cancelled(input),
      };
    }
  }
}
