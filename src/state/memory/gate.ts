import {
  Breaker,
  type BreakerPermit,
  type BreakerState,
  type Outcome,
} from '../../policies/breaker/breaker.ts';
import { LimitSet } from '../../policies/limiter/limit-set.ts';
import { createRanker, type QueuePolicy } from '../../policies/queue/rank.ts';
import { type Entry, RankedList } from '../../policies/queue/ranked-list.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import { GatewayError } from '../../shared/errors.ts';
import type {
  Estimate,
  Gate,
  GateEvent,
  GateRefusal,
  GateSettings,
  GateSnapshot,
  Grant,
  Line,
  Lines,
  Ticket,
  Urgency,
} from '../contracts.ts';
import { Waiter } from './waiter.ts';

export interface MemoryGateOptions {
  readonly clock: Clock;
  readonly settings: GateSettings;
  /** Ready connections, where the upstream is paced and needs them. */
  readonly lines?: Lines | undefined;
  readonly onEvent?: ((event: GateEvent) => void) | undefined;
}

type Ranker = ReturnType<typeof createRanker>;

/** A new call's service time is believed by this share: about the last twenty count. */
const SERVICE_TIME_SHARE = 0.05;

/**
 * The gate of one upstream, within this process. Everything happens in one thread, so each decision is atomic by
 * itself: `pump` is the only place where a waiting ticket is chosen, and it runs whenever something changed that
 * could let one go (arrival, write, end, cancel, pause, timer).
 */
export class MemoryGate implements Gate {
  private readonly clock: Clock;
  private readonly lines: Lines | undefined;
  private readonly onEvent: ((event: GateEvent) => void) | undefined;
  private settings: GateSettings;
  private readonly limits: LimitSet;
  private breaker: Breaker | undefined;
  private breakerKind: BreakerState['kind'] = 'closed';
  private ranker: Ranker;

  private readonly waiting = new RankedList<Waiter>();
  private readonly deadlines = new RankedList<Waiter>();
  private readonly waitersById = new Map<string, Waiter>();
  /** Ranks that tickets were first given under the present policy, for their retries. */
  private ranks = new WeakMap<Ticket, { readonly rank: number; readonly seq: number | undefined }>();

  private running = 0;
  private serviceMs: number | undefined;
  private paused: { readonly untilMs: number | undefined; readonly reason: string } | undefined;
  private wake: Timer | undefined;
  private wakeAtMs = Number.POSITIVE_INFINITY;
  private closed = false;
  private pumping = false;

  private granted = 0;
  private sentCount = 0;
  private cancelled = 0;
  private pauses = 0;
  private readonly refusals: Record<GateRefusal, number> = {
    queue_full: 0,
    deadline_unmeetable: 0,
    queue_timeout: 0,
    circuit_open: 0,
    upstream_paused: 0,
    state_unavailable: 0,
  };

  constructor(options: MemoryGateOptions) {
    this.clock = options.clock;
    this.lines = options.lines;
    this.onEvent = options.onEvent;
    this.settings = options.settings;
    this.limits = new LimitSet(options.settings.limits);
    this.breaker = options.settings.breaker && new Breaker(options.settings.breaker);
    this.ranker = rankerOf(options.settings);
    this.lines?.onReady(() => this.pump());
  }

