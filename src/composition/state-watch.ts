import type { Timeline } from '../live/timeline.ts';
import type { StateStatus } from '../state/fleet-contract.ts';

/** It is back when so many looks in a row have found it. */
const LOOKS_TO_BE_BACK = 2;

/** Puts it on the timeline when the shared state went away or came back; one that comes and goes is away. */
export class StateWatch {
  private told = true;
  private found = 0;

  constructor(
    private readonly status: () => StateStatus,
    private readonly timeline: Pick<Timeline, 'note'>,
  ) {}

  look(): void {
    const status = this.status();
    if (status.kind === 'memory') return;
    this.found = status.up ? this.found + 1 : 0;
    if (status.up === this.told || (status.up && this.found < LOOKS_TO_BE_BACK)) return;
    this.told = status.up;
    const facts = { status: status.up ? 'ok' : 'away', reason: status.reason ?? null };
    this.timeline.note({ kind: 'state', facts });
  }
}
