/** One second of a node, as it has told it. */
export interface ToldSecond {
  /** Counts up by one, for this node. */
  readonly seq: number;
  /** When it ended, in whole seconds of the clock that all nodes share. */
  readonly second: number;
  readonly text: string;
}

/** A process of the fleet, as the others see it. What it tells is its own affair: texts here. */
export interface FleetNode {
  readonly id: string;
  /** Since it was last heard of, in ms. */
  readonly ageMs: number;
  /** What does not change while it runs; undefined when nobody asked for it, or it has not told yet. */
  readonly facts: string | undefined;
  /** How it stood when it was last heard of. */
  readonly state: string;
  /** Oldest first; as many as were asked for, where there are. */
  readonly seconds: readonly ToldSecond[];
}

export interface FleetLook {
  /** Whole seconds of the clock that all nodes share. */
  readonly second: number;
  /** In the order of their ids; this node is among them when it has been heard of. */
  readonly nodes: readonly FleetNode[];
}

export interface FleetBeat {
  readonly seq: number;
  /** How long ago the second ended, in ms. */
  readonly endedAgoMs: number;
  /** What happened in it. */
  readonly second: string;
  readonly state: string;
}

/** Which processes there are, and what they say of themselves. */
export interface FleetRegistry {
  /** This process; another one after each start. */
  readonly id: string;
  /** Nodes that were there when this one was last heard of, itself included; at least 1. */
  readonly size: number;
  /** Beats that were not taken: the server was away, or as many nodes as may are listed. */
  readonly lostBeats: number;
  /** What this node says of itself; sent with the next beat. */
  describe(facts: string): void;
  /** Lets itself be heard of. Never rejects. */
  beat(beat: FleetBeat): Promise<void>;
  /** Everybody who is alive, with the last `seconds` of each. Rejects when the server does not answer. */
  look(options: { readonly seconds: number; readonly facts: boolean }): Promise<FleetLook>;
  /**
   * Whether this node may do `task` for the next `forMs`: of several that ask, one at a time. Undefined: the server
   * is away, so nobody may, and nobody does. Never rejects.
   */
  claim(task: string, forMs: number): Promise<boolean | undefined>;
  /** Lets another one do it. Never rejects. */
  release(task: string): Promise<void>;
  /** Is no longer a node, at once instead of after a while. Never rejects. */
  leave(): Promise<void>;
}

/** Whether what all nodes share can be reached. */
export type StateStatus =
  | { readonly kind: 'memory' }
  | {
      readonly kind: 'redis';
      readonly up: boolean;
      /** Monotonic ms; since when it is so. */
      readonly sinceMs: number;
      /** Why it is away, in one sentence without a secret; undefined while it is there. */
      readonly reason: string | undefined;
    };

/** What the server that holds the shared state says of itself. */
export interface StateServer {
  readonly version: string;
  /** `master`, `slave`; in a cluster that of one of its nodes. */
  readonly role: string;
  readonly commandsPerSec: number;
  readonly usedMemoryBytes: number;
  /** Undefined: unbounded. */
  readonly maxMemoryBytes: number | undefined;
  readonly uptimeMs: number;
}
