import { type Clock, sleep } from '../../shared/clock.ts';
import { cpfAt } from '../../shared/cpf.ts';
import { seededRandom } from '../../shared/random.ts';
import type { Rate } from '../../shared/units.ts';
import { type CallResult, HttpCaller } from './http-caller.ts';
import { assignUrgencies, type MixPart } from './priority-mix.ts';

export interface BurstSettings {
  /** Called with the query `cpf` and, for part of a mix, `priority`. */
  readonly url: URL;
  readonly count: number;
  readonly concurrency: number;
  readonly mix: readonly MixPart[];
  readonly clientId: string;
  /** Every call asks for the same CPF. */
  readonly same: boolean;
  /** Calls start evenly at this rate; undefined: as soon as `concurrency` allows. */
  readonly rate: Rate | undefined;
  readonly timeoutMs: number;
  /** Decides which CPFs are asked for and which calls are urgent. */
  readonly seed: number;
}

export interface BurstProgress {
  readonly total: number;
  readonly done: number;
  /** Calls that were sent and have no answer yet. */
  readonly waiting: number;
  readonly failed: number;
  readonly elapsedMs: number;
}

/** One finished call. */
export interface BurstCall extends CallResult {
  readonly urgency: number | undefined;
}

export interface BurstOutcome {
  /** Finished calls in the order in which they ended; those that were never sent are missing. */
  readonly calls: readonly BurstCall[];
  readonly elapsedMs: number;
  readonly aborted: boolean;
}

/** How many CPFs cpfAt knows. */
const CPF_COUNT = 900_000_000;

/** A load test under way. */
export class Burst {
  private readonly calls: BurstCall[] = [];
  private readonly urgencies: readonly (number | undefined)[];
  private readonly firstCpf: number;
  private next = 0;
  private waiting = 0;
  private failed = 0;
  private startedAtMs = 0;

  constructor(
    private readonly settings: BurstSettings,
    private readonly clock: Clock,
  ) {
    const random = seededRandom(settings.seed);
    this.firstCpf = Math.floor(random.next() * CPF_COUNT);
    this.urgencies = assignUrgencies(settings.count, settings.mix, random);
  }

  progress(): BurstProgress {
    return {
      total: this.settings.count,
      done: this.calls.length,
      waiting: this.waiting,
      failed: this.failed,
      elapsedMs: this.clock.now() - this.startedAtMs,
    };
  }

  /** Makes every call, once; ends early, without an error, when the signal aborts. */
  async run(signal: AbortSignal): Promise<BurstOutcome> {
    const { url, count, concurrency, clientId, timeoutMs, rate } = this.settings;
    const lanes = Math.min(count, concurrency);
    const caller = new HttpCaller(url, {
      clock: this.clock,
      timeoutMs,
      headers: { 'client-id': clientId, accept: 'application/json' },
      maxConnections: lanes,
      keepAlive: rate === undefined,
    });
    this.startedAtMs = this.clock.now();
    await Promise.all(Array.from({ length: lanes }, () => this.lane(caller, signal)));
    caller.close();
    return { calls: this.calls, elapsedMs: this.clock.now() - this.startedAtMs, aborted: signal.aborted };
  }

  private async lane(caller: HttpCaller, signal: AbortSignal): Promise<void> {
    while (this.next < this.settings.count && !signal.aborted) {
      const index = this.next++;
      if (!(await this.startTime(index, signal))) return;
      this.waiting += 1;
      const result = await caller.get(this.urlOf(index), signal);
      this.waiting -= 1;
      if (result.outcome.kind === 'failed') this.failed += 1;
      if (result.outcome.kind !== 'aborted') this.calls.push({ ...result, urgency: this.urgencies[index] });
    }
  }

  /** Waits until the call may start; false when the signal aborted meanwhile. */
  private async startTime(index: number, signal: AbortSignal): Promise<boolean> {
    const { rate } = this.settings;
    if (rate === undefined) return true;
    const waitMs = this.startedAtMs + (index * rate.windowMs) / rate.count - this.clock.now();
    if (waitMs <= 0) return true;
    return sleep(this.clock, waitMs, signal).then(
      () => true,
      () => false,
    );
  }

  private urlOf(index: number): URL {
    const url = new URL(this.settings.url);
    url.searchParams.set('cpf', cpfAt((this.firstCpf + (this.settings.same ? 0 : index)) % CPF_COUNT));
    const urgency = this.urgencies[index];
    if (urgency !== undefined) url.searchParams.set('priority', String(urgency));
    return url;
  }
}
