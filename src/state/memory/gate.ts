import type { Outcome, Outlook } from '../../policies/breaker/breaker.ts';
import { checkBreakerSettings } from '../../policies/breaker/settings.ts';
import { LimitSet } from '../../policies/limiter/limit-set.ts';
import type { Clock } from '../../shared/clock.ts';
import type { GatewayError } from '../../shared/errors.ts';
import type {
  ClearedQueue,
  Estimate,
  Gate,
  GateEvent,
  GateSettings,
  GateSnapshot,
  Grant,
  Lines,
  Ticket,
  Urgency,
  WaitingTicket,
} from '../contracts.ts';
import { Admission } from './admission.ts';
import { Alarm } from './alarm.ts';
import { GateBreaker } from './gate-breaker.ts';
import { GateCounts } from './gate-counts.ts';
import { type GrantKeeper, MemoryGrant } from './grant.ts';
import { LinePlan } from './line-plan.ts';
import { Pause } from './pause.ts';
import { QueueView } from './queue-view.ts';
import { draining, Refusals } from './refusals.ts';
import type { SendJournal } from './send-journal.ts';
import { type WaitBehind, WaitEstimate } from './wait-estimate.ts';
import { Waiter } from './waiter.ts';
import { WaitingQueue } from './waiting-queue.ts';

export interface MemoryGateOptions {
  readonly clock: Clock;
  readonly settings: GateSettings;
  /** Ready connections, where the upstream is paced and needs them. */
  readonly lines?: Lines | undefined;
  /** What the process before this one sent, and where this one writes down what it sends. */
  readonly journal?: SendJournal | undefined;
  readonly onEvent?: ((event: GateEvent) => void) | undefined;
}

const NEVER = Number.POSITIVE_INFINITY;

/**
 * The gate of one upstream, within this process. Everything happens in one thread, so each decision is atomic by
 * itself: `pump` is the only place where a waiting ticket is chosen, and it runs whenever something changed that
 * could let one go (arrival, write, end, cancel, pause, connection, timer).
 */
export class MemoryGate implements Gate, GrantKeeper {
  private readonly clock: Clock;
  private readonly lines: LinePlan | undefined;
  private inForce: GateSettings;
  private readonly limits: LimitSet;
  private readonly queue: WaitingQueue;
  private readonly view: QueueView;
  private readonly admission: Admission;
  private readonly pauses: Pause;
  private readonly refusals = new Refusals();
  private readonly waits: WaitEstimate;
  private readonly breaker: GateBreaker;
  private readonly journal: SendJournal | undefined;

  private readonly alarm: Alarm;
  private running = 0;
  private closed = false;
  private pumping = false;
  private pumpAgain = false;
  private readonly counts = new GateCounts();

  /** Throws RangeError naming the bad setting. */
  constructor({ clock, settings, lines, journal, onEvent = () => {} }: MemoryGateOptions) {
    this.clock = clock;
    this.alarm = new Alarm(clock, () => this.pump());
    this.inForce = settings;
    this.limits = new LimitSet(settings.limits);
    this.journal = journal;
    for (const { atMs, cost } of journal?.past() ?? []) this.limits.remember(atMs, cost);
    this.waits = new WaitEstimate(this.limits);
    this.queue = new WaitingQueue(settings.queue);
    this.view = new QueueView(this.queue, this.waitBehind);
    this.pauses = new Pause(onEvent);
    this.breaker = new GateBreaker(settings.breaker, onEvent);
    const { queue, limits, pauses, breaker, refusals, waitBehind, awaitingLines } = this;
    const parts = { queue, limits, pauses, breaker, refusals, waitBehind, awaitingLines };
    this.admission = new Admission(parts);
    this.lines = lines && new LinePlan(lines, this.limits);
    lines?.onChange(() => this.pump());
  }

  enter(ticket: Ticket, signal?: AbortSignal): Grant | Promise<Grant> {
    if (signal?.aborted) throw signal.reason;
    if (!Number.isSafeInteger(ticket.cost) || ticket.cost < 1) {
      throw new RangeError(`cost must be a whole number from 1, not ${ticket.cost}`);
    }
    const now = this.clock.now();
    this.counts.noteEntered(now);
    if (this.closed) throw draining();
    this.admission.atTheDoor(ticket, now);
    if (this.queue.size === 0) {
      const grant = this.tryGrant(ticket, now, now);
      if (grant !== undefined) return grant;
    }
    this.admission.inVain(ticket, now);
    return new Promise<Grant>((resolve, reject) => {
      const waiter = new Waiter(ticket, now, resolve, reject, signal, this.cancel);
      this.queue.add(waiter);
      // Anybody else waits for what those before already wait for.
      const isNews = this.queue.best === waiter || ticket.deadlineMs < this.alarm.atMs;
      if (isNews || this.lines?.mayWantMore(this.queue.size)) this.pump();
    });
  }

  estimate(urgency: Urgency, client: string): Estimate {
    const now = this.clock.now();
    const position = this.queue.positionOfNew({ urgency, client, arrivedAtMs: now, cost: 1 });
    return { position, waitMs: this.waitBehind(position, 1, now) };
  }

