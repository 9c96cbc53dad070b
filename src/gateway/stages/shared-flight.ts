import type { CacheEntry } from '../../policies/cache/entry.ts';
import type { CacheKeys } from '../../policies/cache/key.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { CacheStore } from '../../state/cache-contract.ts';
import type { Gate } from '../../state/contracts.ts';
import type { Boarding, Flight, FollowedEnd, SharedFlights } from '../../state/flights-contract.ts';
import type { Command } from '../command.ts';
import type { Reply } from '../reply.ts';
import type { Handler } from '../stage.ts';
import { bypassesCache } from './cache-keys.ts';
import { staleReply } from './stored-reply.ts';

export interface FlightServices {
  readonly clock: Clock;
  readonly gate: Gate;
  readonly cache: CacheStore;
}

/** Stands in `Cache-Status` where another node's call was waited for. */
export const COLLAPSED = 'collapsed';

/** How often a call that was waited for may come to nothing before one is made without waiting. */
const MOST_ROUNDS = 3;

/** Replies that other nodes wait for, until they are stored or turn out not to be. */
const awaited = new WeakMap<Reply, Flight>();
/** What another node has stored, by the reply that was made of it. */
const stored = new WeakMap<Reply, CacheEntry>();

/** Tickets of other nodes' calls, by the command that waits for them. */
const followedTickets = new WeakMap<Command, string>();

/** The ticket whose turn a call waits for: its own, or that of the node that calls for it. */
export function ticketOf(command: Command): string {
  return followedTickets.get(command) ?? command.id;
}

/** Tells the nodes that wait for this reply's call whether they find it in the cache. */
export function landReply(reply: Reply, isKept: boolean): void {
  awaited.get(reply)?.end(isKept ? 'kept' : 'unkept');
  awaited.delete(reply);
}

/** What was stored, where the reply is another node's: it has an age, and is not stored anew. */
export function storedByOther(reply: Reply): CacheEntry | undefined {
  return stored.get(reply);
}

/** Whether another node's answer may serve: only what the cache would store, and nothing that asks for a new one. */
export function mayFly(command: Command): boolean {
  const { incoming } = command;
  return (
    command.method === 'GET' &&
    !bypassesCache(command) &&
    !incoming.has('cache-control') &&
    !incoming.has('pragma')
  );
}

/** Calls below that identical reads of several nodes share. */
export class SharedFlight {
  constructor(
    private readonly flights: SharedFlights,
    private readonly keys: CacheKeys,
    private readonly services: FlightServices,
    private readonly next: Handler,
  ) {}

  /** Makes the call, or waits for the node that does. `key` is what makes reads identical. */
  async fly(key: string, command: Command): Promise<Reply> {
    const { id: ticketId, urgency, deadlineMs, signal } = command;
    const cacheKey = this.keys.keyOf(command);
    let insist = false;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const boarding = await this.flights.board({ key, cacheKey, ticketId, urgency, deadlineMs }, insist);
      if (signal.aborted) {
        if (boarding.kind === 'lead') boarding.flight.end('abandoned');
        if (boarding.kind === 'follow') boarding.leave();
        throw signal.reason;
      }
      if (boarding.kind === 'lead') return this.lead(command, boarding.flight);
      const end = boarding.kind === 'follow' ? await this.follow(command, boarding) : boarding.kind;
      if (end === 'alone') break;
      // Who is lost may have stored its answer first: a message that told so may be lost as well.
      const entry = await this.look(cacheKey, command);
      if (entry !== undefined) return this.give(command, entry);
      if (end === 'kept') insist = true;
    }
    return this.next(command);
  }

  private async lead(command: Command, flight: Flight): Promise<Reply> {
    let reply: Reply;
    try {
      reply = await this.next(command);
    } catch (error) {
      flight.end(command.signal.aborted || ranOutOfTime(error) ? 'abandoned' : 'failed');
      throw error;
    }
    // What stands in for an error is no answer to this call.
    if (reply.status === 429 || reply.status >= 500 || reply.origin === 'gateway') flight.end('failed');
    else awaited.set(reply, flight);
    return reply;
  }

  /** Rejects with the signal's reason when nobody waits any more, and with `queue_timeout` at the deadline. */
  private async follow(
    command: Command,
    boarding: Extract<Boarding, { kind: 'follow' }>,
  ): Promise<FollowedEnd> {
    const { clock, gate } = this.services;
    const startMs = clock.now();
    if (command.urgency < boarding.urgency) {
      const promoted = gate.promote(boarding.ticketId, command.urgency);
      if (promoted instanceof Promise) promoted.catch(() => {});
    }
    followedTickets.set(command, boarding.ticketId);
    let timer: Timer | undefined;
    let onAbort: (() => void) | undefined;
    try {
      return await new Promise<FollowedEnd>((resolve, reject) => {
        onAbort = () => reject(command.signal.reason);
        command.signal.addEventListener('abort', onAbort, { once: true });
        timer = clock.after(command.deadlineMs - startMs, () => reject(tooLate()));
        boarding.ended.then(resolve, reject);
      });
    } finally {
      followedTickets.delete(command);
      timer?.cancel();
      if (onAbort !== undefined) command.signal.removeEventListener('abort', onAbort);
      boarding.leave();
      command.queueMs = (command.queueMs ?? 0) + clock.now() - startMs;
    }
  }

  private async look(cacheKey: string, command: Command): Promise<CacheEntry | undefined> {
    const { cache, clock } = this.services;
    try {
      const entry = await cache.find(cacheKey, command.incoming, clock.now());
      return entry !== undefined && clock.now() < entry.freshUntilMs ? entry : undefined;
    } catch {
      return undefined;
    }
  }

  private give(command: Command, entry: CacheEntry): Reply {
    const reply = staleReply(command, entry, this.services.clock.now(), COLLAPSED);
    stored.set(reply, entry);
    return reply;
  }
}

/** The call's own time was over: who has more may make it. */
export function ranOutOfTime(error: unknown): boolean {
  return (
    error instanceof GatewayError && (error.code === 'queue_timeout' || error.code === 'deadline_unmeetable')
  );
}

function tooLate(): GatewayError {
  return new GatewayError('queue_timeout', {
    detail: 'The request reached its deadline while it waited for a call of another node.',
  });
}
