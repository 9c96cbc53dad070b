import type { CacheEntry } from '../../policies/cache/entry.ts';
import type { CacheKeys } from '../../policies/cache/key.ts';
import { admit, type Demand, demandOf } from '../../policies/cache/request-directives.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { CacheStore } from '../../state/cache-contract.ts';
import { StreamBody } from '../body.ts';
import type { Command } from '../command.ts';
import type { Reply } from '../reply.ts';
import type { Route } from '../route.ts';
import { type Handler, type StageFactory, type StageServices, whenAnswered } from '../stage.ts';
import { CacheKeeper } from './cache-keeper.ts';
import { bypassesCache, cacheKeysOf, isRead } from './cache-keys.ts';
import { COLLAPSED } from './shared-flight.ts';
import { conditionalReply, staleReply, storedReply } from './stored-reply.ts';

export interface CacheServices extends StageServices {
  readonly cache: CacheStore;
}

/** Refreshes behind answers that one route may have running. */
const MOST_REFRESHES = 1_000;
/** The least urgent: a refresh lets every client's call go first. */
const REFRESH_URGENCY = 7;

/**
 * Answers GET and HEAD from what is stored, and stores what comes by (RFC 9111, RFC 5861). A fresh answer is
 * given at once, without a promise, and is the same object every time. A HEAD is answered from a stored GET; its
 * own answer is not stored. `Cache-Status` (RFC 9211) says what was done.
 */
export const cacheStage: StageFactory<CacheServices> = (route, services) => {
  const { cache } = route.config;
  if (cache === undefined) return (next) => next;
  const keys = cacheKeysOf(route);
  return (next) => {
    const keeper = new CacheKeeper(cache, keys, services.cache, services.clock, next);
    const cached = new CachedRoute(route, keys, keeper, services, next);
    return (command) => cached.handle(command);
  };
};

class CachedRoute {
  private readonly store: CacheStore;
  private readonly refreshing = new Set<string>();

  constructor(
    private readonly route: Route,
    private readonly keys: CacheKeys,
    private readonly keeper: CacheKeeper,
    private readonly services: CacheServices,
    private readonly next: Handler,
  ) {
    this.store = services.cache;
  }

  handle(command: Command): Reply | Promise<Reply> {
    if (!isRead(command.method)) return this.passOther(command);
    if (bypassesCache(command)) return this.bypass(command);
    const key = this.keys.keyOf(command);
    const nowMs = this.services.clock.now();
    const found = this.store.find(key, command.incoming, nowMs);
    if (!(found instanceof Promise)) return this.decide(command, key, found, nowMs);
    return found
      .catch(() => undefined)
      .then((entry) => this.decide(command, key, entry, this.services.clock.now()));
  }

  private decide(
    command: Command,
    key: string,
    entry: CacheEntry | undefined,
    nowMs: number,
  ): Reply | Promise<Reply> {
    const { incoming } = command;
    const demand = demandOf(incoming.get('cache-control'), incoming.get('pragma'));
    if (entry === undefined) return this.forward(command, key, undefined, demand, 'miss');
    switch (admit(entry, demand, nowMs)) {
      case 'fresh':
        return this.hit(command, entry, nowMs);
      case 'stale':
        return this.stale(command, entry, nowMs, 'max-stale');
      case 'refused':
        return this.forward(command, key, entry, demand, 'request');
      case 'expired':
        if (nowMs < (entry.facts.staleWhileRevalidateUntilMs ?? nowMs)) {
          this.refreshBehind(command, key, entry, nowMs);
          return this.stale(command, entry, nowMs, 'stale-while-revalidate');
        }
        return this.forward(command, key, entry, demand, 'stale');
    }
  }

  private hit(command: Command, entry: CacheEntry, nowMs: number): Reply {
    this.store.counters.hits++;
    entry.tick(nowMs);
    command.cacheStatus = entry.hitStatus;
    return storedReply(command, entry);
  }

  private stale(command: Command, entry: CacheEntry, nowMs: number, detail: string): Reply {
    this.store.counters.stale++;
    return conditionalReply(command, staleReply(command, entry, nowMs, detail));
  }

  /** An unsafe method that succeeds makes what is stored of its target out of date (RFC 9111 §4.4). */
  private passOther(command: Command): Reply | Promise<Reply> {
    this.store.counters.bypasses++;
    command.cacheStatus = 'fwd=method';
    const answer = this.next(command);
    if (command.method === 'OPTIONS' || command.method === 'TRACE') return answer;
    return whenAnswered(answer, (reply) => {
      if (reply.status >= 200 && reply.status < 400) this.store.delete(this.keys.keyOf(command));
      return reply;
    });
  }

  private bypass(command: Command): Reply | Promise<Reply> {
    this.store.counters.bypasses++;
    command.cacheStatus = 'fwd=bypass';
    return this.next(command);
  }

  private forward(
    command: Command,
    key: string,
    entry: CacheEntry | undefined,
    demand: Demand | undefined,
    reason: 'miss' | 'request' | 'stale',
  ): Reply | Promise<Reply> {
    this.store.counters.misses++;
    if (demand?.onlyIfCached === true) {
      command.cacheStatus = 'detail=only-if-cached';
      throw new GatewayError('not_cached', {
        detail: 'Nothing stored serves this request (only-if-cached).',
      });
    }
    command.cacheStatus = `fwd=${reason}`;
    if (command.method === 'HEAD') return this.next(command);
    return this.keeper.run({ command, key, entry, noStore: demand?.noStore === true });
  }

  /** One refresh a key. Its failures are counted and told to nobody: the stale answer has been given. */
  private refreshBehind(command: Command, key: string, entry: CacheEntry, nowMs: number): void {
    const { counters } = this.store;
    if (this.refreshing.has(key)) return;
    if (this.refreshing.size >= MOST_REFRESHES) {
      counters.refreshesSkipped++;
      return;
    }
    this.refreshing.add(key);
    counters.refreshes++;
    const refresh = command.derive({
      id: `${command.id}-refresh`,
      method: 'GET',
      urgency: REFRESH_URGENCY,
      arrivedAtMs: nowMs,
      deadlineMs: nowMs + this.route.upstream.queue.maxWaitMs,
      // Its own: the client may leave with its answer while the refresh goes on.
      abort: new AbortController(),
    });
    refresh.cacheStatus = 'fwd=stale';
    void this.refresh(refresh, key, entry).then((succeeded) => {
      this.refreshing.delete(key);
      if (!succeeded) counters.refreshFailures++;
    });
  }

  private async refresh(command: Command, key: string, entry: CacheEntry): Promise<boolean> {
    try {
      const { body, status } = await this.keeper.run({ command, key, entry, noStore: false });
      if (body instanceof StreamBody) body.cancel(new Error('nobody reads the answer to a refresh'));
      const { cacheStatus } = command;
      // A stale answer in place of an error is no refresh; another node's new one is.
      const isOld = cacheStatus?.startsWith('hit') === true && !cacheStatus.endsWith(`detail=${COLLAPSED}`);
      return !isOld && status < 500;
    } catch {
      return false;
    }
  }
}
