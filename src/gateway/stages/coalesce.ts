import { mayShare, sharingKeyOfCached, sharingKeyOfUncached } from '../../policies/cache/sharing.ts';
import type { CacheStore } from '../../state/cache-contract.ts';
import type { SharedFlights } from '../../state/flights-contract.ts';
import { StreamBody } from '../body.ts';
import type { Command } from '../command.ts';
import type { Reply } from '../reply.ts';
import type { StageFactory, StageServices } from '../stage.ts';
import { cacheKeysOf, isRead } from './cache-keys.ts';
import { SharedCall } from './shared-call.ts';
import { COLLAPSED, mayFly, ranOutOfTime, SharedFlight, storedByOther } from './shared-flight.ts';
import { staleReply } from './stored-reply.ts';

/** Totals since start. */
export interface CoalesceCounters {
  /** Calls that others could join. */
  calls: number;
  /** Requests that were answered by another one's call. */
  followers: number;
  /** Requests that joined a call whose answer was not for them, and called themselves. */
  unshareable: number;
  /** Calls that nobody could join: as many as may were shared already, or those joined before ran out of time. */
  unshared: number;
}

/** The calls in flight that identical reads may join: of all routes together, and bounded. */
export class SharedCalls {
  readonly counters: CoalesceCounters = { calls: 0, followers: 0, unshareable: 0, unshared: 0 };
  readonly inFlight = new Map<string, SharedCall>();

  /** Throws RangeError on a bound that is not a positive whole number. */
  constructor(readonly maxCalls = 10_000) {
    if (!Number.isSafeInteger(maxCalls) || maxCalls <= 0) {
      throw new RangeError(`maxCalls must be a positive whole number, and is ${maxCalls}`);
    }
  }
}

export interface CoalesceServices extends StageServices {
  readonly sharedCalls: SharedCalls;
  readonly cache: CacheStore;
  /** Calls that this node shares with others; undefined in one process. */
  readonly flights?: SharedFlights | undefined;
}

/** How many calls a request joins that run out of time before it makes one of its own. */
const MOST_ROUNDS = 3;

/**
 * Identical reads in flight share one call (GET and HEAD without a body). The call lives until the last who waits
 * for it has gone; its failure is told to all and kept by nobody. A streamed answer is too large to share: one
 * gets it, the others call themselves, as do those that the answer is not for (`Set-Cookie`, `Vary`). On a cached
 * route of a fleet the one call is made by one node, and the others find its answer in the shared cache.
 */
export const coalesceStage: StageFactory<CoalesceServices> = (route, services) => {
  const { clock, gate, sharedCalls, flights } = services;
  if (!route.config.coalesce) return (next) => next;
  const keys = cacheKeysOf(route);
  const sharingKey = route.config.cache === undefined ? sharingKeyOfUncached : sharingKeyOfCached;
  const { counters, inFlight, maxCalls } = sharedCalls;

  return (next) => {
    const flight =
      flights === undefined || route.config.cache === undefined
        ? undefined
        : new SharedFlight(flights, keys, services, next);
    const alone = (command: Command): Reply | Promise<Reply> => {
      counters.unshared++;
      return next(command);
    };

    const begin = (key: string, command: Command): Reply | Promise<Reply> => {
      if (inFlight.size >= maxCalls) return alone(command);
      const call = new SharedCall(command, () => void inFlight.delete(key));
      const answer = call.start(
        flight !== undefined && mayFly(command) ? (shared) => flight.fly(key, shared) : next,
      );
      if (!(answer instanceof Promise)) return answer;
      counters.calls++;
      inFlight.set(key, call);
      return answer;
    };

    const join = async (key: string, call: SharedCall, command: Command, round: number): Promise<Reply> => {
      const joinedAtMs = clock.now();
      const outcome = await settled(call.follow(command, { clock, gate }));
      command.queueMs = (command.queueMs ?? 0) + clock.now() - joinedAtMs;
      if ('error' in outcome) {
        // The call ran out of its leader's time; who has more goes on, in the end without company.
        if (!ranOutOfTime(outcome.error) || call.command.deadlineMs >= command.deadlineMs)
          throw outcome.error;
        if (round >= MOST_ROUNDS) return alone(command);
        const another = inFlight.get(key);
        return another === undefined ? begin(key, command) : join(key, another, command, round + 1);
      }
      const { reply } = outcome;
      const { headers, body } = reply;
      const isForUs = mayShare(headers, call.command.incoming, command.incoming);
      if (body instanceof StreamBody ? !call.takeStream(body, isForUs) : !isForUs) {
        counters.unshareable++;
        return next(command);
      }
      counters.followers++;
      const entry = storedByOther(reply);
      if (entry !== undefined) return staleReply(command, entry, clock.now(), COLLAPSED);
      if (command.cacheStatus !== undefined) command.cacheStatus += '; collapsed';
      return reply;
    };

    return (command) => {
      if (!isRead(command.method) || command.body.kind !== 'none') return next(command);
      const key = sharingKey(keys, command);
      const call = inFlight.get(key);
      return call === undefined ? begin(key, command) : join(key, call, command, 1);
    };
  };
};

type Outcome = { readonly reply: Reply } | { readonly error: unknown };

function settled(answer: Promise<Reply>): Promise<Outcome> {
  return answer.then(
    (reply) => ({ reply }),
    (error: unknown) => ({ error }),
  );
}