  enter(ticket: Ticket, signal?: AbortSignal): Grant | Promise<Grant> {
    const now = this.clock.now();
    this.refuseAtTheDoor(now);
    if (this.waiting.size === 0) {
      const grant = this.tryGrant(ticket, now, now);
      if (grant !== undefined) return grant;
    }
    if (signal?.aborted) throw signal.reason;
    const ranked = this.rankOf(ticket);
    const position = this.waiting.position(ranked.rank, ranked.seq);
    const waitMs = this.waitBehind(position, ticket.cost, now);
    if (this.waiting.size >= this.settings.queue.maxSize) {
      throw this.refusal('queue_full', `All ${this.settings.queue.maxSize} places are taken.`, waitMs);
    }
    if (waitMs !== undefined && now + waitMs > ticket.deadlineMs) {
      throw this.paused !== undefined && (this.paused.untilMs ?? 0) > ticket.deadlineMs
        ? this.refusal('upstream_paused', `The upstream is paused: ${this.paused.reason}.`, waitMs)
        : this.refusal('deadline_unmeetable', `The wait would be about ${Math.ceil(waitMs)} ms.`, waitMs);
    }
    return new Promise<Grant>((resolve, reject) => {
      const waiter = new Waiter(ticket, now, resolve, reject, signal, (gone) => this.cancel(gone));
      this.waitersById.set(ticket.id, waiter);
      this.enqueue(waiter, ranked.rank, ranked.seq);
      waiter.deadlineEntry = this.deadlines.insert(waiter, ticket.deadlineMs);
      this.pump();
    });
  }

  estimate(urgency: Urgency, client: string): Estimate {
    const now = this.clock.now();
    const rank = this.ranker.peek({ urgency, client, arrivedAtMs: now, cost: 1 });
    const position = this.waiting.position(rank);
    const breaker = this.breaker?.admits(now);
    const openMs = breaker?.ok === false ? breaker.retryAtMs - now : 0;
    const waitMs = this.waitBehind(position, 1, now);
    return { position, waitMs: waitMs === undefined ? undefined : Math.max(waitMs, openMs) };
  }

  pause(untilMs: number | undefined, reason: string): void {
    const current = this.paused;
    if (
      current !== undefined &&
      (current.untilMs === undefined || (untilMs ?? Infinity) <= current.untilMs)
    ) {
      return;
    }
    this.paused = { untilMs, reason };
    this.pauses++;
    this.onEvent?.({ kind: 'paused', untilMs, reason });
    this.pump();
  }

  resume(): void {
    if (this.paused === undefined) return;
    this.paused = undefined;
    this.onEvent?.({ kind: 'resumed' });
    this.pump();
  }

  configure(settings: GateSettings): void {
    const now = this.clock.now();
    const policyChanged = this.settings.queue !== settings.queue;
    this.settings = settings;
    this.limits.configure(settings.limits, now);
    if (settings.breaker === undefined) this.breaker = undefined;
    else if (this.breaker === undefined) this.breaker = new Breaker(settings.breaker);
    else this.breaker.configure(settings.breaker, now);
    if (policyChanged) this.rankAnew();
    this.noteBreaker(now);
    this.pump();
  }

  force(state: 'open' | 'closed' | 'reset', forMs = Number.POSITIVE_INFINITY): void {
    const now = this.clock.now();
    this.breaker?.force(state, now, forMs);
    this.noteBreaker(now);
    this.pump();
  }

  promote(ticketId: string, urgency: Urgency): boolean {
    const waiter = this.waitersById.get(ticketId);
    if (waiter === undefined) return false;
    const { ticket } = waiter;
    this.waiting.remove(waiter.entry!);
    const rank = this.ranker.rank({ ...ticket, urgency });
    this.enqueue(waiter, rank, undefined);
    this.pump();
    return true;
  }

  remove(ticketId: string): boolean {
    const waiter = this.waitersById.get(ticketId);
    if (waiter === undefined) return false;
    this.leave(waiter);
    waiter.reject(
      this.refusal('upstream_paused', 'An operator removed the request from the queue.', undefined),
    );
    this.pump();
    return true;
  }

