import type { Clock, Timer } from '../shared/clock.ts';
import type { Gate } from '../state/contracts.ts';
import type { CacheResult, CommandOutcome, RouteUsage, UsageRecorder } from '../usage/recorder.ts';
import { type LatencyFigures, latencyFigures, type MinuteFigures, MinuteWindow } from './minute-window.ts';
import { CACHE_RESULTS, OUTCOMES, UsageTotals } from './usage-totals.ts';

/** What happened within one second. */
export interface LiveSample {
  /** Counts up, without a gap. */
  readonly seq: number;
  /** Wall-clock ms of the end of the second. */
  readonly endedAtMs: number;
  readonly requests: number;
  readonly outcomes: Readonly<Record<CommandOutcome, number>>;
  readonly cache: Readonly<Record<CacheResult, number>>;
  /** Undefined: nothing ended. */
  readonly latency: LatencyFigures | undefined;
  /** When the sample was taken, as the next three. */
  readonly inFlight: number;
  readonly waiting: number;
  readonly running: number;
  readonly oldestWaitMs: number;
  /** By name; all there were. */
  readonly upstreams: Readonly<Record<string, UpstreamSample>>;
}

export interface UpstreamSample {
  readonly arrivals: number;
  readonly sends: number;
  /** Requests to its routes that the cache answered, stale answers included. */
  readonly cached: number;
  readonly waiting: number;
}

export interface SamplerSources {
  readonly clock: Clock;
  readonly recorder: Pick<UsageRecorder, 'all' | 'inFlight'>;
  /** Those of the configuration in force. */
  readonly gates: () => Iterable<readonly [name: string, gate: Pick<Gate, 'snapshot'>]>;
  /** Whether somebody sees the samples as they are taken; absent: always. */
  readonly isWatched?: () => boolean;
}

/** How old a shared gate's snapshot may be while nobody looks at it: to look costs each node a request. */
export const UNWATCHED_VIEW_AGE_MS = 5_000;
/** Samples that are kept. */
export const SAMPLES_KEPT = 60;
const SECOND_MS = 1_000;

/**
 * Looks once a second at what was counted, and keeps the differences of the last minute. Seconds are those of the
 * monotonic clock, so that a gate's counts by the second are complete. A process that stood still for a while makes up
 * for the seconds that it missed: what ended meanwhile is in the first of them.
 */
export class LiveSampler {
  private readonly sources: SamplerSources;
  private readonly window = new MinuteWindow();
  private readonly now = new UsageTotals();
  private readonly kept: LiveSample[] = [];
  private readonly listeners = new Set<(sample: LiveSample) => void>();
  /** Requests that the cache has answered, by series. */
  private cachedBefore = new Map<RouteUsage, number>();
  private timer: Timer | undefined;
  /** The last second of the monotonic clock that was looked at. */
  private second = 0;
  private count = 0;

  constructor(sources: SamplerSources) {
    this.sources = sources;
  }

  /** Samples from now on, first at the end of the second that runs now. */
  start(): void {
    if (this.timer !== undefined) return;
    this.second = Math.floor(this.sources.clock.now() / SECOND_MS) - 1;
    this.now.read(this.sources.recorder.all());
    this.window.push(this.now);
    this.countCached();
    this.schedule();
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** Called with every sample, right after it was taken. */
  onSample(listener: (sample: LiveSample) => void): void {
    this.listeners.add(listener);
  }

  /** The number of the newest sample; 0 before the first. */
  get seq(): number {
    return this.count;
  }

  /** Oldest first. */
  samples(): readonly LiveSample[] {
    return this.kept;
  }

  /** What the newest sample was made of; of use until the next one. */
  lastSecond(): UsageTotals {
    return this.window.lastSecond();
  }

  minute(): MinuteFigures {
    return this.window.figures();
  }

  private schedule(): void {
    const nowMs = this.sources.clock.now();
    const dueMs = (Math.floor(nowMs / SECOND_MS) + 1) * SECOND_MS;
    this.timer = this.sources.clock.after(dueMs - nowMs, () => {
      this.schedule();
      this.sample();
    });
  }

  private sample(): void {
    const ended = Math.floor(this.sources.clock.now() / SECOND_MS) - 1;
    // What lies further back than the window would be overwritten at once.
    this.second = Math.max(this.second, ended - SAMPLES_KEPT);
    while (this.second < ended) {
      this.second++;
      this.take(this.second);
    }
  }

  private take(second: number): void {
    const { clock, recorder, gates, isWatched } = this.sources;
    const maxAgeMs = isWatched?.() === false ? UNWATCHED_VIEW_AGE_MS : undefined;
    const cached = this.countCached();
    const upstreams: Record<string, UpstreamSample> = {};
    let waiting = 0;
    let running = 0;
    let oldestWaitMs = 0;
    for (const [name, gate] of gates()) {
      const snapshot = gate.snapshot(maxAgeMs);
      const { arrivals, sends } = snapshot.perSecond;
      upstreams[name] = {
        arrivals: arrivals.at(second),
        sends: sends.at(second),
        cached: cached.get(name) ?? 0,
        waiting: snapshot.waiting,
      };
      waiting += snapshot.waiting;
      running += snapshot.running;
      oldestWaitMs = Math.max(oldestWaitMs, snapshot.oldestWaitMs);
    }
    this.now.read(recorder.all());
    this.window.push(this.now);
    const past = this.window.lastSecond();
    const sample: LiveSample = {
      seq: ++this.count,
      endedAtMs: clock.wallNow() - (clock.now() - (second + 1) * SECOND_MS),
      requests: past.total,
      outcomes: record(OUTCOMES, (_, index) => past.outcome(index)),
      cache: record(CACHE_RESULTS, (result) => past.cache(result)),
      latency: latencyFigures(past.latency),
      inFlight: recorder.inFlight,
      waiting,
      running,
      oldestWaitMs,
      upstreams,
    };
    this.kept.push(sample);
    if (this.kept.length > SAMPLES_KEPT) this.kept.shift();
    for (const listener of this.listeners) listener(sample);
  }

  /** What the cache has answered since the last call, by upstream. */
  private countCached(): Map<string, number> {
    const now = new Map<RouteUsage, number>();
    const since = new Map<string, number>();
    for (const usage of this.sources.recorder.all()) {
      const { upstream, cache } = usage;
      const count = cache.hit + cache.stale;
      now.set(usage, count);
      const added = Math.max(0, count - (this.cachedBefore.get(usage) ?? 0));
      since.set(upstream, (since.get(upstream) ?? 0) + added);
    }
    this.cachedBefore = now;
    return since;
  }
}

function record<Key extends string>(
  keys: readonly Key[],
  of: (key: Key, index: number) => number,
): Record<Key, number> {
  return Object.fromEntries(keys.map((key, index) => [key, of(key, index)])) as Record<Key, number>;
}
