/** A call that this node wrote, on its own clock. */
export interface OwnSend {
  readonly id: string;
  readonly cost: number;
  readonly atMs: number;
}

/** A limit may be made longer while it runs, and then looks back on what was sent before. */
const LEAST_KEPT = 1_000;
const LEAST_KEPT_MS = 86_400_000;

/**
 * The calls that this node wrote of late, as many as its limits look back on or may look back on after a change: what
 * it tells a Redis that has forgotten them. Bounded by the highest count and the longest window, and at least the last
 * 1,000 of a day.
 */
export class OwnSends {
  private sends: OwnSend[] = [];
  private most = LEAST_KEPT;
  private keepMs = LEAST_KEPT_MS;

  retain(most: number, keepMs: number): void {
    this.most = Math.max(LEAST_KEPT, most);
    this.keepMs = Math.max(LEAST_KEPT_MS, keepMs);
  }

  note(send: OwnSend): void {
    this.sends.push(send);
    if (this.sends.length > 2 * this.most) this.sends = this.sends.slice(-this.most);
  }

  /** Those that still count at `nowMs`, oldest first. */
  recent(nowMs: number): readonly OwnSend[] {
    this.sends = this.sends.slice(-this.most).filter(({ atMs }) => atMs > nowMs - this.keepMs);
    return this.sends;
  }
}
