import type { LocalTicket, Standing } from './local-ticket.ts';

/** JSON has no infinity. */
const FAR_MS = 1e12;

/** A ticket as the scripts take it. */
export function ticketFacts(
  { ticket, uid, enteredAtMs, placed }: LocalTicket,
  standing: Standing | undefined,
  nowMs: number,
): object {
  return {
    uid,
    id: ticket.id,
    c: ticket.client,
    u: standing?.urgency ?? ticket.urgency,
    age: nowMs - ticket.arrivedAtMs,
    waited: nowMs - enteredAtMs,
    // It has no place and knows it: that nobody finds it there does not mean that somebody took it out.
    out: placed ? undefined : true,
    cost: ticket.cost,
    left: Math.min(FAR_MS, ticket.deadlineMs - nowMs),
    ...(standing && {
      seq: standing.seq,
      rank: standing.rank,
      rr: standing.rr,
      arr: standing.arr,
      sv: standing.served,
    }),
  };
}
