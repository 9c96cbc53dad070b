import { Fleet } from '../fleet/fleet.ts';
import { gateNote } from '../live/gate-note.ts';
import { RequestTail } from '../live/request-tail.ts';
import { LiveSampler } from '../live/sampler.ts';
import { Timeline } from '../live/timeline.ts';
import type { StateSources } from '../server/admin/live/frame-parts.ts';
import { LiveFeed } from '../server/admin/live/live-feed.ts';
import type { ProcessFacts, UpstreamPort } from '../server/admin/ports.ts';
import type { Clock } from '../shared/clock.ts';
import { maskNumbers } from '../shared/mask-numbers.ts';
import type { Random } from '../shared/random.ts';
import type { GateEvent } from '../state/contracts.ts';
import type { UsageRecorder } from '../usage/recorder.ts';
import type { HotState } from './hot-state.ts';

export interface LivePartsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly recorder: UsageRecorder;
  /** How a client may be shown. */
  readonly nameClient: (client: string) => string;
  /** By name, in the order of the configuration in force. */
  readonly upstreams: ReadonlyMap<string, UpstreamPort>;
  readonly state: Pick<HotState, 'registry' | 'status'>;
}

export interface FeedOptions
  extends Omit<StateSources, 'clock' | 'recorder' | 'hotState' | 'nodes' | 'drift'> {
  readonly process: ProcessFacts;
  /** Called once a second, before the frame is made: what it notes on the timeline is in that frame. */
  readonly look: () => void;
}

/** What the dashboard shows while it happens: the timeline, the last requests, and the samples of the last minute. */
export class LiveParts {
  readonly timeline: Timeline;
  readonly tail: RequestTail;
  /** Of this process alone. */
  readonly sampler: LiveSampler;
  readonly fleet: Fleet;
  /** What is shown in sum: of the whole fleet, where there is one. */
  readonly recorder: Pick<UsageRecorder, 'totals' | 'inFlight' | 'all'>;
  private readonly isShared: boolean;
  private shown: LiveFeed | undefined;

  constructor(private readonly options: LivePartsOptions) {
    const { clock, recorder, nameClient, upstreams, state } = options;
    this.timeline = new Timeline({ clock, mask: maskNumbers });
    this.tail = new RequestTail({ clock, mask: maskNumbers, nameClient });
    const isWatched = () => this.shown?.isWatched === true;
    this.sampler = new LiveSampler({ clock, recorder, gates: () => gatesOf(upstreams), isWatched });
    this.isShared = state.status().kind === 'redis';
    this.fleet = new Fleet({
      clock,
      registry: state.registry,
      own: this.sampler,
      recorder,
      gates: () => gatesOf(upstreams),
      isWatched: () => this.isShared && isWatched(),
    });
    this.recorder = this.isShared ? this.fleet.recorder : recorder;
  }

  noteGate(upstream: string, event: GateEvent): void {
    this.timeline.note(gateNote(upstream, event, this.options.clock.now()));
  }

  /** The stream of all that. Call it once. */
  feed({ process, look, ...sources }: FeedOptions): LiveFeed {
    const { clock, random, upstreams, state } = this.options;
    const { timeline, recorder, fleet } = this;
    this.sampler.onSample(look);
    this.shown = new LiveFeed({
      ...sources,
      clock,
      recorder,
      process,
      hotState: () => state.status(),
      nodes: () => fleet.summary().nodes,
      drift: () => fleet.summary().drift,
      sampler: this.isShared ? fleet.sampler : this.sampler,
      timeline,
      upstreams,
      boot: Math.floor(random.next() * 2 ** 48)
        .toString(16)
        .padStart(12, '0'),
    });
    return this.shown;
  }
}

function* gatesOf(upstreams: ReadonlyMap<string, UpstreamPort>) {
  for (const [name, { gate }] of upstreams) yield [name, gate] as const;
}
