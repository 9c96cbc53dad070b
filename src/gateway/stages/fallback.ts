import type { CacheEntry } from '../../policies/cache/entry.ts';
import { type ErrorCode, GatewayError } from '../../shared/errors.ts';
import type { CacheStore } from '../../state/cache-contract.ts';
import { StreamBody } from '../body.ts';
import type { Command } from '../command.ts';
import type { Reply } from '../reply.ts';
import type { StageFactory, StageServices } from '../stage.ts';
import { bypassesCache, cacheKeysOf, isRead } from './cache-keys.ts';
import { staleReply } from './stored-reply.ts';

export interface FallbackServices extends Pick<StageServices, 'clock'> {
  readonly cache: CacheStore;
}

/** Refusals and failures that a stale answer may stand in for. A defect of ours is not hidden. */
const HIDDEN_ERRORS: ReadonlySet<ErrorCode> = new Set([
  'queue_full',
  'circuit_open',
  'upstream_paused',
  'deadline_unmeetable',
  'queue_timeout',
  'state_unavailable',
  'upstream_timeout',
  'upstream_unreachable',
  'draining',
]);

/** Answers of the upstream that a stale one may stand in for: RFC 5861 §4, and 429. */
const HIDDEN_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/**
 * Where the call below is refused or fails, gives the stored answer as long as the route's `stale_if_error`, or
 * the answer's own, lasts. What was hidden stands in `Cache-Status` and, for an error of ours, in the command's
 * `errorCode`.
 */
export const fallbackStage: StageFactory<FallbackServices> = (route, { cache, clock }) => {
  const rules = route.config.cache;
  if (rules === undefined || (rules.staleIfErrorMs === 0 && !rules.honorUpstream)) return (next) => next;
  const keys = cacheKeysOf(route);

  /** Goes on with the stored answer that may be used now, if there is one. */
  const withStored = <Outcome>(
    command: Command,
    proceed: (entry: CacheEntry | undefined) => Outcome,
  ): Outcome | Promise<Outcome> => {
    const usable = (entry: CacheEntry | undefined): Outcome => {
      const untilMs = entry?.facts.staleIfErrorUntilMs;
      return proceed(untilMs !== undefined && clock.now() < untilMs ? entry : undefined);
    };
    const found = cache.find(keys.keyOf(command), command.incoming, clock.now());
    return found instanceof Promise ? found.catch(() => undefined).then(usable) : usable(found);
  };

  const stale = (command: Command, entry: CacheEntry, detail: string): Reply => {
    cache.counters.stale++;
    cache.counters.staleIfError++;
    return staleReply(command, entry, clock.now(), detail);
  };

  const onReply = (command: Command, reply: Reply): Reply | Promise<Reply> => {
    if (!HIDDEN_STATUSES.has(reply.status)) return reply;
    return withStored(command, (entry) => {
      if (entry === undefined) return reply;
      if (reply.body instanceof StreamBody) reply.body.cancel(new Error('a stored answer was given instead'));
      return stale(command, entry, `status_${reply.status}`);
    });
  };

  const onError = (command: Command, error: unknown): Reply | Promise<Reply> => {
    if (!(error instanceof GatewayError) || !HIDDEN_ERRORS.has(error.code)) throw error;
    if (command.signal.aborted) throw error;
    return withStored(command, (entry) => {
      if (entry === undefined) throw error;
      command.errorCode = error.code;
      return stale(command, entry, error.code);
    });
  };

  return (next) => (command) => {
    if (!isRead(command.method) || bypassesCache(command)) return next(command);
    let answer: Reply | Promise<Reply>;
    try {
      answer = next(command);
    } catch (error) {
      return onError(command, error);
    }
    if (!(answer instanceof Promise)) return onReply(command, answer);
    return answer.then(
      (reply) => onReply(command, reply),
      (error) => onError(command, error),
    );
  };
};
