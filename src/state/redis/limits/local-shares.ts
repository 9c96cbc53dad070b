import { LRUCache } from 'lru-cache';
import {
  addToClientLimit,
  type ClientLimitAlgorithm,
  type ClientLimitDecision,
  type ClientLimitState,
  takeFromClientLimit,
} from '../../../policies/limiter/client-limit.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Rate } from '../../../shared/units.ts';

/** What this node knows of one client under one limit. */
interface ClientShare {
  /** What all nodes had used together, as Redis said last. */
  known: ClientLimitState | undefined;
  /** What is used of this node's share. Undefined: nothing was decided alone since `known` was told. */
  own: ClientLimitState | undefined;
  /** What passed here alone, and Redis does not count yet. */
  untold: ClientLimitState | undefined;
}

/**
 * Client limits while Redis is away: every node counts for itself, and allows its share of what Redis said last that
 * the client had left. A client that is not known gets the limit's count divided by the nodes known last, and at
 * least 1; one whose limit was used up gets nothing until it has something again. A client that keeps to one node
 * gets no more than that node's share.
 */
export class LocalShares {
  private readonly clients: LRUCache<string, ClientShare>;
  private forgottenCount = 0;
  private takenCount = 0;

  constructor(
    private readonly clock: Clock,
    private readonly nodes: () => number,
    maxClients: number,
  ) {
    this.clients = new LRUCache({
      max: maxClients,
      dispose: (_client, _key, reason) => {
        if (reason === 'evict') this.forgottenCount++;
      },
    });
  }

  /** Requests that were decided so. */
  get taken(): number {
    return this.takenCount;
  }

  /** Clients that were forgotten to make room: what Redis said of them is not known any more. */
  get forgotten(): number {
    return this.forgottenCount;
  }

  /** What all nodes have used together, as Redis has just said. */
  learn(key: string, known: ClientLimitState): void {
    const client = this.clientOf(key);
    client.known = known;
    client.own = undefined;
  }

  /** `known` takes the place of what was learned last. */
  take(
    key: string,
    algorithm: ClientLimitAlgorithm,
    rate: Rate,
    known?: ClientLimitState | undefined,
  ): ClientLimitDecision {
    this.takenCount++;
    if (known !== undefined && known !== this.clients.peek(key)?.known) this.learn(key, known);
    const client = this.clientOf(key);
    const own = client.own ?? this.begun(client, algorithm, rate);
    const { state, decision } = takeFromClientLimit(algorithm, this.shareOf(rate), own, this.clock.now());
    client.own = state;
    return decision;
  }

  /** What `take` would say. */
  peek(
    key: string,
    algorithm: ClientLimitAlgorithm,
    rate: Rate,
    known?: ClientLimitState | undefined,
  ): ClientLimitDecision {
    const kept = this.clients.peek(key);
    const client =
      known !== undefined && known !== kept?.known
        ? { known, own: undefined, untold: kept?.untold }
        : (kept ?? unknownClient());
    const own = client.own ?? this.begun(client, algorithm, rate);
    return takeFromClientLimit(algorithm, this.shareOf(rate), own, this.clock.now()).decision;
  }

  /** So many requests have passed here that Redis does not count. */
  owe(key: string, algorithm: ClientLimitAlgorithm, rate: Rate, requests: number): void {
    const client = this.clientOf(key);
    client.untold = addToClientLimit(algorithm, rate, client.untold, requests, this.clock.now());
  }

  /** How many of them still count: Redis is told of them now. They are not owed any more. */
  collectUntold(key: string, algorithm: ClientLimitAlgorithm, rate: Rate): number {
    const client = this.clients.peek(key);
    if (client?.untold === undefined) return 0;
    const requests = countedIn(algorithm, rate, client.untold, this.clock.now());
    client.untold = undefined;
    return requests;
  }

  forget(key: string): void {
    this.clients.delete(key);
  }

  private clientOf(key: string): ClientShare {
    let client = this.clients.get(key);
    if (client === undefined) {
      client = unknownClient();
      this.clients.set(key, client);
    }
    return client;
  }

  private shareOf({ count, windowMs }: Rate): Rate {
    return { count: Math.max(1, Math.floor(count / Math.max(1, this.nodes()))), windowMs };
  }

  /** This node's share as it is used at first: as the whole limit is, and by what passed here besides. */
  private begun(
    { known, untold }: ClientShare,
    algorithm: ClientLimitAlgorithm,
    rate: Rate,
  ): ClientLimitState | undefined {
    const nowMs = this.clock.now();
    const share = this.shareOf(rate);
    const state = known && scaled(algorithm, known, share.count, rate.count);
    const requests = untold === undefined ? 0 : countedIn(algorithm, rate, untold, nowMs);
    return requests === 0 ? state : addToClientLimit(algorithm, share, state, requests, nowMs);
  }
}

const unknownClient = (): ClientShare => ({ known: undefined, own: undefined, untold: undefined });

/**
 * The same part of a share as of the whole. Requests come in whole ones: what cannot be divided by the nodes is left
 * out, so that all shares together never give more than was left.
 */
function scaled(
  algorithm: ClientLimitAlgorithm,
  { atMs, used, before }: ClientLimitState,
  share: number,
  count: number,
): ClientLimitState {
  // Tokens come back a part at a time, and only a whole one lets a request through.
  if (algorithm === 'token_bucket') return { atMs, used: (used * share) / count, before };
  return { atMs, used: Math.ceil((used * share) / count), before: Math.ceil((before * share) / count) };
}

/** Requests that still count at `nowMs`. */
function countedIn(
  algorithm: ClientLimitAlgorithm,
  rate: Rate,
  state: ClientLimitState,
  nowMs: number,
): number {
  const { decision } = takeFromClientLimit(algorithm, rate, state, nowMs);
  return decision.allowed ? rate.count - 1 - decision.remaining : rate.count;
}
