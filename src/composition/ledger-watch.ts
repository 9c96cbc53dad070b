import type { Timeline } from '../live/timeline.ts';
import type { LedgerStatus } from '../server/admin/ports.ts';
import type { Clock } from '../shared/clock.ts';
import type { FlushStatus } from '../usage/flush.ts';

export interface LedgerWatchOptions {
  readonly clock: Clock;
  readonly flusher: { status(): Pick<FlushStatus, 'degraded' | 'lastError' | 'pendingSeries'> };
  readonly upkeep: { readonly ready: boolean };
  readonly timeline: Pick<Timeline, 'note'>;
}

/** Whether the ledger takes what is recorded, and since when it does not. */
export class LedgerWatch {
  private readonly options: LedgerWatchOptions;
  private awaySinceMs: number | undefined;
  private told: LedgerStatus['kind'] = 'ok';

  constructor(options: LedgerWatchOptions) {
    this.options = options;
  }

  status(): LedgerStatus {
    const { clock, flusher, upkeep } = this.options;
    const { degraded, lastError, pendingSeries } = flusher.status();
    if (upkeep.ready && !degraded) {
      this.awaySinceMs = undefined;
      return { kind: 'ok', pendingRows: pendingSeries };
    }
    this.awaySinceMs ??= clock.now();
    const reason = lastError ?? 'the database has not been opened yet';
    return { kind: 'degraded', pendingRows: pendingSeries, sinceMs: this.awaySinceMs, reason };
  }

  /** Puts it on the timeline when it went away or came back since the last look. */
  look(): void {
    const status = this.status();
    if (status.kind === this.told) return;
    this.told = status.kind;
    const facts = { status: status.kind, reason: status.kind === 'ok' ? null : status.reason };
    this.options.timeline.note({ kind: 'ledger', facts });
  }
}
