import type { Clock, Timer } from '../shared/clock.ts';
import type { Random } from '../shared/random.ts';
import { DEFAULT_RETENTION, type Ledger, type UsageRetention } from './contracts.ts';

/** Where the upkeep tells what it did; a pino logger fits. */
export interface UpkeepLog {
  warn(facts: object, message: string): void;
  debug(facts: object, message: string): void;
}

export interface UpkeepOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly log: UpkeepLog;
  readonly retention?: UsageRetention;
  /** 400 days and 100,000 entries when absent. */
  readonly audit?: { readonly keepMs: number; readonly keepEntries: number };
  /** Whose turn it is, where several processes keep one ledger in order; absent: always this one's. */
  readonly turn?: UpkeepTurn | undefined;
  /** Time between two rounds; an hour when absent. */
  readonly intervalMs?: number;
}

/** Of several processes, lets one do a task; see FleetRegistry. Neither rejects. */
export interface UpkeepTurn {
  /** Undefined: nobody knows whose turn it is. */
  claim(task: string, forMs: number): Promise<boolean | undefined>;
  release(task: string): Promise<void>;
}

const TASK = 'ledger-upkeep';
/** Of the time between two rounds, so that the next one is anybody's again. */
const TURN_SHARE = 0.9;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
/** When it is asked again whose turn it is, while that cannot be known; up to twice as long. */
const UNKNOWN_RETRY_MS = 30_000;

/**
 * Opens the ledger and keeps it in order for as long as the process runs: tries until the database is there, then
 * rolls usage up and deletes what is past its time, every hour and shortly after the start.
 */
export class LedgerUpkeep {
  private timer: Timer | undefined;
  private running: Promise<void> | undefined;
  private failures = 0;
  private opened = false;
  private stopped = false;

  constructor(private readonly options: UpkeepOptions) {}

  /** Tries to open the ledger once; when that fails the tries go on in the background. Never rejects. */
  async start(onOpen: () => void = () => {}): Promise<boolean> {
    const { ledger, log } = this.options;
    try {
      await ledger.open();
    } catch (error) {
      if (this.failures === 0) log.warn({ err: error }, 'the ledger cannot be opened yet; trying on');
      this.failures++;
      this.after(this.backoffMs(), () => this.start(onOpen));
      return false;
    }
    if (this.stopped) return true;
    this.opened = true;
    this.failures = 0;
    onOpen();
    // Spread over a minute, so that the nodes of a fleet that start together do not queue for the same lock.
    this.after(this.options.random.next() * 60_000, () => this.round());
    return true;
  }

  /** The ledger has been opened. */
  get ready(): boolean {
    return this.opened;
  }

  /** Stops and waits for the round that is under way. */
  async close(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    await this.running;
  }

  private async round(): Promise<void> {
    const { turn, random, intervalMs = HOUR_MS } = this.options;
    const isMine = turn === undefined || (await turn.claim(TASK, intervalMs * TURN_SHARE));
    // Who could not do it leaves it to the next one who asks.
    if (isMine === true && !(await this.putInOrder())) await turn?.release(TASK);
    // Where nobody could be asked, nobody does it: soon again, and not all at once.
    const nextMs = isMine === undefined ? UNKNOWN_RETRY_MS * (1 + random.next()) : intervalMs;
    this.after(nextMs, () => this.round());
  }

  private async putInOrder(): Promise<boolean> {
    const { clock, ledger, log, retention = DEFAULT_RETENTION } = this.options;
    const { keepMs, keepEntries } = this.options.audit ?? { keepMs: 400 * DAY_MS, keepEntries: 100_000 };
    try {
      const nowMs = clock.wallNow();
      const usage = await ledger.usage.maintain(nowMs, retention);
      const auditDeleted = await ledger.audit.prune({ olderThanMs: nowMs - keepMs, keepEntries });
      log.debug({ ...usage, auditDeleted }, 'the ledger was put in order');
      return true;
    } catch (error) {
      log.warn({ err: error }, 'the ledger could not be put in order; the next round does it');
      return false;
    }
  }

  private after(delayMs: number, task: () => Promise<unknown>): void {
    if (this.stopped) return;
    this.timer = this.options.clock.after(delayMs, () => {
      this.running = task().then(() => {});
    });
  }

  private backoffMs(): number {
    const cap = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.failures, 10));
    return FIRST_RETRY_MS + this.options.random.next() * cap;
  }
}
