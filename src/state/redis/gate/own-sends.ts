/** A call that this node wrote, on its own clock. */
export interface OwnSend {
  readonly id: string;
  readonly cost: number;
  readonly atMs: number;
}

/**
 * The calls that this node wrote of late, as many as its limits look back on: what it tells a Redis that has forgotten
 * them. Bounded by the highest count and the longest window.
 */
export class OwnSends {
  private sends: OwnSend[] = [];
  private most = 1;
  private keepMs = 0;

  retain(most: number, keepMs: number): void {
    this.most = Math.max(1, most);
    this.keepMs = keepMs;
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
