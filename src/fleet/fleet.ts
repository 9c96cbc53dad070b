import { type LiveSample, type LiveSampler, UNWATCHED_VIEW_AGE_MS } from '../live/sampler.ts';
import type { Clock } from '../shared/clock.ts';
import type { GateCounters, GateRefusal, GateSnapshot } from '../state/contracts.ts';
import type { FleetLook, FleetRegistry } from '../state/fleet-contract.ts';
import type { UsageRecorder } from '../usage/recorder.ts';
import type { Agreement } from './agreement.ts';
import { type Drift, driftOf, strayNodes } from './drift.ts';
import { FleetSampler } from './fleet-sampler.ts';
import { type FleetTotals, fleetTotals } from './fleet-totals.ts';
import { heardFacts, type NodeFacts, tellFacts } from './node-facts.ts';
import { heardState, type NodeState, tellState } from './node-state.ts';
import { tellSecond } from './told-second.ts';

export interface FleetOptions {
  readonly clock: Clock;
  readonly registry: FleetRegistry;
  /** Of this process. */
  readonly own: Pick<LiveSampler, 'onSample' | 'samples' | 'lastSecond'>;
  readonly recorder: Pick<UsageRecorder, 'totals' | 'inFlight' | 'all'>;
  readonly gates: () => Iterable<
    readonly [name: string, gate: { snapshot(maxAgeMs?: number): GateSnapshot }]
  >;
  /** Somebody looks at the samples. */
  readonly isWatched: () => boolean;
}

/** A node of the fleet, read. */
export interface NodeView {
  readonly id: string;
  readonly ageMs: number;
  readonly facts: NodeFacts | undefined;
  readonly state: NodeState;
  /** Its configuration is not that of most. */
  readonly strays: boolean;
}

export interface FleetView {
  readonly nodes: readonly NodeView[];
  readonly drift: readonly Drift[];
  readonly totals: FleetTotals;
}

/** What was heard so lately is not asked for again. */
const JUST_NOW_MS = 500;

/** States that were heard so long ago say nothing of now. */
const STATE_OF_USE_MS = 5_000;

/**
 * What this process tells the others, once a second, and what it knows of them when somebody asks it. Whoever is asked
 * answers for the whole fleet.
 */
