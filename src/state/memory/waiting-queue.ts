import { createRanker, type Ranker, type RankInput } from '../../policies/queue/rank.ts';
import { RankedList } from '../../policies/queue/ranked-list.ts';
import type { GateSettings, Ticket, Urgency } from '../contracts.ts';
import type { Waiter } from './waiter.ts';

/** RFC 9218: 0 to 7. */
const URGENCIES = 8;

type QueueSettings = GateSettings['queue'];

/** Where a ticket stands, from its first arrival to its last attempt. */
interface Standing {
  /** The ticket's, until an operator promotes it. */
  urgency: Urgency;
  /** Order of first arrival, which breaks ties. */
  readonly seq: number;
  rank: number;
  /** The ranker that gave the rank: another one's says nothing. */
  ranker: Ranker;
  /** Granted at least once: what `fair` charged its client for it was used. */
  served: boolean;
}

/**
 * Who waits at a gate, by rank and by deadline. A ticket keeps its standing for its retries. Adding, removing and
 * finding the best are O(log n); to find a ticket by its id, which only operators do, all are looked at: ids come
 * from clients and need not be unique.
 */
export class WaitingQueue {
  private readonly byRank = new RankedList<Waiter>();
  private readonly byDeadline = new RankedList<Waiter>();
  /** In the order in which they came to wait. */
  private readonly present = new Set<Waiter>();
  private readonly standings = new WeakMap<Ticket, Standing>();
  /** How many of those present have each urgency. */
  private readonly lanes = new Uint32Array(URGENCIES);
  private ranker: Ranker;
  private arrivals = 0;

  /** Throws RangeError on an `agingMs` below 0 or a weight that is not positive. */
  constructor(private settings: QueueSettings) {
    this.ranker = createRanker(settings.policy, settings);
  }

  get size(): number {
    return this.byRank.size;
  }

  get maxSize(): number {
    return this.settings.maxSize;
  }

  /** How many wait, by urgency: index 0 is the most urgent. Kept, not counted. */
  get sizeByUrgency(): number[] {
    return [...this.lanes];
  }

  /** The one that goes next. */
  get best(): Waiter | undefined {
    return this.byRank.first()?.value;
  }

  /** The first deadline; Infinity when nobody waits. */
  get nextDeadlineMs(): number {
    return this.byDeadline.first()?.rank ?? Number.POSITIVE_INFINITY;
  }

  /** When the one that has waited longest came to the gate; undefined when nobody waits. */
  get oldestEnteredAtMs(): number | undefined {
    for (const waiter of this.present) return waiter.enteredAtMs;
    return undefined;
  }

  /** How many would go before this ticket; remembers nothing. */
  positionOf(ticket: Ticket): number {
    const standing = this.standings.get(ticket);
    if (standing === undefined) return this.byRank.position(this.ranker.peek(ticket));
    return this.byRank.position(this.currentRank(standing, ticket), standing.seq);
  }

  /** How many go before one that waits. */
  positionIn({ entry }: Waiter): number {
    return entry === undefined ? 0 : this.byRank.position(entry.rank, entry.seq);
  }

  /** At most `count` of those who wait, best first, after the first `from`. */
  page(from: number, count: number): Waiter[] {
    return this.byRank.slice(from, count).map(({ value }) => value);
  }

  /** Everybody who waits, best first. The queue must not change meanwhile. */
  all(): Iterable<Waiter> {
    return this.byRank.values();
  }

  /** What it is ranked by: its own, until an operator promotes it. */
  urgencyOf(ticket: Ticket): Urgency {
    return this.standings.get(ticket)?.urgency ?? ticket.urgency;
  }

  /** How many would go before a call that is no ticket yet. */
  positionOfNew(input: RankInput): number {
    return this.byRank.position(this.ranker.peek(input));
  }

  add(waiter: Waiter): void {
    const standing = this.standingOf(waiter.ticket);
    waiter.entry = this.byRank.insert(waiter, standing.rank, standing.seq);
    waiter.deadlineEntry = this.byDeadline.insert(waiter, waiter.ticket.deadlineMs);
    this.present.add(waiter);
    this.lanes[standing.urgency]!++;
  }

  /** The ticket goes now, whether it waited or not. */
  served(ticket: Ticket): void {
    const standing = this.standingOf(ticket);
    standing.served = true;
    this.ranker.served(standing.rank);
  }

