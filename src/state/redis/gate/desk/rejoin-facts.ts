import type { LocalQueue } from './local-queue.ts';
import type { LocalTicket } from './local-ticket.ts';
import type { OwnSend } from './own-sends.ts';
import type { RedisGrant } from './redis-grant.ts';
import { ticketFacts } from './ticket-facts.ts';

export interface KnownHere {
  readonly queue: LocalQueue;
  /** Tickets that had a place. */
  readonly waiting: readonly LocalTicket[];
  /** Tickets whose place is not known yet. */
  readonly entering: Iterable<LocalTicket>;
  /** Uids of tickets with whose grants nothing was written. */
  readonly unused: readonly string[];
  readonly grants: Iterable<RedisGrant>;
  readonly sends: readonly OwnSend[];
  /** Other nodes, as last heard. */
  readonly known: readonly string[];
  /** Whether other requests are under way, whose answers may hold grants. */
  readonly busy: boolean;
}

/** What a node has to say to a gate that does not know it: in ages, because clocks differ. */
export function rejoinFacts(
  { queue, waiting, entering, unused, grants, sends, known, busy }: KnownHere,
  nowMs: number,
): object {
  return {
    known,
    busy,
    sends: sends.map(({ id, cost, atMs }) => ({ id, cost, age: nowMs - atMs })),
    grants: Array.from(grants, (grant) => ({
      id: grant.uid,
      cost: grant.ticket.cost,
      age: nowMs - grant.claimedAtMs,
      sent: grant.stage !== 'granted',
      begun: grant.hasBegun || undefined,
      left: Math.max(0, grant.staleAtMs - nowMs),
    })),
    tickets: waiting.map((one) => ticketFacts(one, queue.standingOf(one.ticket), nowMs)),
    entering: Array.from(entering, ({ uid }) => uid),
    unused,
  };
}
