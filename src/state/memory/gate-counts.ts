import { SecondCounts } from '../../shared/second-counts.ts';
import type { GateCounters, GateSnapshot } from '../contracts.ts';

/** What came to a gate, and what became of it. Refusals, pauses and the breaker count for themselves. */
export class GateCounts {
  private entered = 0;
  private granted = 0;
  private sent = 0;
  private cancelled = 0;
  readonly perSecond: GateSnapshot['perSecond'] = { arrivals: new SecondCounts(), sends: new SecondCounts() };

  noteEntered(nowMs: number): void {
    this.entered++;
    this.perSecond.arrivals.add(nowMs);
  }

  noteGranted(): void {
    this.granted++;
  }

  noteSent(nowMs: number): void {
    this.sent++;
    this.perSecond.sends.add(nowMs);
  }

  noteCancelled(): void {
    this.cancelled++;
  }

  totals(): Pick<GateCounters, 'entered' | 'granted' | 'sent' | 'cancelled'> {
    const { entered, granted, sent, cancelled } = this;
    return { entered, granted, sent, cancelled };
  }
}
