import type { Clock } from '../shared/clock.ts';
import type { Random } from '../shared/random.ts';
import { BURST_BOUNDS, type BurstPlan, checkPlan } from './burst-plan.ts';
import { BurstRun, type BurstStatus } from './burst-run.ts';

export interface BurstDeskOptions {
  readonly clock: Clock;
  /** For ids, and seeds that nobody gave. */
  readonly random: Random;
  /** The gateway’s URL, known once it listens. */
  readonly url: () => string;
  /** Asked for its verdict on bursts that lead to it; undefined: there is none. */
  readonly sandboxUrl?: string | undefined;
}

/** Bursts that are kept, the running one included. */
const KEPT = 10;

/** Another burst runs. */
export class BurstRunning extends Error {
  override readonly name = 'BurstRunning';

  constructor(readonly id: string) {
    super(`burst ${id} is running`);
  }
}

/** The process ends. */
export class BurstDeskClosed extends Error {
  override readonly name = 'BurstDeskClosed';
}

/** Load tests against this gateway, one at a time: two would measure each other. */
export class BurstDesk {
  /** Newest last. */
  private readonly runs: BurstRun[] = [];
  private readonly prefix: string;
  private started = 0;
  private closed = false;

  constructor(private readonly options: BurstDeskOptions) {
    this.prefix = Math.floor(options.random.next() * 36 ** 4)
      .toString(36)
      .padStart(4, '0');
  }

  /**
   * Throws BurstRunning while another runs, BurstDeskClosed at the end of the process, RangeError naming a bound that
   * the plan is over.
   */
  start(plan: BurstPlan): BurstRun {
    checkPlan(plan);
    if (this.closed) throw new BurstDeskClosed();
    const { clock, random, url, sandboxUrl } = this.options;
    const last = this.runs.at(-1);
    if (last?.status === 'running') throw new BurstRunning(last.id);
    const run = new BurstRun({
      id: `${this.prefix}-${(this.started++).toString(36)}`,
      plan,
      seed: plan.seed ?? Math.floor(random.next() * (BURST_BOUNDS.seed + 1)),
      baseUrl: url(),
      clock,
      sandboxUrl: plan.sandbox ? sandboxUrl : undefined,
    });
    this.runs.push(run);
    if (this.runs.length > KEPT) this.runs.shift();
    return run;
  }

  find(id: string): BurstRun | undefined {
    return this.runs.find((run) => run.id === id);
  }

  /** Newest first. */
  list(): BurstRun[] {
    return this.runs.toReversed();
  }

  /** Resolves once it has ended; undefined when there is none of that id. */
  async abort(id: string): Promise<BurstRun | undefined> {
    const run = this.find(id);
    run?.abort();
    await run?.ended;
    return run;
  }

  /** The burst that runs, or ran last. */
  current(): { readonly id: string; readonly status: BurstStatus } | null {
    const last = this.runs.at(-1);
    return last === undefined ? null : { id: last.id, status: last.status };
  }

  /** Aborts what runs, and waits for its end; starts nothing more. */
  async close(): Promise<void> {
    this.closed = true;
    const last = this.runs.at(-1);
    last?.abort();
    await last?.ended;
  }
}