  snapshot(): GateSnapshot {
    const now = this.clock.now();
    let oldestMs = now;
    for (const waiter of this.waiting.values()) oldestMs = Math.min(oldestMs, waiter.ticket.arrivedAtMs);
    const pausedUntil = this.pausedUntil(now);
    return {
      waiting: this.waiting.size,
      running: this.running,
      oldestWaitMs: now - oldestMs,
      policy: this.settings.queue.policy,
      breaker: this.breaker?.state(now),
      pause: pausedUntil === undefined ? undefined : this.paused,
      nextSlotAtMs: Math.max(this.limits.slotAt(now, 0, 1), pausedUntil ?? 0),
      counters: {
        granted: this.granted,
        sent: this.sentCount,
        cancelled: this.cancelled,
        refused: { ...this.refusals },
        pauses: this.pauses,
        breakerOpened: this.breaker?.opened ?? 0,
      },
    };
  }

  close(): void {
    this.closed = true;
    this.wake?.cancel();
    for (const waiter of this.waiting.clear()) {
      this.forget(waiter);
      waiter.reject(new GatewayError('draining', { detail: 'The gateway is shutting down.' }));
    }
    this.deadlines.clear();
  }

  /** Chooses and grants as long as something may go; then sets the timer for when that could change. */
  private pump(): void {
    if (this.pumping || this.closed) return;
    this.pumping = true;
    try {
      const now = this.clock.now();
      this.expire(now);
      let wakeAtMs = Number.POSITIVE_INFINITY;
      for (;;) {
        const best = this.waiting.first()?.value;
        if (best === undefined) break;
        const breaker = this.breaker?.admits(now);
        if (breaker?.ok === false) {
          this.noteBreaker(now);
          this.refuseAllWaiting(breaker.retryAtMs - now);
          break;
        }
        const grant = this.tryGrant(best.ticket, now, best.enteredAtMs);
        if (grant === undefined) {
          wakeAtMs = this.nextChance(best.ticket.cost, now);
          break;
        }
        this.leave(best);
        best.resolve(grant);
      }
      this.arm(Math.min(wakeAtMs, this.deadlines.first()?.rank ?? Number.POSITIVE_INFINITY));
    } finally {
      this.pumping = false;
    }
  }

  /** A grant, if pause, concurrency, limits, connections and breaker all allow one now. */
  private tryGrant(ticket: Ticket, now: number, enteredAtMs: number): Grant | undefined {
    if (this.pausedUntil(now) !== undefined) return undefined;
    if (this.running >= (this.settings.concurrency ?? Number.POSITIVE_INFINITY)) return undefined;
    if (this.limits.readyAt(now, ticket.cost) > now) return undefined;
    const entry = this.breaker?.tryEnter(now);
    this.noteBreaker(now);
    if (entry !== undefined && entry.kind !== 'go') return undefined;
    const line = this.lines?.take();
    if (this.lines !== undefined && line === undefined) {
      if (entry !== undefined) this.breaker?.end(entry.permit, 'ignore', now);
      return undefined;
    }
    this.limits.acquire(now, ticket.cost);
    if (this.settings.limits.length > 0) this.ranker.served(this.rankOf(ticket).rank);
    this.running++;
    this.granted++;
    return new MemoryGrant(this, ticket, now - enteredAtMs, now, line, entry?.permit);
  }

  /** When to look again after a refused `tryGrant`; also has connections made ready for that moment. */
  private nextChance(cost: number, now: number): number {
    const pausedUntil = this.pausedUntil(now);
    if (pausedUntil !== undefined && pausedUntil > now) return pausedUntil;
    const readyAtMs = this.limits.readyAt(now, cost);
    const lines = this.lines;
    if (lines !== undefined) {
      // Between two slots the next connection is opened just in time, never later than its slot.
      const leadMs = lines.leadMs * 1.25 + 5;
      const soon = this.limits.burstWithin(now, leadMs);
      const places = (this.settings.concurrency ?? Number.POSITIVE_INFINITY) - this.running;
      lines.expect(Math.max(1, Math.min(this.waiting.size, soon, places)));
      if (readyAtMs - leadMs > now && Number.isFinite(readyAtMs)) return readyAtMs - leadMs;
    }
    if (readyAtMs > now) return readyAtMs;
    const entry = this.breaker?.tryEnter(now);
    if (entry?.kind === 'go') this.breaker?.end(entry.permit, 'ignore', now);
    return entry?.kind === 'wait' ? entry.untilMs : Number.POSITIVE_INFINITY;
  }