  pause(untilMs: number | undefined, reason: string): void {
    if (this.pauses.begin(untilMs, reason, this.clock.now())) this.pump();
  }

  resume(): void {
    if (this.pauses.end()) this.pump();
  }

  /** Puts a pause in place of the one that holds, which may end later: nobody is let go in between. */
  protected replacePause(untilMs: number | undefined, reason: string): void {
    this.pauses.replace(untilMs, reason, this.clock.now());
    this.pump();
  }

  /** Throws RangeError naming the bad setting, and then changes nothing. */
  configure(settings: GateSettings): void {
    const now = this.clock.now();
    if (settings.breaker !== undefined) checkBreakerSettings(settings.breaker);
    // Throws on its own; a throw of the queue after it must find the limits as they were.
    this.limits.configure(settings.limits, now);
    try {
      this.queue.configure(settings.queue);
    } catch (error) {
      this.limits.configure(this.inForce.limits, now);
      throw error;
    }
    this.inForce = settings;
    this.breaker.configure(settings.breaker, now);
    this.pump();
  }

  force(state: 'open' | 'closed' | 'reset', forMs = NEVER): void {
    this.breaker.force(state, this.clock.now(), forMs);
    this.pump();
  }

  promote(ticketId: string, urgency: Urgency): boolean {
    const waiter = this.queue.find(ticketId);
    if (waiter === undefined) return false;
    this.queue.promote(waiter, urgency);
    this.pump();
    return true;
  }

  remove(ticketId: string): boolean {
    const waiter = this.queue.find(ticketId);
    if (waiter === undefined) return false;
    this.queue.leave(waiter);
    waiter.reject(this.refusals.removed());
    this.pump();
    return true;
  }

  clear(): ClearedQueue {
    const cleared = this.holders();
    for (const waiter of this.queue.clear()) waiter.reject(this.refusals.removed());
    this.pump();
    return cleared;
  }

  waiting(offset: number, limit: number, urgency?: Urgency): WaitingTicket[] {
    return this.view.page(this.clock.now(), offset, limit, urgency);
  }

  find(ticketId: string): WaitingTicket | undefined {
    return this.view.find(this.clock.now(), ticketId);
  }

  holders(): ClearedQueue {
    return this.view.holders();
  }

  settings(): GateSettings {
    return this.inForce;
  }

  snapshot(): GateSnapshot {
    const now = this.clock.now();
    const pausedUntilMs = this.pauses.untilMs(now);
    const uses = this.limits.uses(now);
    return {
      waiting: this.queue.size,
      waitingByUrgency: this.queue.sizeByUrgency,
      running: this.running,
      oldestWaitMs: now - (this.queue.oldestEnteredAtMs ?? now),
      policy: this.inForce.queue.policy,
      breaker: this.breaker.state(now),
      breakerWindow: this.breaker.window(now),
      pause: this.pauses.current,
      nextSlotAtMs: this.limits.slotAt(Math.max(now, pausedUntilMs ?? now), 0, 1),
      drainMs: this.view.drainMs(now),
      limits: this.inForce.limits.map(({ rate, even }, index) => ({ rate, even, used: uses[index] ?? 0 })),
      counters: {
        ...this.counts.totals(),
        refused: this.refusals.snapshot(),
        pauses: this.pauses.begun,
        breakerOpened: this.breaker.opened,
      },
      perSecond: this.counts.perSecond,
    };
  }

  close(): void {
    this.closed = true;
    this.alarm.set(NEVER);
    this.journal?.close();
    const waiters = this.queue.clear();
    if (waiters.length === 0) return;
    const error = draining();
    for (const waiter of waiters) waiter.reject(error);
  }

  /** Chooses and grants as long as something may go; then sets the timer for when that could change. */
  private pump(): void {
    // What connections and listeners report in the middle of a turn is looked at in the next.
    this.pumpAgain = true;
    if (this.pumping) return;
    this.pumping = true;
    try {
      while (this.pumpAgain && !this.closed) {
        this.pumpAgain = false;
        this.turn();
      }
    } finally {
      this.pumping = false;
    }
  }

  private turn(): void {
    const now = this.clock.now();
    this.expire(now, undefined);
    let wakeAtMs = NEVER;
    for (;;) {
      const { best } = this.queue;
      if (best === undefined) break;
      const outlook = this.breaker.outlook(now);
      if (outlook.kind === 'refused') {
        this.refuseAllWaiting(outlook.retryAtMs - now);
        break;
      }
      const { ticket } = best;
      const grant = this.tryGrant(ticket, now, best.enteredAtMs);
      if (grant !== undefined) {
        this.queue.leave(best);
        best.resolve(grant);
      } else if (this.limits.slotAt(now, 0, ticket.cost) === NEVER) {
        // The limits were lowered below its cost: nobody behind it could ever go.
        this.queue.leave(best);
        best.reject(this.refusals.impossible());
      } else {
        wakeAtMs = this.nextChance(ticket.cost, now, outlook);
        break;
      }
    }
    // Whoever's time is up at this very moment had this last chance.
    if (this.expire(now, 'just come')) this.pumpAgain = true;
    this.alarm.set(Math.min(wakeAtMs, this.queue.nextDeadlineMs));
  }

