import type { Clock } from '../../shared/clock.ts';
import type { FleetBeat, FleetLook, FleetRegistry } from '../fleet-contract.ts';

/** A fleet of one: this process. Nobody else hears what it says, so that nothing is kept but the last of it. */
export class LoneNode implements FleetRegistry {
  readonly size = 1;
  readonly lostBeats = 0;
  private facts: string | undefined;
  private last: { readonly beat: FleetBeat; readonly atMs: number } | undefined;

  constructor(
    readonly id: string,
    private readonly clock: Clock,
  ) {}

  describe(facts: string): void {
    this.facts = facts;
  }

  async beat(beat: FleetBeat): Promise<void> {
    this.last = { beat, atMs: this.clock.now() };
  }

  async look({ facts }: { facts: boolean }): Promise<FleetLook> {
    const second = Math.floor(this.clock.wallNow() / 1_000);
    if (this.last === undefined) return { second, nodes: [] };
    const { beat, atMs } = this.last;
    const node = {
      id: this.id,
      ageMs: this.clock.now() - atMs,
      facts: facts ? this.facts : undefined,
      state: beat.state,
      seconds: [],
    };
    return { second, nodes: [node] };
  }

  async claim(): Promise<boolean> {
    return true;
  }

  async release(): Promise<void> {}

  async leave(): Promise<void> {}
}
