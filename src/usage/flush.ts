import type { Clock, Timer } from '../shared/clock.ts';
import { sleep } from '../shared/clock.ts';
import { PendingRollups } from './flush-pending.ts';
import { DEFAULT_BOUNDS, type RollupBounds, type RollupPart } from './minute-rollup.ts';
import type { UsageChunk, UsageSample, UsageSink } from './rollup.ts';

/** Where the flusher tells that the ledger went away and came back; a pino logger fits. */
export interface FlushLog {
  warn(facts: object, message: string): void;
  info(facts: object, message: string): void;
}

export interface UsageFlusherOptions {
  readonly clock: Clock;
  readonly sink: UsageSink;
  /** Names this process in the ledger: never used by another, nor by this one after a restart. */
  readonly node: string;
  /** Time between two flushes, and the most that kill -9 can lose; 5,000 when absent. */
  readonly intervalMs?: number;
  /** Longest time between two tries while the ledger is away; 30,000 when absent. */
  readonly maxBackoffMs?: number;
  /** A part that is not taken within this time counts as failed and is sent again; 30,000 when absent. */
  readonly sendTimeoutMs?: number;
  /** Rows of one transaction; 250 when absent. */
  readonly maxChunkRows?: number;
  /** Rows of clients and paths that wait at once, before the oldest lose their names; 100,000 when absent. */
  readonly maxPendingSeries?: number;
  /** Minutes that wait at once, before the oldest are folded into hours; 180 when absent. */
  readonly maxPendingMinutes?: number;
  readonly bounds?: RollupBounds;
  /** What a client is stored as, such as `hashClient(key)`; as it is when absent. */
  readonly nameClient?: ((client: string) => string) | undefined;
  /** What a path is stored as; as it is when absent. */
  readonly namePath?: ((path: string) => string) | undefined;
  readonly log?: FlushLog | undefined;
}

export interface FlushStatus {
  /** Commands that were recorded and are not yet in the ledger. */
  readonly pendingCommands: number;
  readonly pendingSeries: number;
  readonly pendingMinutes: number;
  /** Wall-clock ms of the last flush that went through; undefined before the first. */
  readonly lastFlushAtMs: number | undefined;
  readonly lastError: string | undefined;
  /** The ledger did not take the last flush: rollups wait in memory. */
  readonly degraded: boolean;
  /** Names of clients and paths that gave way to another, since start. */
  readonly evictions: number;
  /** Rollups that lost their names or their minute because too much waited, since start. */
  readonly coarsened: number;
}

const asItIs = (name: string): string => name;

/** Time between two tries while closing: there is no later. */
const CLOSING_RETRY_MS = 100;

/** A rollup on its way out, and the part that was sent last and may or may not have arrived. */
interface Sending {
  readonly parts: Iterator<RollupPart>;
  readonly commands: number;
  readonly rows: number;
  chunk: UsageChunk | undefined;
}

/**
 * Brings what was recorded to the ledger, in the background and never twice at once. A failure keeps everything: the
 * part of unknown fate is sent again under its own sequence, which the ledger counts once, and what comes after it
 * adds up in memory within bounds. Nothing here makes `record` wait.
 */
export class UsageFlusher {
  private readonly clock: Clock;
  private readonly sink: UsageSink;
  private readonly node: string;
  private readonly intervalMs: number;
  private readonly maxBackoffMs: number;
  private readonly sendTimeoutMs: number;
  private readonly maxChunkRows: number;
  private readonly nameClient: (client: string) => string;
  private readonly namePath: (path: string) => string;
  private readonly log: FlushLog | undefined;
  private readonly pending: PendingRollups;
  private sending: Sending | undefined;
  private running: Promise<void> | undefined;
  private timer: Timer | undefined;
  private sequence = 0;
  private failures = 0;
  private lastFlushAtMs: number | undefined;
  private lastError: string | undefined;
  private closed = false;

  constructor(options: UsageFlusherOptions) {
    this.clock = options.clock;
    this.sink = options.sink;
    this.node = options.node;
    this.intervalMs = options.intervalMs ?? 5_000;
    this.maxBackoffMs = options.maxBackoffMs ?? 30_000;
    this.sendTimeoutMs = options.sendTimeoutMs ?? 30_000;
    this.maxChunkRows = options.maxChunkRows ?? 250;
    this.nameClient = options.nameClient ?? asItIs;
    this.namePath = options.namePath ?? asItIs;
    this.log = options.log;
    this.pending = new PendingRollups({
      bounds: options.bounds ?? DEFAULT_BOUNDS,
      maxSeries: options.maxPendingSeries ?? 100_000,
      maxMinutes: options.maxPendingMinutes ?? 180,
    });
  }

