import type { Clock, Timer } from '../../shared/clock.ts';
import { CONNECTION_BROKE, type RedisFault } from './fault.ts';

/** Trouble is over when there was none for so long. */
const SETTLED_MS = 2_000;
/** A connection that is back within so long was no trouble. */
const GRACE_MS = 1_000;
/** Unless it breaks so often before things have settled. */
const MOST_BREAKS = 3;

/**
 * What is told of a server that cannot be used: every reason once, and that it is over once that has lasted, so that
 * one that refuses now and then fills no log.
 */
export class Trouble {
  private readonly told = new Set<string>();
  private current: RedisFault | undefined;
  private settling: Timer | undefined;
  private grace: Timer | undefined;
  private breaks = 0;
  private wasUsable = false;

  /** `tell` is called with every new reason, and with undefined when the server can be used (again). */
  constructor(
    private readonly clock: Clock,
    private readonly tell: (fault: RedisFault | undefined) => void,
  ) {}

  /** Why the server cannot be used, as known last; undefined while it can, or nobody knows. */
  get fault(): RedisFault | undefined {
    return this.current;
  }

  /** The server cannot be used. */
  note(fault: RedisFault): void {
    this.cancel();
    this.current = fault;
    if (this.told.has(fault.code)) return;
    this.told.add(fault.code);
    this.tell(fault);
  }

  /** The connection broke; nobody knows why yet. */
  broke(): void {
    const isInTrouble = this.told.size > 0 || !this.wasUsable;
    this.cancel();
    if (isInTrouble) return;
    this.breaks++;
    if (this.breaks >= MOST_BREAKS) this.note(CONNECTION_BROKE);
    else this.grace = this.clock.after(GRACE_MS, () => this.note(CONNECTION_BROKE));
  }

  /** The server can be used. */
  over(): void {
    this.cancel();
    this.current = undefined;
    const isFirst = !this.wasUsable && this.told.size === 0;
    this.wasUsable = true;
    if (isFirst) this.tell(undefined);
    else this.settling = this.clock.after(SETTLED_MS, () => this.settled());
  }

  close(): void {
    this.cancel();
  }

  private settled(): void {
    this.breaks = 0;
    if (this.told.size === 0) return;
    this.told.clear();
    this.tell(undefined);
  }

  private cancel(): void {
    this.settling?.cancel();
    this.grace?.cancel();
  }
}
