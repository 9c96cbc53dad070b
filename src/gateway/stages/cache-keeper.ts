import { type CacheRules, entryOf, judge, type Lifetime } from '../../policies/cache/cacheability.ts';
import {
  confirmedFields,
  confirmingFields,
  confirms,
  isConditional,
} from '../../policies/cache/conditional.ts';
import type { CacheEntry } from '../../policies/cache/entry.ts';
import type { CacheKeys } from '../../policies/cache/key.ts';
import type { Clock } from '../../shared/clock.ts';
import type { CacheStore } from '../../state/cache-contract.ts';
import { collect, StreamBody } from '../body.ts';
import type { Command } from '../command.ts';
import { type HeaderList, headerOf, type Reply } from '../reply.ts';
import { type Handler, whenAnswered } from '../stage.ts';
import { copyProgress } from './progress.ts';
import { landReply } from './shared-flight.ts';
import { conditionalReply, storedReply } from './stored-reply.ts';

/** A GET that goes to the upstream because of the cache, and what it may do to the store. */
export interface Errand {
  readonly command: Command;
  readonly key: string;
  /** The stored answer that will be confirmed or replaced. */
  readonly entry: CacheEntry | undefined;
  /** The client wants nothing to be kept. */
  readonly noStore: boolean;
}

/** An errand whose answer is there. */
interface Trip extends Errand {
  isKept: boolean;
}

/**
 * Calls the upstream for a cached route and keeps what may be kept. A stored answer with a validator is asked
 * about instead of fetched again (RFC 9111 §4.3); the client's own conditions stay here, so that a whole answer
 * comes, and are applied to it.
 */
export class CacheKeeper {
  /** What was made of a reply, so that those who share one call keep it once. */
  private readonly made = new WeakMap<Reply, CacheEntry>();

  constructor(
    private readonly rules: CacheRules,
    private readonly keys: CacheKeys,
    private readonly store: CacheStore,
    private readonly clock: Clock,
    private readonly next: Handler,
  ) {}

  run(errand: Errand): Reply | Promise<Reply> {
    const { command, entry } = errand;
    const question = entry && confirmingFields(entry.facts);
    if (question === undefined && !isConditional(command.incoming)) {
      return whenAnswered(this.next(command), (reply) => this.learn(errand, reply, false));
    }
    return this.ask(errand, question);
  }

  /** Calls with other conditions than the client's; what was found out on the way comes back to its command. */
  private async ask(errand: Errand, question: HeaderList | undefined): Promise<Reply> {
    const { command } = errand;
    const incoming = new Headers(command.incoming);
    incoming.delete('if-none-match');
    incoming.delete('if-modified-since');
    for (const [name, value] of question ?? []) incoming.set(name, value);
    const call = command.derive({ incoming });
    copyProgress(command, call);
    let reply: Reply;
    try {
      reply = await this.next(call);
    } finally {
      copyProgress(call, command);
    }
    return this.learn(errand, reply, question !== undefined);
  }

  /** Other nodes may wait for this reply: they are told once it is stored, or will not be. */
  private learn(errand: Errand, reply: Reply, asked: boolean): Reply | Promise<Reply> {
    const trip: Trip = { ...errand, isKept: false };
    const answer = this.absorb(trip, reply, asked);
    if (!(answer instanceof Promise)) {
      landReply(reply, trip.isKept);
      return answer;
    }
    return answer.finally(() => landReply(reply, trip.isKept));
  }

  private absorb(errand: Trip, reply: Reply, asked: boolean): Reply | Promise<Reply> {
    const { command, entry } = errand;
    // Below, a stale answer took the place of an error, or Comporta refused in an answer's form.
    if (command.cacheStatus?.startsWith('hit') === true || reply.origin === 'gateway') {
      return conditionalReply(command, reply);
    }
    if (asked) note(command, `; fwd-status=${reply.status}`);
    const made = this.made.get(reply);
    if (asked && entry !== undefined && reply.status === 304) {
      return made === undefined ? this.confirmed(errand, entry, reply) : this.give(command, made);
    }
    return made === undefined ? this.received(errand, reply) : conditionalReply(command, reply);
  }

