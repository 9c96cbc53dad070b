import type { Clock } from '../shared/clock.ts';
import { Burst, type BurstCall, type BurstOutcome, type BurstSettings } from './burst.ts';
import { type BurstDocument, burstDocument } from './burst-document.ts';
import { BURST_BOUNDS, type BurstPlan } from './burst-plan.ts';
import { cpfParams, routeRequest, routeUrl } from './route-request.ts';
import { judgeSince, markSandbox, type SandboxVerdict } from './sandbox-report.ts';

export type BurstStatus = 'running' | 'done' | 'aborted';

export interface BurstRunOptions {
  readonly id: string;
  readonly plan: BurstPlan;
  readonly seed: number;
  /** The gateway’s. */
  readonly baseUrl: string;
  readonly clock: Clock;
  /** Asked for its verdict; undefined: nobody is. */
  readonly sandboxUrl: string | undefined;
}

/** A burst that the server runs: it ends by itself, by an abort, or after an hour. */
export class BurstRun {
  readonly id: string;
  readonly plan: BurstPlan;
  readonly seed: number;
  /** ms since the epoch. */
  readonly startedAtMs: number;
  /** Resolves when everything has ended, the sandbox’s verdict included. Never rejects. */
  readonly ended: Promise<void>;
  /** What broke it, if something of ours did: then it counts as aborted. */
  defect: unknown;
  private readonly settings: BurstSettings;
  private readonly burst: Burst;
  private readonly stop = new AbortController();
  private outcome: BurstOutcome | undefined;
  private isOver = false;
  private verdict: SandboxVerdict | undefined;

  /** Begins at once. Throws TypeError when the gateway’s URL is none. */
  constructor(private readonly options: BurstRunOptions) {
    const { id, plan, seed, clock } = options;
    this.id = id;
    this.plan = plan;
    this.seed = seed;
    this.settings = settingsOf(options);
    this.burst = new Burst(this.settings, clock);
    this.startedAtMs = clock.wallNow();
    this.ended = this.run().catch((error: unknown) => {
      this.defect = error;
    });
  }

  get status(): BurstStatus {
    if (!this.isOver) return 'running';
    return this.outcome?.aborted === false ? 'done' : 'aborted';
  }

  /** Finished calls in the order in which they ended. */
  get calls(): readonly BurstCall[] {
    return this.burst.calls;
  }

  /** Of the calls; stands still once they have ended. */
  get elapsedMs(): number {
    return this.outcome?.elapsedMs ?? this.burst.progress().elapsedMs;
  }

  /** Calls that were sent and have no answer yet. */
  get waiting(): number {
    return this.burst.progress().waiting;
  }

  /** What the sandbox saw; undefined until the end, and where nobody judges. */
  get judged(): SandboxVerdict | undefined {
    return this.verdict;
  }

  /** Starts nothing more and drops the calls under way. Nothing happens when it has ended. */
  abort(): void {
    this.stop.abort();
  }

  /** As `comporta burst --json`, as far as it has come. */
  document(): BurstDocument {
    const { elapsedMs, calls } = this;
    const outcome = this.outcome ?? { calls, elapsedMs, aborted: false };
    return burstDocument(this.settings, outcome, new Date(this.startedAtMs).toISOString(), this.verdict);
  }

  private async run(): Promise<void> {
    const { clock, sandboxUrl } = this.options;
    const timer = clock.after(BURST_BOUNDS.durationMs, () => this.abort());
    try {
      const mark = sandboxUrl === undefined ? undefined : await markSandbox(sandboxUrl, clock);
      this.outcome = await this.burst.run(this.stop.signal);
      if (mark !== undefined) this.verdict = await judgeSince(mark, clock);
    } finally {
      timer.cancel();
      this.isOver = true;
    }
  }
}

function settingsOf({ plan, seed, baseUrl }: BurstRunOptions): BurstSettings {
  const { route, call, client } = plan;
  const own = cpfParams(route, call.params);
  return {
    url: routeUrl(baseUrl, route, call.rest),
    request: ({ cpf, urgency }) => {
      const params = { ...call.params, ...Object.fromEntries(own.map((name) => [name, cpf])) };
      return routeRequest(baseUrl, route, { ...call, params, client, urgency });
    },
    count: plan.count,
    concurrency: plan.concurrency,
    mix: plan.mix,
    same: plan.same,
    rate: plan.rate,
    timeoutMs: plan.timeoutMs,
    seed,
  };
}
