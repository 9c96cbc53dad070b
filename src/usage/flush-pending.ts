import { MinuteRollup, type RollupBounds } from './minute-rollup.ts';
import type { UsageSample } from './rollup.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** What old minutes are folded into, finest first. */
const FOLDS_MS = [HOUR_MS, 24 * HOUR_MS, 365 * 24 * HOUR_MS];

export interface PendingBounds {
  readonly bounds: RollupBounds;
  /** Rows of clients and paths over all rollups. */
  readonly maxSeries: number;
  readonly maxMinutes: number;
}

/**
 * What was recorded and not yet sent, oldest first, and the rollup that is being recorded into. One rollup a minute
 * while nothing is sent. Bounded: beyond `maxSeries` the oldest lose the names of clients and paths, beyond
 * `maxMinutes` the oldest minutes of an hour become one. Counts are never lost.
 */
export class PendingRollups {
  private active: MinuteRollup | undefined;
  private readonly queue: MinuteRollup[] = [];
  private evicted = 0;
  /** Rollups that lost their names or their minute. */
  coarsened = 0;

  constructor(private readonly limits: PendingBounds) {}

  record(wallMs: number, sample: UsageSample): void {
    let { active } = this;
    if (active === undefined || wallMs < active.startMs || wallMs >= active.startMs + MINUTE_MS) {
      this.seal();
      active = new MinuteRollup(wallMs - (wallMs % MINUTE_MS), this.limits.bounds);
      this.active = active;
    }
    active.record(sample);
  }

  /** Closes the rollup that is being recorded into, so that it can be sent. */
  seal(): void {
    if (this.active === undefined) return;
    this.evicted += this.active.evictions;
    this.queue.push(this.active);
    this.active = undefined;
    this.bound();
  }

  /** The oldest closed rollup, which is no longer pending here. */
  take(): MinuteRollup | undefined {
    return this.queue.shift();
  }

  get sealed(): number {
    return this.queue.length;
  }

  get minutes(): number {
    return this.queue.length + (this.active === undefined ? 0 : 1);
  }

  get commands(): number {
    return this.all().reduce((sum, { count }) => sum + count, 0);
  }

  get series(): number {
    return this.all().reduce((sum, { size }) => sum + size, 0);
  }

  get evictions(): number {
    return this.evicted + (this.active?.evictions ?? 0);
  }

  private all(): MinuteRollup[] {
    return this.active === undefined ? this.queue : [...this.queue, this.active];
  }

  private bound(): void {
    let rows = this.queue.reduce((sum, { facetRows }) => sum + facetRows, 0);
    for (const rollup of this.queue) {
      if (rows <= this.limits.maxSeries) break;
      if (rollup.facetRows === 0) continue;
      rows -= rollup.facetRows;
      rollup.collapse();
      this.coarsened++;
    }
    while (this.queue.length > this.limits.maxMinutes && this.fold()) this.coarsened++;
  }

  /** Makes one of the two oldest neighbours that share an hour; a day where no two share an hour. */
  private fold(): boolean {
    for (const foldMs of FOLDS_MS) {
      const unitOf = (rollup: MinuteRollup | undefined) => rollup && Math.floor(rollup.startMs / foldMs);
      const at = this.queue.findIndex(
        (rollup, index) => unitOf(rollup) === unitOf(this.queue[index + 1]) && index + 1 < this.queue.length,
      );
      if (at === -1) continue;
      const [one, two] = [this.queue[at]!, this.queue[at + 1]!];
      this.queue.splice(at, 2, MinuteRollup.folded(unitOf(one)! * foldMs, [one, two]));
      return true;
    }
    return false;
  }
}