  private arm(atMs: number): void {
    if (atMs === this.wakeAtMs && this.wake !== undefined) return;
    this.wake?.cancel();
    this.wake = undefined;
    this.wakeAtMs = atMs;
    if (!Number.isFinite(atMs)) return;
    this.wake = this.clock.after(Math.max(0, atMs - this.clock.now()), () => {
      this.wake = undefined;
      this.pump();
    });
  }

  private refuseAtTheDoor(now: number): void {
    if (this.closed) throw new GatewayError('draining', { detail: 'The gateway is shutting down.' });
    const breaker = this.breaker?.admits(now);
    if (breaker?.ok === false) {
      this.noteBreaker(now);
      throw this.circuitOpen(breaker.retryAtMs - now);
    }
    if (this.paused !== undefined && this.paused.untilMs === undefined) {
      throw this.refusal('upstream_paused', `The upstream is paused: ${this.paused.reason}.`, undefined);
    }
  }

  private circuitOpen(retryAfterMs: number): GatewayError {
    this.refusals.circuit_open++;
    return new GatewayError('circuit_open', {
      detail: 'The upstream failed too often of late; calls are refused until it is tried again.',
      retryAfterMs: Math.max(0, retryAfterMs),
    });
  }

  private refuseAllWaiting(retryAfterMs: number): void {
    for (const waiter of this.waiting.clear()) {
      this.forget(waiter);
      waiter.reject(this.circuitOpen(retryAfterMs));
    }
  }

  private refusal(code: GateRefusal, detail: string, waitMs: number | undefined): GatewayError {
    this.refusals[code]++;
    return new GatewayError(code, { detail, retryAfterMs: waitMs ?? 1_000, estimatedWaitMs: waitMs });
  }

  /** Refuses those whose deadline has come. */
  private expire(now: number): void {
    for (;;) {
      const next = this.deadlines.first();
      if (next === undefined || next.rank > now) return;
      const waiter = next.value;
      this.leave(waiter);
      const waitMs = this.estimate(waiter.ticket.urgency, waiter.ticket.client).waitMs;
      waiter.reject(this.refusal('queue_timeout', 'The request waited to its deadline.', waitMs));
    }
  }

  /** How long the ticket behind `position` others would wait, as things stand; undefined when nobody can know. */
  private waitBehind(position: number, cost: number, now: number): number | undefined {
    const pausedUntil = this.pausedUntil(now);
    if (pausedUntil === Number.POSITIVE_INFINITY) return undefined;
    const fromMs = Math.max(now, pausedUntil ?? now);
    const slotMs = this.limits.slotAt(fromMs, position, cost) - now;
    const { concurrency } = this.settings;
    if (concurrency === undefined) return slotMs;
    // The queue moves up one place whenever a running call ends.
    const ends = Math.max(0, position + this.running - concurrency + 1);
    return Math.max(slotMs, (ends * (this.serviceMs ?? 0)) / concurrency);
  }

  /** When the pause ends (Infinity: not by itself); undefined when there is none. */
  private pausedUntil(now: number): number | undefined {
    if (this.paused === undefined) return undefined;
    const untilMs = this.paused.untilMs ?? Number.POSITIVE_INFINITY;
    if (untilMs > now) return untilMs;
    this.paused = undefined;
    this.onEvent?.({ kind: 'resumed' });
    return undefined;
  }

  private rankOf(ticket: Ticket): { readonly rank: number; readonly seq: number | undefined } {
    const known = this.ranks.get(ticket);
    if (known !== undefined) return known;
    const ranked = { rank: this.ranker.rank(ticket), seq: undefined };
    this.ranks.set(ticket, ranked);
    return ranked;
  }