  private confirmed(errand: Trip, entry: CacheEntry, reply: Reply): Reply | Promise<Reply> {
    const { command, key } = errand;
    if (!confirms(reply.headers, entry.facts)) {
      // It speaks of a version that is not stored: only a call without conditions brings that one.
      this.store.delete(key);
      return this.ask({ ...errand, entry: undefined }, undefined);
    }
    this.store.counters.revalidated++;
    const { status, body } = entry.answer;
    const headers = confirmedFields(entry.answer, reply.headers);
    const lifetime = this.lifetimeOf(errand, status, headers);
    if (lifetime === undefined) {
      this.store.delete(key);
      return conditionalReply(command, { ...entry.answer, headers });
    }
    const current = entryOf({ status, headers, body }, lifetime);
    this.made.set(reply, current);
    this.put(errand, current);
    const answer = this.give(command, current);
    const cookies = reply.headers.filter(([name]) => name.toLowerCase() === 'set-cookie');
    return cookies.length === 0 ? answer : { ...answer, headers: [...answer.headers, ...cookies] };
  }

  private received(errand: Trip, reply: Reply): Reply | Promise<Reply> {
    const { command, key, entry } = errand;
    const lifetime = this.lifetimeOf(errand, reply.status, reply.headers);
    if (lifetime === undefined) {
      if (entry !== undefined && outdates(reply.status)) this.store.delete(key);
      return conditionalReply(command, reply);
    }
    const { body } = reply;
    if (!(body instanceof StreamBody)) return this.keep(errand, reply, body, lifetime);
    const { maxEntryBytes } = this.store;
    if (Number(headerOf(reply.headers, 'content-length') ?? 0) > maxEntryBytes) {
      return this.tooLarge(errand, reply);
    }
    return collect(body, maxEntryBytes).then((whole) =>
      whole instanceof StreamBody
        ? this.tooLarge(errand, { ...reply, body: whole })
        : this.keep(errand, { ...reply, body: whole }, whole, lifetime),
    );
  }

  private keep(errand: Trip, reply: Reply, body: Uint8Array | undefined, lifetime: Lifetime): Reply {
    const entry = entryOf({ status: reply.status, headers: reply.headers, body }, lifetime);
    this.made.set(reply, entry);
    this.put(errand, entry);
    return conditionalReply(errand.command, reply);
  }

  private tooLarge({ command, key, entry }: Errand, reply: Reply): Reply {
    this.store.counters.tooLarge++;
    if (entry !== undefined) this.store.delete(key);
    return conditionalReply(command, reply);
  }

  private put(trip: Trip, current: CacheEntry): void {
    const { command, key, entry } = trip;
    trip.isKept = this.store.put(key, current, command.incoming, this.clock.now());
    if (trip.isKept) note(command, '; stored');
    else if (entry !== undefined) this.store.delete(key);
  }

  private give(command: Command, entry: CacheEntry): Reply {
    entry.tick(this.clock.now());
    return storedReply(command, entry);
  }

  private lifetimeOf(
    { command, noStore }: Errand,
    status: number,
    headers: HeaderList,
  ): Lifetime | undefined {
    const exchange = {
      partitioned: this.keys.isPartitioned(command),
      authorized: command.incoming.has('authorization'),
      noStore,
      status,
      headers,
    };
    return judge(exchange, this.rules, this.clock.now(), this.clock.wallNow());
  }
}

function note(command: Command, parameter: string): void {
  command.cacheStatus = (command.cacheStatus ?? '') + parameter;
}

/** Whether an answer that is not kept says that the stored one is no longer right; an error does not. */
function outdates(status: number): boolean {
  return (status >= 200 && status < 400 && status !== 304) || status === 404 || status === 410;
}
