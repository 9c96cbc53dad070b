import type { BreakerSettings } from '../../../src/policies/breaker/breaker.ts';
import type { LimitSettings } from '../../../src/policies/limiter/limit-set.ts';
import { GatewayError } from '../../../src/shared/errors.ts';
import { settle, VirtualClock } from '../../../src/shared/virtual-clock.ts';
import type {
  Gate,
  GateEvent,
  GateSettings,
  GateSnapshot,
  Grant,
  Lines,
  Ticket,
  Urgency,
} from '../../../src/state/contracts.ts';

export interface GateOptions {
  readonly clock: VirtualClock;
  readonly settings: GateSettings;
  readonly lines?: Lines | undefined;
  readonly onEvent?: ((event: GateEvent) => void) | undefined;
}

/** An adapter that asks another machine: time stands still until its answers are there. */
export interface RemoteGate {
  readonly gate: Gate;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
  /** Resolves when the snapshot shows how things are. */
  refreshed(): Promise<void>;
}

/** Builds the adapter under test. */
export type MakeGate = (options: GateOptions) => Gate | Promise<RemoteGate>;

/** One `enter`, and what came of it. */
export interface Call {
  readonly ticket: Ticket;
  readonly result: 'waiting' | 'granted' | 'refused' | 'aborted';
  readonly grant: Grant;
  readonly error: GatewayError;
  /** When the gate answered. */
  readonly atMs: number;
  /** Whether `enter` answered without a promise. */
  readonly immediate: boolean;
  /** How often the gate answered: 1 in the end, whatever happens. */
  readonly answers: number;
}

export interface TicketFacts {
  readonly client?: string;
  readonly urgency?: Urgency;
  readonly deadlineInMs?: number;
  readonly cost?: number;
  readonly signal?: AbortSignal;
}

/** `count` per second without a guard, so that tests can count in whole seconds. */
export function perSecond(count: number, more: Partial<LimitSettings> = {}): LimitSettings {
  return { rate: { count, windowMs: 1_000 }, even: false, guardMs: 0, ...more };
}

export function settingsOf(
  more: Partial<Omit<GateSettings, 'queue'>> & { readonly queue?: Partial<GateSettings['queue']> } = {},
): GateSettings {
  return {
    limits: more.limits ?? [perSecond(1)],
    concurrency: more.concurrency,
    queue: { policy: 'fifo', agingMs: 30_000, maxSize: 1_000, weights: {}, ...more.queue },
    breaker: more.breaker,
  };
}

export const breakerOf = (more: Partial<BreakerSettings> = {}): BreakerSettings => ({
  consecutive: 3,
  failureRate: undefined,
  slowCalls: undefined,
  openForMs: 10_000,
  probes: 1,
  probeTimeoutMs: 5_000,
  ...more,
});

/** Drives one gate through virtual time and remembers what it answered, in order. */
export class GateDriver {
  readonly clock: VirtualClock;
  readonly events: GateEvent[] = [];
  /** Tickets in the order of their grants. */
  readonly order: string[] = [];
  /** When `sent` was called, in order. */
  readonly sends: number[] = [];
  private readonly finished = new WeakSet<Call>();

  private constructor(
    readonly gate: Gate,
    private readonly remote: RemoteGate | undefined,
    clock: VirtualClock,
    events: GateEvent[],
  ) {
    this.clock = clock;
    this.events = events;
  }

  static async start(make: MakeGate, settings: GateSettings, lines?: Lines): Promise<GateDriver> {
    const clock = new VirtualClock();
    const events: GateEvent[] = [];
    const made = make({ clock, settings, lines, onEvent: (event) => void events.push(event) });
    if (!(made instanceof Promise)) return new GateDriver(made, undefined, clock, events);
    const remote = await made;
    return new GateDriver(remote.gate, remote, clock, events);
  }

  readonly settle = async (): Promise<void> => {
    await settle();
    await this.remote?.settled();
  };

  async snapshot(): Promise<GateSnapshot> {
    await this.settle();
    await this.remote?.refreshed();
    return this.gate.snapshot();
  }

  ticket(id: string, facts: TicketFacts = {}): Ticket {
    const now = this.clock.now();
    return {
      id,
      client: facts.client ?? 'a',
      urgency: facts.urgency ?? 3,
      arrivedAtMs: now,
      deadlineMs: now + (facts.deadlineInMs ?? 600_000),
      cost: facts.cost ?? 1,
    };
  }

  async enter(id: string, facts: TicketFacts = {}): Promise<Call> {
    const call = this.enterTicket(this.ticket(id, facts), facts.signal);
    await this.settle();
    return call;
  }

  enterTicket(ticket: Ticket, signal?: AbortSignal): Call {
    const call = {
      ticket,
      result: 'waiting' as Call['result'],
      grant: undefined as unknown as Grant,
      error: undefined as unknown as GatewayError,
      atMs: Number.NaN,
      immediate: false,
      answers: 0,
    };
    const granted = (grant: Grant): void => {
      call.answers++;
      call.result = 'granted';
      call.grant = grant;
      call.atMs = this.clock.now();
      this.order.push(ticket.id);
    };
    const failed = (error: unknown): void => {
      call.answers++;
      call.atMs = this.clock.now();
      if (error instanceof GatewayError) {
        call.result = 'refused';
        call.error = error;
      } else if (signal?.aborted && error === signal.reason) call.result = 'aborted';
      else throw error;
    };
    try {
      const entered = this.gate.enter(ticket, signal);
      if (entered instanceof Promise) entered.then(granted, failed);
      else {
        call.immediate = true;
        granted(entered);
      }
    } catch (error) {
      call.immediate = true;
      failed(error);
    }
    return call;
  }

  /** Writes and ends a granted call at once. */
  async finish(call: Call, outcome: 'success' | 'failure' | 'ignore' = 'success'): Promise<void> {
    this.finished.add(call);
    call.grant.sent();
    this.sends.push(this.clock.now());
    call.grant.end(outcome);
    await this.settle();
  }

  /** Lets time pass; every one of the calls is finished as soon as it is granted. */
  async run(calls: readonly Call[], forMs: number, stepMs = 10): Promise<void> {
    for (let passedMs = 0; passedMs < forMs; passedMs += stepMs) {
      await this.pass(Math.min(stepMs, forMs - passedMs));
      for (const call of calls) {
        if (call.result === 'granted' && !this.finished.has(call)) await this.finish(call);
      }
    }
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms, this.settle);
  }

  /** How often an event of this kind was told. */
  count(kind: GateEvent['kind']): number {
    return this.events.filter((event) => event.kind === kind).length;
  }

  /** Ends the gate; what is still set then was forgotten. */
  async close(): Promise<number> {
    this.gate.close();
    await this.settle();
    return this.clock.timers;
  }
}
