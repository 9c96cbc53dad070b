import type { Clock } from '../../../../shared/clock.ts';
import type { Line, Lines } from '../../../contracts.ts';
import { Alarm } from '../../../memory/alarm.ts';

/** A connection is expected to take this much longer than the slowest of late. */
const LEAD_MARGIN = 1.5;
/** Connections are made ready at least this long before their slot: an idle one for so short a time costs nothing. */
const LEAST_HORIZON_MS = 250;

/**
 * Has connections made for the slots that this node's tickets will get, just in time: Redis tells how many go within
 * the horizon, and when the next few do.
 */
export class LineWatch {
  /** Lines that requests under way may use up. */
  private asked = 0;
  private wanted = 0;
  private etasAtMs: number[] = [];
  private releasing = false;
  private readonly alarm: Alarm;

  constructor(
    private readonly lines: Lines,
    private readonly clock: Clock,
    /** A line has become ready, or is gone. */
    onChange: () => void,
  ) {
    this.alarm = new Alarm(clock, () => this.prepare());
    lines.onChange(() => {
      if (this.releasing) return;
      if (this.wanted > 0) this.lines.expect(this.wanted);
      onChange();
    });
  }

  get horizonMs(): number {
    return Math.max(LEAST_HORIZON_MS, this.lines.leadMs * LEAD_MARGIN);
  }

  /** How many a request may ask for: those that stand ready and are not promised to another. */
  get free(): number {
    return Math.max(0, this.lines.available - this.asked);
  }

  ask(count: number): void {
    this.asked += count;
  }

  answered(count: number): void {
    this.asked -= count;
  }

  take(): Line | undefined {
    return this.lines.take();
  }

  /** Gives an unused one back, without being told of it. */
  release(line: Line): void {
    this.releasing = true;
    try {
      line.release();
    } finally {
      this.releasing = false;
    }
  }

  /** What Redis said: so many go within the horizon, and the next ones at these times. */
  plan(want: number | undefined, etasMs: readonly number[], nowMs: number): void {
    this.wanted = want ?? 0;
    this.etasAtMs = etasMs.map((etaMs) => nowMs + etaMs);
    if (this.wanted > 0) this.lines.expect(this.wanted);
    this.schedule();
  }

  close(): void {
    this.etasAtMs = [];
    this.alarm.set(Number.POSITIVE_INFINITY);
  }

  private prepare(): void {
    const nowMs = this.clock.now();
    while (this.etasAtMs[0] !== undefined && this.etasAtMs[0] - this.horizonMs <= nowMs) {
      this.etasAtMs.shift();
      this.wanted++;
    }
    if (this.wanted > 0) this.lines.expect(this.wanted);
    this.schedule();
  }

  private schedule(): void {
    const next = this.etasAtMs[0];
    const nowMs = this.clock.now();
    this.alarm.set(
      next === undefined ? Number.POSITIVE_INFINITY : Math.max(nowMs + 1, next - this.horizonMs),
    );
  }
}