export class Fleet {
  readonly sampler: FleetSampler;
  readonly recorder: FleetOptions['recorder'];
  private readonly options: FleetOptions;
  private agreement: Agreement = { hash: '', parts: {} };
  private facts: NodeFacts | undefined;
  private others: ReadonlyMap<string, NodeState> = new Map();
  private hashes: ReadonlySet<string> = new Set();
  private heardAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: FleetOptions) {
    this.options = options;
    const { clock, registry, own, isWatched } = options;
    this.recorder = fleetRecorder(options.recorder, () => this.states());
    own.onSample((sample) => this.tell(sample));
    this.sampler = new FleetSampler({
      clock,
      self: registry.id,
      own,
      isWatched,
      look: (seconds) => this.look({ seconds, facts: false }),
      inFlightElsewhere: () => this.sum(({ inFlight }) => inFlight),
    });
  }

  get self(): string {
    return this.options.registry.id;
  }

  /** What this process says of itself from now on. */
  introduce(facts: Omit<NodeFacts, 'agreement'>, agreement: Agreement): void {
    this.agreement = agreement;
    this.facts = { ...facts, agreement: agreement.parts };
    this.options.registry.describe(tellFacts(this.facts));
  }

  /** Nodes that there are, and whether some have another configuration, as heard of last. */
  summary(): { readonly nodes: number; readonly drift: boolean } {
    const drift = this.isFresh() && [...this.hashes].some((hash) => hash !== this.agreement.hash);
    return { nodes: this.options.registry.size, drift };
  }

  /** States of the other nodes, as far as they are of use. */
  private states(): Iterable<NodeState> {
    return this.isFresh() ? this.others.values() : [];
  }

  /** What a gate has counted, on all nodes. Pauses and openings of the breaker each node knows of all. */
  counters(upstream: string, own: GateCounters): GateCounters {
    let { entered, granted, sent, cancelled } = own;
    const refused: Record<GateRefusal, number> = { ...own.refused };
    for (const { gates } of this.states()) {
      const other = gates.get(upstream);
      if (other === undefined) continue;
      entered += other.entered;
      granted += other.granted;
      sent += other.sent;
      cancelled += other.cancelled;
      for (const [code, count] of Object.entries(other.refused)) refused[code as GateRefusal] += count;
    }
    return { ...own, entered, granted, sent, cancelled, refused };
  }

  /** Asks how the others stand, where that was not heard of just now. False: nobody answers. Never rejects. */
  async refresh(): Promise<boolean> {
    if (this.options.clock.now() - this.heardAtMs <= JUST_NOW_MS) return true;
    return (await this.look({ seconds: 0, facts: false })) !== undefined;
  }

  /** What all nodes do together, as in the view. Undefined: the server that knows does not answer. Never rejects. */
  async totals(): Promise<FleetTotals | undefined> {
    return (await this.refresh()) ? fleetTotals([this.ownNow(), ...this.states()]) : undefined;
  }

  /** Everybody, with what differs. While the server that knows of the others does not answer: this one alone. */
  async view(): Promise<FleetView> {
    const looked = await this.look({ seconds: 0, facts: true });
    const { self } = this;
    if (looked === undefined) {
      const own = { id: self, ageMs: 0, facts: this.facts, state: this.ownNow(), strays: false };
      return { nodes: [own], drift: [], totals: fleetTotals([own.state]) };
    }
    const read = looked.nodes.map(({ id, ageMs, facts, state }) => ({
      id,
      ageMs,
      facts: id === self ? this.facts : heardFacts(facts),
      state: id === self ? heardState(this.ownState(0)) : heardState(state),
      perSecond: heardState(state).perSecond,
    }));
    const told = read.flatMap(({ id, facts }) =>
      facts === undefined ? [] : [{ id, agreement: facts.agreement }],
    );
    const drift = driftOf(told);
    const strays = strayNodes(drift, self);
    const nodes = read.map(({ perSecond, state, ...node }) => ({
      ...node,
      state: { ...state, perSecond },
      strays: strays.has(node.id),
    }));
    return { nodes, drift, totals: fleetTotals(nodes.map(({ state }) => state)) };
  }

  /** Is no longer one of them. */
  leave(): Promise<void> {
    return this.options.registry.leave();
  }

  private ownNow(): NodeState {
    return heardState(this.ownState(this.options.own.samples().at(-1)?.requests ?? 0));
  }

  private tell(sample: LiveSample): void {
    const { clock, registry, own } = this.options;
    void registry.beat({
      seq: sample.seq,
      endedAgoMs: clock.wallNow() - sample.endedAtMs,
      second: tellSecond(sample, own.lastSecond()),
      state: this.ownState(sample.requests),
    });
  }

  private ownState(perSecond: number): string {
    const { recorder, gates } = this.options;
    const snapshots = [...gates()].map(
      ([name, gate]) => [name, gate.snapshot(UNWATCHED_VIEW_AGE_MS)] as const,
    );
    return tellState({ configHash: this.agreement.hash, recorder, perSecond, gates: snapshots });
  }

  private async look(what: { seconds: number; facts: boolean }): Promise<FleetLook | undefined> {
    const { clock, registry } = this.options;
    try {
      const looked = await registry.look(what);
      this.heardAtMs = clock.now();
      const states = looked.nodes.map(({ id, state }) => [id, heardState(state)] as const);
      this.hashes = new Set(states.map(([, { configHash }]) => configHash).filter((hash) => hash !== ''));
      this.others = new Map(states.filter(([id]) => id !== registry.id));
      return looked;
    } catch {
      return undefined;
    }
  }

  private isFresh(): boolean {
    return this.options.clock.now() - this.heardAtMs < STATE_OF_USE_MS;
  }

  private sum(of: (state: NodeState) => number): number {
    let total = 0;
    for (const state of this.states()) total += of(state);
    return total;
  }
}

/** Counters of all nodes as one: since the start of each, of those that are there. By route there are this node's. */
function fleetRecorder(
  own: FleetOptions['recorder'],
  others: () => Iterable<NodeState>,
): FleetOptions['recorder'] {
  return {
    all: () => own.all(),
    get inFlight() {
      let { inFlight } = own;
      for (const state of others()) inFlight += state.inFlight;
      return inFlight;
    },
    totals: () => {
      const { total, successes, latency } = own.totals();
      let requests = total;
      let good = successes;
      for (const state of others()) {
        requests += state.requests;
        good += state.successes;
        latency.merge(state.latency);
      }
      return { total: requests, successes: good, failures: requests - good, latency };
    },
  };
}