  /** Flushes from now on every `intervalMs`. */
  start(): void {
    this.schedule();
  }

  record(sample: UsageSample): void {
    const client = this.nameClient(sample.client);
    const path = this.namePath(sample.path);
    const isAsItIs = client === sample.client && path === sample.path;
    this.pending.record(this.clock.wallNow(), isAsItIs ? sample : { ...sample, client, path });
  }

  /** Sends all that has been recorded so far; rejects when the ledger does not take it. */
  async flush(): Promise<void> {
    // A flush that is under way has left out what was recorded since it began.
    while (this.running !== undefined) await this.running.catch(() => {});
    this.running = this.send();
    try {
      await this.running;
    } finally {
      this.running = undefined;
    }
  }

  status(): FlushStatus {
    return {
      pendingCommands: this.pending.commands + (this.sending?.commands ?? 0),
      pendingSeries: this.pending.series + (this.sending?.rows ?? 0),
      pendingMinutes: this.pending.minutes + (this.sending === undefined ? 0 : 1),
      lastFlushAtMs: this.lastFlushAtMs,
      lastError: this.lastError,
      degraded: this.failures > 0,
      evictions: this.pending.evictions,
      coarsened: this.pending.coarsened,
    };
  }

  /** Flushes what is left, trying again until `limitMs` is over. Answers whether everything is in the ledger. */
  async close(limitMs: number): Promise<boolean> {
    this.closed = true;
    this.timer?.cancel();
    const overdue = new AbortController();
    const limit = this.clock.after(limitMs, () => overdue.abort());
    const drained = async (): Promise<boolean> => {
      while (!overdue.signal.aborted) {
        try {
          await this.flush();
          return true;
        } catch {
          await sleep(this.clock, CLOSING_RETRY_MS, overdue.signal).catch(() => {});
        }
      }
      return false;
    };
    const late = new Promise<boolean>((resolve) => {
      overdue.signal.addEventListener('abort', () => resolve(false), { once: true });
    });
    const done = await Promise.race([drained(), late]);
    limit.cancel();
    return done;
  }

  private schedule(): void {
    if (this.closed) return;
    const backoffMs = Math.min(this.maxBackoffMs, this.intervalMs * 2 ** Math.min(this.failures, 16));
    this.timer = this.clock.after(Math.max(this.intervalMs, backoffMs), () => {
      void this.flush()
        .catch(() => {})
        .then(() => this.schedule());
    });
  }

  private async send(): Promise<void> {
    try {
      // What is of unknown fate first. While that fails nothing is sealed, so that a minute stays one rollup.
      await this.sendRest();
      // What comes in meanwhile is the next flush's: one that never ended would never tell that it went well.
      this.pending.seal();
      for (let left = this.pending.sealed; left > 0; left--) {
        const rollup = this.pending.take();
        if (rollup === undefined) break;
        const parts = rollup.parts(this.maxChunkRows);
        this.sending = { parts, commands: rollup.count, rows: rollup.size, chunk: undefined };
        await this.sendRest();
      }
    } catch (error) {
      this.failed(error);
      throw error;
    }
    if (this.failures > 0) this.log?.info({ tries: this.failures }, 'the usage ledger is back');
    this.failures = 0;
    this.lastError = undefined;
    this.lastFlushAtMs = this.clock.wallNow();
  }

  private async sendRest(): Promise<void> {
    const { sending } = this;
    if (sending === undefined) return;
    for (;;) {
      if (sending.chunk === undefined) {
        const next = sending.parts.next();
        if (next.done) break;
        this.sequence++;
        sending.chunk = { node: this.node, sequence: this.sequence, ...next.value };
      }
      await this.inTime(this.sink.upsert(sending.chunk));
      sending.chunk = undefined;
    }
    this.sending = undefined;
  }

  /** A connection that has silently died never answers: the ledger counts the sequence once, so asking again is safe. */
  private async inTime(answer: Promise<void>): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<void>();
    const limit = this.clock.after(this.sendTimeoutMs, () => {
      reject(new Error(`the ledger did not answer within ${this.sendTimeoutMs} ms`));
    });
    try {
      await Promise.race([answer, late]);
    } finally {
      limit.cancel();
    }
  }

  private failed(error: unknown): void {
    this.failures++;
    this.lastError = error instanceof Error ? error.message : String(error);
    if (this.failures === 1) {
      this.log?.warn({ err: error }, 'the usage ledger does not answer; rollups wait in memory');
    }
  }
}
