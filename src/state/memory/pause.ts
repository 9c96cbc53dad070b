import type { GateEvent, GateSnapshot } from '../contracts.ts';

/** The pause of one upstream: asked for by its answers or by an operator. It ends by itself when its time is over. */
export class Pause {
  private state: GateSnapshot['pause'];
  private count = 0;

  constructor(private readonly onEvent: (event: GateEvent) => void) {}

  get current(): GateSnapshot['pause'] {
    return this.state;
  }

  /** How often one was begun or made longer. */
  get begun(): number {
    return this.count;
  }

  /** When it ends (Infinity: not by itself); undefined when there is none. */
  untilMs(nowMs: number): number | undefined {
    if (this.state === undefined) return undefined;
    const untilMs = this.state.untilMs ?? Number.POSITIVE_INFINITY;
    if (untilMs > nowMs) return untilMs;
    this.end();
    return undefined;
  }

  /** False when it is over already, or shorter than the one that holds. */
  begin(untilMs: number | undefined, reason: string, nowMs: number): boolean {
    const newMs = untilMs ?? Number.POSITIVE_INFINITY;
    if (newMs <= Math.max(nowMs, this.untilMs(nowMs) ?? 0)) return false;
    this.state = { untilMs, reason };
    this.count++;
    this.onEvent({ kind: 'paused', untilMs, reason });
    return true;
  }

  /** Puts one that ends after `nowMs` in place of the one that holds, which may end later. */
  replace(untilMs: number | undefined, reason: string, nowMs: number): void {
    this.state = undefined;
    this.begin(untilMs, reason, nowMs);
  }

  /** False when there was none. */
  end(): boolean {
    if (this.state === undefined) return false;
    this.state = undefined;
    this.onEvent({ kind: 'resumed' });
    return true;
  }
}
