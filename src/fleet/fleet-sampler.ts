import { latencyFigures, type MinuteFigures, MinuteWindow } from '../live/minute-window.ts';
import { type LiveSample, type LiveSampler, SAMPLES_KEPT } from '../live/sampler.ts';
import { CACHE_RESULTS, OUTCOMES, UsageTotals } from '../live/usage-totals.ts';
import type { Clock } from '../shared/clock.ts';
import type { FleetLook, FleetNode } from '../state/fleet-contract.ts';
import { HeardSecond } from './told-second.ts';

export interface FleetSamplerOptions {
  readonly clock: Clock;
  /** This process. */
  readonly self: string;
  readonly own: Pick<LiveSampler, 'onSample' | 'samples' | 'lastSecond'>;
  /** Somebody looks at the samples. */
  readonly isWatched: () => boolean;
  /** Undefined: nobody could be asked. */
  readonly look: (seconds: number) => Promise<FleetLook | undefined>;
  /** Requests of the other nodes that have begun and not ended. */
  readonly inFlightElsewhere: () => number;
}

/** Other nodes have so long to tell of a second. */
const SETTLE_MS = 250;
/** Of the others' seconds, so many are asked for each time: what came late is not lost. */
const SECONDS_ASKED = 5;
/** Own seconds that wait for an answer; Redis is slow then, and the oldest go without. */
const MOST_PENDING = 5;
/** What was looked at so long ago is no history. */
const WATCHED_WITHIN_MS = 5_000;

interface OwnSecond {
  readonly sample: LiveSample;
  readonly totals: UsageTotals;
}

/**
 * The samples of the whole fleet, made by the node that is looked at: its own second and what the others told of
 * theirs. While nobody looks the others are not asked, and its samples are this node's own. Percentiles are those of
 * all requests together: histograms are added, never averaged.
 */
export class FleetSampler {
  private readonly options: FleetSamplerOptions;
  private readonly listeners = new Set<(sample: LiveSample) => void>();
  private window = new MinuteWindow();
  private totals = new UsageTotals();
  private kept: LiveSample[] = [];
  private pending: OwnSecond[] = [];
  /** The last second of each other node that is in the totals. */
  private heardUpTo = new Map<string, number>();
  private asking = false;
  private askedAtMs = Number.NEGATIVE_INFINITY;
  private count = 0;

  constructor(options: FleetSamplerOptions) {
    this.options = options;
    this.window.push(this.totals);
    options.own.onSample((sample) => this.onOwn(sample));
  }

  /** Called with every sample: a little later than this node's own. */
  onSample(listener: (sample: LiveSample) => void): void {
    this.listeners.add(listener);
  }

  get seq(): number {
    return this.count;
  }

  samples(): readonly LiveSample[] {
    return this.kept;
  }

  minute(): MinuteFigures {
    return this.window.figures();
  }

  /** Makes the last minute that of the whole fleet, for somebody who begins to look. Never rejects. */
  async prepare(): Promise<void> {
    const { clock, look } = this.options;
    if (clock.now() - this.askedAtMs < WATCHED_WITHIN_MS) return;
    const looked = await look(SAMPLES_KEPT);
    if (looked === undefined || clock.now() - this.askedAtMs < WATCHED_WITHIN_MS) return;
    this.askedAtMs = clock.now();
    this.rebuild(looked);
  }

  private onOwn(sample: LiveSample): void {
    const { clock, own } = this.options;
    const totals = new UsageTotals();
    totals.copyFrom(own.lastSecond());
    this.pending.push({ sample, totals });
    if (this.pending.length > MOST_PENDING) this.publish(this.pending.shift()!, []);
    clock.after(SETTLE_MS, () => void this.settle());
  }

  private async settle(): Promise<void> {
    if (this.asking || this.pending.length === 0) return;
    this.asking = true;
    const { clock, isWatched, look } = this.options;
    const looked = isWatched() ? await look(SECONDS_ASKED) : undefined;
    this.asking = false;
    if (looked !== undefined) this.askedAtMs = clock.now();
    const [first, ...others] = this.pending;
    this.pending = [];
    // A look of somebody who has just begun has shown them meanwhile.
    if (first === undefined) return;
    this.publish(first, looked === undefined ? [] : this.newSeconds(looked));
    for (const own of others) this.publish(own, []);
  }

  private others({ nodes }: FleetLook): FleetNode[] {
    return nodes.filter(({ id }) => id !== this.options.self);
  }

  /** What the others told and is not in the totals yet. Of a node that is new here, its last second. */
  private newSeconds(looked: FleetLook): HeardSecond[] {
    const upTo = new Map<string, number>();
    const found: HeardSecond[] = [];
    for (const { id, seconds } of this.others(looked)) {
      const last = seconds.at(-1)?.seq;
      const before = this.heardUpTo.get(id) ?? (last ?? 0) - 1;
      upTo.set(id, Math.max(before, last ?? before));
      for (const { seq, text } of seconds) if (seq > before) found.push(new HeardSecond(text));
    }
    this.heardUpTo = upTo;
    return found;
  }

