import { type Clock, sleep } from '../shared/clock.ts';
import { cpfAt } from '../shared/cpf.ts';
import { seededRandom } from '../shared/random.ts';
import type { Rate } from '../shared/units.ts';
import type { Urgency } from '../shared/urgency.ts';
import type { CallRequest, RequestMaker } from './call-request.ts';
import { type CallResult, HttpCaller } from './http-caller.ts';
import { assignUrgencies, type MixPart } from './priority-mix.ts';

export interface BurstSettings {
  /** What is called: named in the report, and where the connections go. */
  readonly url: URL;
  /** Called once for every call, when it starts. */
  readonly request: RequestMaker;
  readonly count: number;
  readonly concurrency: number;
  readonly mix: readonly MixPart[];
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
  /** When it was done, in ms from the start of the burst. */
  readonly atMs: number;
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
  /** In the order in which they ended. */
  readonly calls: BurstCall[] = [];
  private readonly urgencies: readonly (number | undefined)[];
  private readonly firstCpf: number;
  private next = 0;
  private waiting = 0;
  private failed = 0;
  private startedAtMs: number | undefined;

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
      elapsedMs: this.elapsedMs(),
    };
  }

  /** Makes every call, once; ends early, without an error, when the signal aborts. */
  async run(signal: AbortSignal): Promise<BurstOutcome> {
    const { url, count, concurrency, timeoutMs, rate } = this.settings;
    const lanes = Math.min(count, concurrency);
    const caller = new HttpCaller(url, {
      clock: this.clock,
      timeoutMs,
      maxConnections: lanes,
      keepAlive: rate === undefined,
    });
    this.startedAtMs = this.clock.now();
    await Promise.all(Array.from({ length: lanes }, () => this.lane(caller, signal)));
    caller.close();
    return { calls: this.calls, elapsedMs: this.elapsedMs(), aborted: signal.aborted };
  }

  private async lane(caller: HttpCaller, signal: AbortSignal): Promise<void> {
    while (this.next < this.settings.count && !signal.aborted) {
      const index = this.next++;
      if (!(await this.startTime(index, signal))) return;
      this.waiting += 1;
      const result = await caller.call(this.requestOf(index), signal);
      this.waiting -= 1;
      if (result.outcome.kind === 'aborted') continue;
      if (result.outcome.kind === 'failed') this.failed += 1;
      this.calls.push({ ...result, atMs: this.elapsedMs(), urgency: this.urgencies[index] });
    }
  }

  /** Waits until the call may start; false when the signal aborted meanwhile. */
  private async startTime(index: number, signal: AbortSignal): Promise<boolean> {
    const { rate } = this.settings;
    if (rate === undefined) return true;
    const waitMs = (index * rate.windowMs) / rate.count - this.elapsedMs();
    if (waitMs <= 0) return true;
    return sleep(this.clock, waitMs, signal).then(
      () => true,
      () => false,
    );
  }

  private requestOf(index: number): CallRequest {
    const cpf = cpfAt((this.firstCpf + (this.settings.same ? 0 : index)) % CPF_COUNT);
    return this.settings.request({ index, cpf, urgency: this.urgencies[index] as Urgency | undefined });
  }

  /** 0 before the first call. */
  private elapsedMs(): number {
    return this.startedAtMs === undefined ? 0 : this.clock.now() - this.startedAtMs;
  }
}
