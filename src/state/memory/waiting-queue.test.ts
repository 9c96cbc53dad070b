import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Ticket, Urgency } from '../contracts.ts';
import { Waiter } from './waiter.ts';
import { WaitingQueue } from './waiting-queue.ts';

const SETTINGS = { policy: 'priority', agingMs: 1_000, maxSize: 1_000, weights: {} } as const;

const urgencyArb = fc.integer({ min: 0, max: 7 }).map((level) => level as Urgency);

function ticketOf(id: string, urgency: Urgency, nowMs: number): Ticket {
  return { id, client: `c${nowMs % 3}`, urgency, arrivedAtMs: nowMs, deadlineMs: nowMs + 20, cost: 1 };
}

function waiterOf(ticket: Ticket): Waiter {
  const ignore = (): void => {};
  return new Waiter(ticket, ticket.arrivedAtMs, ignore, ignore, undefined, ignore);
}

type Op =
  | { readonly kind: 'add'; readonly urgency: Urgency }
  | { readonly kind: 'promote'; readonly which: number; readonly urgency: Urgency }
  | { readonly kind: 'leave' | 'serve' | 'retry'; readonly which: number }
  | { readonly kind: 'expire' | 'clear' }
  | { readonly kind: 'configure'; readonly policy: 'fifo' | 'priority' | 'fair' };

const which = fc.nat(50);
const opArb: fc.Arbitrary<Op> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('add' as const), urgency: urgencyArb }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('promote' as const), which, urgency: urgencyArb }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('leave', 'serve', 'retry'), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('expire' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('configure' as const),
      policy: fc.constantFrom('fifo', 'priority', 'fair'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
);

/** Plays operations as a gate would, and keeps its own list of who waits, and with which urgency. */
class Crowd {
  readonly queue = new WaitingQueue(SETTINGS);
  readonly present = new Set<Waiter>();
  /** Of tickets: a promoted one keeps it for its retries. */
  readonly urgencies = new Map<Ticket, Urgency>();
  private readonly served: Ticket[] = [];
  private nowMs = 0;

  run(op: Op): void {
    this.nowMs++;
    switch (op.kind) {
      case 'add':
        this.add(ticketOf(`t${this.nowMs}`, op.urgency, this.nowMs));
        return;
      case 'retry': {
        const ticket = this.served.splice(op.which % Math.max(1, this.served.length), 1)[0];
        if (ticket !== undefined) this.add(ticket);
        return;
      }
      case 'promote': {
        const waiter = this.pick(op.which);
        if (waiter === undefined) return;
        this.queue.promote(waiter, op.urgency);
        this.urgencies.set(waiter.ticket, op.urgency);
        return;
      }
      case 'leave':
      case 'serve': {
        const waiter = this.pick(op.which);
        if (waiter === undefined) return;
        if (op.kind === 'serve') {
          this.queue.served(waiter.ticket);
          this.served.push(waiter.ticket);
        }
        this.queue.leave(waiter);
        // A caller that aborts after its answer leaves again.
        this.queue.leave(waiter);
        this.present.delete(waiter);
        return;
      }
      case 'expire': {
        const expired = this.queue.takeExpired(this.nowMs, 'just come');
        if (expired !== undefined) this.present.delete(expired);
        return;
      }
      case 'configure':
        this.queue.configure({ ...SETTINGS, policy: op.policy });
        return;
      case 'clear':
        expect(new Set(this.queue.clear())).toEqual(new Set(this.present));
        this.present.clear();
    }
  }

  private add(ticket: Ticket): void {
    const waiter = waiterOf(ticket);
    this.present.add(waiter);
    this.queue.add(waiter);
  }

  private pick(index: number): Waiter | undefined {
    return [...this.present][index % Math.max(1, this.present.size)];
  }
}

describe('WaitingQueue', () => {
  test('how many wait by urgency is kept right, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(opArb, { size: 'max', maxLength: 120 }), (ops) => {
        const crowd = new Crowd();
        for (const op of ops) {
          crowd.run(op);
          const counted = Array(8).fill(0);
          for (const waiter of crowd.present) {
            const urgency = crowd.urgencies.get(waiter.ticket) ?? waiter.ticket.urgency;
            expect(crowd.queue.urgencyOf(waiter.ticket)).toBe(urgency);
            counted[urgency]++;
          }
          expect(crowd.queue.sizeByUrgency).toEqual(counted);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('the place of one that waits is its place in the list, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(opArb, { size: 'max', maxLength: 120 }), (ops) => {
        const crowd = new Crowd();
        for (const op of ops) crowd.run(op);
        const listed = crowd.queue.page(0, 1_000);
        expect([...crowd.queue.all()]).toEqual(listed);
        expect(listed.map((waiter) => crowd.queue.positionIn(waiter))).toEqual([...listed.keys()]);
      }),
      { numRuns: 200 },
    );
  });
});