  private publish({ sample, totals }: OwnSecond, heard: readonly HeardSecond[]): void {
    for (const other of heard) totals.add(other.totals);
    const inFlight = sample.inFlight + (this.options.isWatched() ? this.options.inFlightElsewhere() : 0);
    const merged = mergedSample({ ...sample, seq: ++this.count, inFlight }, totals, heard);
    this.totals.add(totals);
    this.window.push(this.totals);
    this.kept.push(merged);
    if (this.kept.length > SAMPLES_KEPT) this.kept.shift();
    for (const listener of this.listeners) listener(merged);
  }

  private rebuild(looked: FleetLook): void {
    const { self, own } = this.options;
    const bySecond = new Map<number, HeardSecond[]>();
    const ownSamples = new Map<number, LiveSample>();
    const ownBySeq = new Map(own.samples().map((sample) => [sample.seq, sample]));
    for (const { seq, second } of looked.nodes.find(({ id }) => id === self)?.seconds ?? []) {
      const sample = ownBySeq.get(seq);
      if (sample !== undefined) ownSamples.set(second, sample);
    }
    const [lastSecond, last] = [...ownSamples].at(-1) ?? [looked.second, own.samples().at(-1)];
    this.heardUpTo = new Map();
    for (const { id, seconds } of looked.nodes) {
      // What is later than this node's own last second is for the samples that follow.
      for (const { seq, second, text } of seconds.filter((one) => one.second <= lastSecond)) {
        bySecond.set(second, [...(bySecond.get(second) ?? []), new HeardSecond(text)]);
        if (id !== self) this.heardUpTo.set(id, seq);
      }
    }
    const taken = new Set([...ownSamples.values()].map(({ seq }) => seq));
    this.pending = this.pending.filter(({ sample }) => !taken.has(sample.seq));
    this.window = new MinuteWindow();
    this.totals = new UsageTotals();
    this.window.push(this.totals);
    this.kept = [];
    if (last === undefined) return;
    const known = Math.min(...bySecond.keys(), lastSecond);
    for (let second = Math.max(known, lastSecond - SAMPLES_KEPT + 1); second <= lastSecond; second++) {
      const heard = bySecond.get(second) ?? [];
      const totals = new UsageTotals();
      for (const one of heard) totals.add(one.totals);
      const endedAtMs = last.endedAtMs - (lastSecond - second) * 1_000;
      const base = ownSamples.get(second) ?? { ...emptied(last), endedAtMs };
      this.kept.push(mergedSample(withoutCounts({ ...base, seq: this.count }), totals, heard));
      this.totals.add(totals);
      this.window.push(this.totals);
    }
  }
}

/** The own sample with what all nodes did. What waits and runs at gates is known fleet-wide by each node. */
function mergedSample(own: LiveSample, totals: UsageTotals, heard: readonly HeardSecond[]): LiveSample {
  return {
    ...own,
    requests: totals.total,
    outcomes: Object.fromEntries(
      OUTCOMES.map((name, index) => [name, totals.outcome(index)]),
    ) as LiveSample['outcomes'],
    cache: Object.fromEntries(CACHE_RESULTS.map((name) => [name, totals.cache(name)])) as LiveSample['cache'],
    latency: latencyFigures(totals.latency),
    upstreams: Object.fromEntries(
      Object.entries(own.upstreams).map(([name, upstream]) => {
        let { arrivals, sends, cached } = upstream;
        for (const { upstreams } of heard) {
          const other = upstreams.get(name);
          if (other === undefined) continue;
          arrivals += other.arrivals;
          sends += other.sends;
          cached += other.cached;
        }
        return [name, { ...upstream, arrivals, sends, cached }];
      }),
    ),
  };
}

/** What was told to the registry has this node's own counts in it already. */
function withoutCounts(sample: LiveSample): LiveSample {
  const upstreams = Object.entries(sample.upstreams).map(
    ([name, { waiting }]) => [name, { arrivals: 0, sends: 0, cached: 0, waiting }] as const,
  );
  return { ...sample, upstreams: Object.fromEntries(upstreams) };
}

/** A second of which this node knows nothing itself. */
function emptied(sample: LiveSample): LiveSample {
  const upstreams = Object.keys(sample.upstreams).map(
    (name) => [name, { arrivals: 0, sends: 0, cached: 0, waiting: 0 }] as const,
  );
  return {
    ...sample,
    inFlight: 0,
    waiting: 0,
    running: 0,
    oldestWaitMs: 0,
    upstreams: Object.fromEntries(upstreams),
  };
}