  /** Takes a waiter out; one that was not served gives back what was charged for it. */
  leave(waiter: Waiter): void {
    if (!this.present.delete(waiter)) return;
    if (waiter.entry !== undefined) this.byRank.remove(waiter.entry);
    if (waiter.deadlineEntry !== undefined) this.byDeadline.remove(waiter.deadlineEntry);
    this.forget(waiter);
  }

  /** Takes everybody out, best first. */
  clear(): Waiter[] {
    const waiters = this.byRank.clear();
    this.byDeadline.clear();
    this.present.clear();
    for (const waiter of waiters) this.forget(waiter);
    return waiters;
  }

  /** Takes the next one out whose deadline is before `nowMs`, or has just come. */
  takeExpired(nowMs: number, also: 'just come' | undefined): Waiter | undefined {
    const first = this.byDeadline.first();
    if (first === undefined || first.rank > nowMs) return undefined;
    if (first.rank === nowMs && also === undefined) return undefined;
    this.leave(first.value);
    return first.value;
  }

  /** O(n). */
  find(ticketId: string): Waiter | undefined {
    for (const waiter of this.present) if (waiter.ticket.id === ticketId) return waiter;
    return undefined;
  }

  /** Ranks a waiter by another urgency, from now on and for its retries too. */
  promote(waiter: Waiter, urgency: Urgency): void {
    const standing = this.standingOf(waiter.ticket);
    if (waiter.entry !== undefined) this.byRank.remove(waiter.entry);
    this.refund(standing, waiter.ticket);
    this.lanes[standing.urgency]!--;
    this.lanes[urgency]!++;
    standing.urgency = urgency;
    standing.rank = this.ranker.rank(inputOf(waiter.ticket, urgency));
    waiter.entry = this.byRank.insert(waiter, standing.rank, standing.seq);
  }

  /** New settings; where they change ranks, everybody is ranked anew in order of arrival. Throws as the constructor. */
  configure(settings: QueueSettings): void {
    const old = this.settings;
    const same =
      old.policy === settings.policy &&
      old.agingMs === settings.agingMs &&
      sameWeights(old.weights, settings.weights);
    const ranker = same ? this.ranker : createRanker(settings.policy, settings);
    this.settings = settings;
    if (same) return;
    this.ranker = ranker;
    const seqOf = (waiter: Waiter): number => this.standings.get(waiter.ticket)?.seq ?? 0;
    const waiters = this.byRank
      .clear()
      .sort((a, b) => a.ticket.arrivedAtMs - b.ticket.arrivedAtMs || seqOf(a) - seqOf(b));
    for (const waiter of waiters) {
      const standing = this.standingOf(waiter.ticket);
      waiter.entry = this.byRank.insert(waiter, standing.rank, standing.seq);
    }
  }

  private standingOf(ticket: Ticket): Standing {
    let standing = this.standings.get(ticket);
    if (standing === undefined) {
      const rank = this.ranker.rank(ticket);
      standing = { urgency: ticket.urgency, seq: this.arrivals++, rank, ranker: this.ranker, served: false };
      this.standings.set(ticket, standing);
    } else if (standing.ranker !== this.ranker) {
      standing.rank = this.ranker.rank(inputOf(ticket, standing.urgency));
      standing.ranker = this.ranker;
      standing.served = false;
    }
    return standing;
  }

  private currentRank(standing: Standing, ticket: Ticket): number {
    return standing.ranker === this.ranker
      ? standing.rank
      : this.ranker.peek(inputOf(ticket, standing.urgency));
  }

  private forget(waiter: Waiter): void {
    waiter.entry = undefined;
    waiter.deadlineEntry = undefined;
    waiter.detach();
    const standing = this.standings.get(waiter.ticket);
    this.lanes[standing?.urgency ?? waiter.ticket.urgency]!--;
    if (standing === undefined || standing.served) return;
    this.refund(standing, waiter.ticket);
    this.standings.delete(waiter.ticket);
  }

  private refund(standing: Standing, ticket: Ticket): void {
    if (!standing.served && standing.ranker === this.ranker) this.ranker.cancelled(ticket);
  }
}

function inputOf({ client, arrivedAtMs, cost }: Ticket, urgency: Urgency): RankInput {
  return { client, urgency, arrivedAtMs, cost };
}

function sameWeights(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
