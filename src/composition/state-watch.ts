import type { Timeline } from '../live/timeline.ts';
import type { StateStatus } from '../state/fleet-contract.ts';

/** Puts it on the timeline when the shared state went away or came back. */
export class StateWatch {
  private told = true;

  constructor(
    private readonly status: () => StateStatus,
    private readonly timeline: Pick<Timeline, 'note'>,
  ) {}

  look(): void {
    const status = this.status();
    if (status.kind === 'memory' || status.up === this.told) return;
    this.told = status.up;
    const facts = { status: status.up ? 'ok' : 'away', reason: status.reason ?? null };
    this.timeline.note({ kind: 'state', facts });
  }
}