  /** A grant, if pause, concurrency, limits, breaker and connections all allow one now. */
  private tryGrant(ticket: Ticket, now: number, enteredAtMs: number): Grant | undefined {
    if (this.pauses.untilMs(now) !== undefined) return undefined;
    if (this.running >= (this.inForce.concurrency ?? NEVER)) return undefined;
    if (this.limits.readyAt(now, ticket.cost) > now) return undefined;
    if (this.breaker.outlook(now).kind !== 'go') return undefined;
    const line = this.lines?.take();
    if (this.lines !== undefined && line === undefined) return undefined;
    this.limits.acquire(now, ticket.cost);
    this.journal?.reserved(ticket.cost);
    if (this.canWait) this.queue.served(ticket);
    this.running++;
    this.counts.noteGranted();
    return new MemoryGrant(this, ticket, now - enteredAtMs, now, line, this.breaker.pass(now));
  }

  /** Where nothing is bounded nobody waits for another, and there is no order to keep. */
  private get canWait(): boolean {
    const { limits, concurrency, breaker } = this.inForce;
    return (
      limits.length > 0 || concurrency !== undefined || breaker !== undefined || this.lines !== undefined
    );
  }

  /** When to look again after a refused `tryGrant`; also has connections made ready for that moment. */
  private nextChance(cost: number, now: number, outlook: Outlook): number {
    if (outlook.kind === 'wait') return outlook.untilMs;
    const fromMs = Math.max(now, this.pauses.untilMs(now) ?? now);
    if (fromMs === NEVER) return NEVER;
    const readyAtMs = this.limits.readyAt(fromMs, cost);
    const planAtMs = this.lines?.prepare(now, fromMs, readyAtMs, this.queue.size, this.places) ?? NEVER;
    return Math.min(planAtMs, readyAtMs > now ? readyAtMs : NEVER);
  }

  /** How many more calls may be in flight. */
  private get places(): number {
    const { concurrency, breaker } = this.inForce;
    const probes = this.breaker.kind === 'half_open' ? breaker?.probes : undefined;
    return Math.min((concurrency ?? NEVER) - this.running, probes ?? NEVER);
  }

  /** How many tickets only wait for a connection: they take no place in the queue. */
  private readonly awaitingLines = (now: number): number => {
    if (this.lines === undefined || this.pauses.untilMs(now) !== undefined) return 0;
    if (this.breaker.outlook(now).kind !== 'go') return 0;
    const count = Math.min(this.limits.burstWithin(now, 0), this.places);
    return Number.isFinite(count) ? Math.max(0, count) : 0;
  };

  private refuseAllWaiting(retryAfterMs: number): void {
    const waiters = this.queue.clear();
    if (waiters.length === 0) return;
    const error = this.refusals.circuitOpen(retryAfterMs, waiters.length);
    for (const waiter of waiters) waiter.reject(error);
  }

  /** Refuses those whose deadline has come, and tells them what the last place would wait. */
  private expire(now: number, also: 'just come' | undefined): boolean {
    let error: GatewayError | undefined;
    for (;;) {
      const waiter = this.queue.takeExpired(now, also);
      if (waiter === undefined) return error !== undefined;
      if (error === undefined) {
        const waitMs = this.waitBehind(this.queue.size, 1, now);
        error = this.refusals.make('queue_timeout', 'The request waited to its deadline.', waitMs);
      } else this.refusals.again('queue_timeout');
      waiter.reject(error);
    }
  }

  /** How long a ticket would wait, as things stand. */
  private readonly waitBehind: WaitBehind = (position, cost, now) =>
    this.waits.behind(position, cost, now, {
      pausedUntilMs: this.pauses.untilMs(now),
      outlook: this.breaker.outlook(now),
      running: this.running,
      concurrency: this.inForce.concurrency,
    });

  private readonly cancel = (waiter: Waiter): void => {
    const wasBest = this.queue.best === waiter;
    this.queue.leave(waiter);
    this.counts.noteCancelled();
    // Whoever was not next kept nobody waiting.
    if (wasBest || this.queue.size === 0) this.pump();
  };

  noteSent(cost: number): void {
    const now = this.clock.now();
    this.limits.sent(now, cost);
    this.journal?.sent(now, cost);
    this.counts.noteSent(now);
    if (this.queue.size > 0) this.pump();
  }

  noteGivenBack(cost: number): void {
    this.limits.giveBack(cost);
    this.journal?.givenBack(cost);
  }

  noteEnd({ passage, grantedAtMs }: MemoryGrant, outcome: Outcome, isCall: boolean): void {
    const now = this.clock.now();
    this.running--;
    this.breaker.end(passage, outcome, now);
    if (isCall) this.waits.noteCall(now - grantedAtMs);
    if (this.queue.size > 0) this.pump();
  }
}
