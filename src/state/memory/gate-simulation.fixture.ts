import { GatewayError } from '../../shared/errors.ts';
import { settle, type VirtualClock } from '../../shared/virtual-clock.ts';
import type { Gate, GateSettings, Grant, Line, Lines, Ticket, Urgency } from '../contracts.ts';

/** What one caller of a simulation does. All times in whole ms, so that a checker can compare them exactly. */
export interface CallerPlan {
  readonly client: string;
  readonly urgency: Urgency;
  readonly deadlineInMs: number;
  /** Leaves so long after it came, if it still waits then. */
  readonly abortAfterMs: number | undefined;
  /** From the grant to the write. */
  readonly writeMs: number;
  /** From the write to the end. */
  readonly serviceMs: number;
  readonly manner: 'sent' | 'never sent' | 'given back';
  readonly outcome: 'success' | 'failure' | 'ignore';
  /** Comes back once with the same ticket after a failure. */
  readonly retries: boolean;
}

export type Action =
  | { readonly kind: 'arrive'; readonly caller: CallerPlan }
  | { readonly kind: 'pause'; readonly forMs: number | undefined }
  | { readonly kind: 'resume' }
  | { readonly kind: 'configure'; readonly settings: GateSettings };

/** One `enter` as it went. */
export interface Entrance {
  readonly ticket: Ticket;
  readonly seq: number;
  readonly enteredAtMs: number;
  answers: number;
  result: 'waiting' | 'granted' | 'refused' | 'aborted';
  answeredAtMs: number;
  /** When it took effect at the upstream; undefined while unwritten, and for ever when given back. */
  sentAtMs: number | undefined;
  code: string | undefined;
}

/** What was true when a grant was made, by the simulation's own bookkeeping. */
export interface GrantRecord {
  readonly entrance: Entrance;
  /** Every setting that held at that moment: two when it was changed in the same instant. */
  readonly settings: readonly GateSettings[];
  readonly running: number;
  readonly waiting: readonly Entrance[];
}

/** Lines that take a while to be made and may be lost, as a pool's. */
export class SimulatedLines implements Lines {
  readonly leadMs = 50;
  private readonly ready: Line[] = [];
  private making = 0;
  private listener: () => void = () => {};
  private made = 0;

  constructor(
    private readonly clock: VirtualClock,
    private readonly delaysMs: readonly number[],
    private readonly most: number,
  ) {}

  get available(): number {
    return this.ready.length;
  }

  take(): Line | undefined {
    return this.ready.pop();
  }

  expect(tickets: number): void {
    const missing = Math.min(this.most, tickets) - this.ready.length - this.making;
    for (let index = 0; index < missing; index++) {
      this.making++;
      const delayMs = this.delaysMs[this.made++ % this.delaysMs.length] ?? 0;
      this.clock.after(delayMs, () => this.add());
    }
  }

  onChange(listener: () => void): void {
    this.listener = listener;
  }

  private add(): void {
    this.making--;
    // Every seventh is lost as soon as it is made.
    if (this.made % 7 !== 0) this.ready.push({ release: () => this.giveBack() });
    this.listener();
  }

  private giveBack(): void {
    this.ready.push({ release: () => this.giveBack() });
    this.listener();
  }
}

/** Plays actions against a gate and writes down everything that a checker needs. */
export class Simulation {
  readonly entrances: Entrance[] = [];
  readonly grants: GrantRecord[] = [];
  mostWaiting = 0;
  private running = 0;
  private changedAtMs = Number.NEGATIVE_INFINITY;
  private held: GateSettings[];

  constructor(
    private readonly clock: VirtualClock,
    private readonly gate: Gate,
    settings: GateSettings,
  ) {
    this.held = [settings];
  }

  async play(actions: ReadonlyArray<readonly [delayMs: number, action: Action]>): Promise<void> {
    let atMs = 0;
    for (const [delayMs, action] of actions) {
      atMs += delayMs;
      this.clock.after(atMs, () => this.act(action));
    }
    // Every caller has a deadline and every call an end: this comes to an end too, or the limit below says so.
    for (let step = 0; step < 20_000 && this.clock.timers > 0; step++) {
      this.clock.advanceTo(this.clock.nextDueAt() ?? 0);
      await settle();
    }
  }

  private act(action: Action): void {
    const now = this.clock.now();
    if (action.kind === 'arrive') this.arrive(action.caller);
    else if (action.kind === 'resume') this.gate.resume();
    else if (action.kind === 'pause') {
      this.gate.pause(action.forMs === undefined ? undefined : now + action.forMs, 'simulated');
    } else {
      if (this.changedAtMs !== now) this.held = this.held.slice(-1);
      this.held.push(action.settings);
      this.changedAtMs = now;
      this.gate.configure(action.settings);
    }
  }

  private arrive(plan: CallerPlan): void {
    const now = this.clock.now();
    const ticket: Ticket = {
      id: `t${this.entrances.length}`,
      client: plan.client,
      urgency: plan.urgency,
      arrivedAtMs: now,
      deadlineMs: now + plan.deadlineInMs,
      cost: 1,
    };
    this.enter(ticket, plan, this.entrances.length, plan.retries);
  }

  private enter(ticket: Ticket, plan: CallerPlan, seq: number, mayRetry: boolean): void {
    const entrance: Entrance = {
      ticket,
      seq,
      enteredAtMs: this.clock.now(),
      answers: 0,
      result: 'waiting',
      answeredAtMs: Number.NaN,
      sentAtMs: undefined,
      code: undefined,
    };
    this.entrances.push(entrance);
    const controller = new AbortController();
    if (plan.abortAfterMs !== undefined) this.clock.after(plan.abortAfterMs, () => controller.abort());
    const failed = (error: unknown): void => {
      entrance.answers++;
      entrance.answeredAtMs = this.clock.now();
      entrance.result = error instanceof GatewayError ? 'refused' : 'aborted';
      entrance.code = error instanceof GatewayError ? error.code : undefined;
      if (entrance.result === 'aborted' && !controller.signal.aborted) throw error;
    };
    const granted = (grant: Grant): void => {
      entrance.answers++;
      entrance.answeredAtMs = this.clock.now();
      entrance.result = 'granted';
      this.granted(entrance, grant, plan, mayRetry);
    };
    try {
      const entered = this.gate.enter(ticket, controller.signal);
      if (entered instanceof Promise) entered.then(granted, failed);
      else granted(entered);
    } catch (error) {
      failed(error);
    }
    this.mostWaiting = Math.max(this.mostWaiting, this.gate.snapshot().waiting);
  }

  private granted(entrance: Entrance, grant: Grant, plan: CallerPlan, mayRetry: boolean): void {
    const now = this.clock.now();
    this.running++;
    this.grants.push({
      entrance,
      settings: this.changedAtMs === now ? [...this.held] : this.held.slice(-1),
      running: this.running,
      waiting: this.entrances.filter(({ result }) => result === 'waiting'),
    });
    this.clock.after(plan.writeMs, () => {
      if (plan.manner === 'given back') {
        this.running--;
        grant.giveBack();
        return;
      }
      if (plan.manner === 'sent') {
        entrance.sentAtMs = this.clock.now();
        grant.sent();
      }
      this.clock.after(plan.serviceMs, () => {
        entrance.sentAtMs ??= this.clock.now();
        this.running--;
        grant.end(plan.outcome);
        if (mayRetry && plan.outcome === 'failure') this.enter(entrance.ticket, plan, entrance.seq, false);
      });
    });
  }
}