  private enqueue(waiter: Waiter, rank: number, seq: number | undefined): void {
    const entry: Entry<Waiter> = this.waiting.insert(waiter, rank, seq);
    waiter.entry = entry;
    this.ranks.set(waiter.ticket, { rank, seq: entry.seq });
  }

  private rankAnew(): void {
    const waiters = this.waiting.clear().sort((a, b) => a.ticket.arrivedAtMs - b.ticket.arrivedAtMs);
    this.ranker = rankerOf(this.settings);
    this.ranks = new WeakMap();
    for (const waiter of waiters) this.enqueue(waiter, this.ranker.rank(waiter.ticket), undefined);
  }

  private cancel(waiter: Waiter): void {
    this.leave(waiter);
    this.cancelled++;
    this.pump();
  }

  private leave(waiter: Waiter): void {
    if (waiter.entry !== undefined) this.waiting.remove(waiter.entry);
    this.forget(waiter);
  }

  private forget(waiter: Waiter): void {
    if (waiter.deadlineEntry !== undefined) this.deadlines.remove(waiter.deadlineEntry);
    this.waitersById.delete(waiter.ticket.id);
    waiter.detach();
  }

  private noteBreaker(now: number): void {
    if (this.breaker === undefined) return;
    const state = this.breaker.state(now);
    if (state.kind === this.breakerKind) return;
    const from = this.breakerKind;
    this.breakerKind = state.kind;
    this.onEvent?.({ kind: 'breaker', from, to: state });
  }

  /** For MemoryGrant: the request is on the wire. */
  noteSent(cost: number): void {
    this.limits.sent(this.clock.now(), cost);
    this.sentCount++;
    if (this.waiting.size > 0) this.pump();
  }

  /** For MemoryGrant: the slot was not used. */
  noteGivenBack(cost: number): void {
    this.limits.giveBack(cost);
  }

  /** For MemoryGrant: the call is over. */
  noteEnd(permit: BreakerPermit | undefined, outcome: Outcome, grantedAtMs: number): void {
    const now = this.clock.now();
    this.running--;
    if (permit !== undefined) this.breaker?.end(permit, outcome, now);
    this.noteBreaker(now);
    if (this.settings.concurrency !== undefined) {
      const tookMs = now - grantedAtMs;
      this.serviceMs =
        this.serviceMs === undefined
          ? tookMs
          : this.serviceMs + SERVICE_TIME_SHARE * (tookMs - this.serviceMs);
    }
    if (this.waiting.size > 0) this.pump();
  }
}

function rankerOf(settings: GateSettings): Ranker {
  const policy: QueuePolicy = settings.queue.policy;
  return createRanker(policy, settings.queue);
}

class MemoryGrant implements Grant {
  readonly ticketId: string;
  readonly waitedMs: number;
  readonly line: Line | undefined;
  private stage: 'granted' | 'sent' | 'ended' = 'granted';

  constructor(
    private readonly gate: MemoryGate,
    private readonly ticket: Ticket,
    waitedMs: number,
    private readonly grantedAtMs: number,
    line: Line | undefined,
    private readonly permit: BreakerPermit | undefined,
  ) {
    this.ticketId = ticket.id;
    this.waitedMs = waitedMs;
    this.line = line;
  }

  sent(): void {
    if (this.stage !== 'granted') return;
    this.stage = 'sent';
    this.gate.noteSent(this.ticket.cost);
  }

  end(outcome: Outcome): void {
    if (this.stage === 'ended') return;
    this.sent();
    this.stage = 'ended';
    this.gate.noteEnd(this.permit, outcome, this.grantedAtMs);
  }

  giveBack(): void {
    if (this.stage !== 'granted') return;
    this.stage = 'ended';
    this.gate.noteGivenBack(this.ticket.cost);
    this.line?.release();
    this.gate.noteEnd(this.permit, 'ignore', this.grantedAtMs);
  }
}
