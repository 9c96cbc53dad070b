import type { Clock } from '../shared/clock.ts';
import { sleep } from '../shared/clock.ts';
import type { UsageRecorder } from '../usage/recorder.ts';
import type { Edge } from './edge.ts';
import { Listener } from './listener.ts';

export interface DataPlaneOptions {
  readonly clock: Clock;
  readonly edge: Edge;
  readonly recorder: UsageRecorder;
  readonly listen: { readonly host: string; readonly port: number };
  /** Whether other processes of this machine listen there, too. */
  readonly sharesPort?: boolean | undefined;
  /** How long calls under way may take to end when the process is asked to. */
  readonly graceMs: number;
  /** Ends what the edge uses: gates and connections. */
  readonly close: () => void;
}

const DRAIN_POLL_MS = 20;

/** The listening port of the gateway, from start to the end of its last call. */
export class DataPlane {
  private readonly listener: Listener;

  constructor(private readonly options: DataPlaneOptions) {
    this.listener = new Listener(options.listen, options.sharesPort);
  }

  /** Throws with the system's code (`EADDRINUSE`, `EACCES`, …) when the port cannot be had. */
  start(): void {
    this.listener.start(this.options.edge.serve);
  }

  get url(): string {
    return this.listener.url;
  }

  /** Calls that have begun and not ended. */
  get inFlight(): number {
    return this.options.recorder.inFlight;
  }

  /** Also while the body of a call is still coming in, or its answer going out. */
  private get isBusy(): boolean {
    return this.inFlight > 0 || this.listener.pendingRequests > 0;
  }

  /**
   * Takes no new calls, says so on `/readyz`, and waits for those under way, at most `graceMs`. Resolves to how
   * many were still not done.
   */
  async drain(signal?: AbortSignal): Promise<number> {
    const { clock, edge, graceMs } = this.options;
    edge.draining = true;
    const untilMs = clock.now() + graceMs;
    while (this.isBusy && clock.now() < untilMs && signal?.aborted !== true) {
      await sleep(clock, DRAIN_POLL_MS);
    }
    return this.inFlight;
  }

  /** Ends at once: whoever still waits is told `draining`, then every connection is closed. */
  async stop(): Promise<void> {
    this.options.close();
    // One turn, so that the refusals of `close` still go out.
    await sleep(this.options.clock, DRAIN_POLL_MS);
    await this.listener.stop();
  }
}
