import type { z } from '@hono/zod-openapi';
import type { LiveSample, LiveSampler } from '../../../live/sampler.ts';
import type { Timeline } from '../../../live/timeline.ts';
import type { ProcessFacts, UpstreamPort } from '../ports.ts';
import { AdminProblem } from '../problems.ts';
import type { liveDelta, liveSnapshot } from '../resources/live-frame.ts';
import { statusOf } from '../resources/upstream-view.ts';
import { isoTime, wallTime } from '../wall-time.ts';
import { entryOf, type LiveState, type StateSources, sampleOf, stateOf } from './frame-parts.ts';
import { ListenerStream } from './listener-stream.ts';

export interface LiveFeedSources extends StateSources {
  /** Tells this process from the one before it and after it; no `-` at its end. */
  readonly boot: string;
  readonly process: ProcessFacts;
  readonly sampler: Pick<LiveSampler, 'onSample' | 'samples' | 'seq' | 'minute'>;
  readonly timeline: Pick<Timeline, 'since' | 'last' | 'version'>;
  /** By name, in the order of the configuration. */
  readonly upstreams: ReadonlyMap<string, UpstreamPort>;
}

export interface OpenOptions {
  /** What the listener sent as `Last-Event-ID`. */
  readonly lastEventId: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Streams at once. */
export const MOST_LISTENERS = 64;
/** Frames that a listener may have missed and still get. */
const FRAMES_KEPT = 60;
/** So long after the last listener has left, frames are still made: whoever was cut off comes back soon. */
const FRAMES_AFTER_LAST = 60;
const TIMELINE_SENT = 100;

interface Frame {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** What the listeners know after a frame: a snapshot tells the same, so that the next delta fits to it. */
interface Base {
  readonly seq: number;
  readonly state: LiveState;
  /** The status of each upstream as JSON, by name. */
  readonly upstreams: ReadonlyMap<string, string>;
  readonly timelineVersion: number;
}

const encoder = new TextEncoder();
/** A comment, so that the head goes out at once, and how long to wait before coming back. */
const PREAMBLE = encoder.encode(': live\nretry: 1000\n\n');

/**
 * The live stream: a snapshot, then one delta a second. A frame is made once, and the same bytes go to everybody who
 * listens; none is made while nobody does.
 */
export class LiveFeed {
  private readonly listeners = new Set<ListenerStream>();
  /** Without a gap, oldest first. */
  private frames: Frame[] = [];
  private base: Base | undefined;
  /** The last sample for which a frame is made, should nobody listen. */
  private framesUntilSeq = 0;
  private closed = false;
  /** Listeners that were turned away because as many as may were there. */
  refused = 0;
  /** Listeners that did not read, and were cut. */
  cut = 0;

  constructor(private readonly sources: LiveFeedSources) {
    sources.sampler.onSample((sample) => this.next(sample));
  }

  /** Who listens. */
  get size(): number {
    return this.listeners.size;
  }

  /** Somebody listens, or has until a moment ago: frames are made. */
  get isWatched(): boolean {
    return this.listeners.size > 0 || this.sources.sampler.seq < this.framesUntilSeq;
  }

  /** Throws `too_many_streams` when as many as may listen already, or the process ends. */
  open({ lastEventId, signal }: OpenOptions): Response {
    if (this.closed || this.listeners.size >= MOST_LISTENERS) {
      this.refused++;
      throw new AdminProblem('too_many_streams', {
        detail: this.closed ? 'The process ends.' : `${MOST_LISTENERS} listeners are there already.`,
        headers: { 'Retry-After': '5' },
      });
    }
    const stream = new ListenerStream((end) => {
      this.listeners.delete(stream);
      if (end === 'cut') this.cut++;
      if (this.listeners.size === 0) this.framesUntilSeq = this.sources.sampler.seq + FRAMES_AFTER_LAST;
    });
    this.listeners.add(stream);
    stream.send(PREAMBLE);
    const missed = this.missedSince(lastEventId);
    if (missed === undefined) stream.send(this.snapshot());
    else if (missed.byteLength > 0) stream.send(missed);
    if (signal !== undefined) stream.endWith(signal);
    return new Response(stream.body, {
      headers: {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store',
        // nginx would collect the frames before it hands them on.
        'X-Accel-Buffering': 'no',
      },
    });
  }

  /** Ends every stream; nobody is let in any more. */
  close(): void {
    this.closed = true;
    for (const listener of [...this.listeners]) listener.close();
  }

  /** One second later. */
  private next(sample: LiveSample): void {
    if (this.listeners.size === 0 && sample.seq > this.framesUntilSeq) {
      this.frames = [];
      this.base = undefined;
      return;
    }
    const before = this.base;
    const after = this.read(sample.seq);
    this.base = after;
    // Without one before it, the snapshot of whoever comes next tells all of it.
    if (before === undefined || before.seq !== sample.seq - 1) {
      this.frames = [];
      return;
    }
    const bytes = this.event('delta', sample.seq, this.delta(sample, before, after));
    this.frames.push({ seq: sample.seq, bytes });
    if (this.frames.length > FRAMES_KEPT) this.frames.shift();
    for (const listener of [...this.listeners]) listener.send(bytes);
  }

  private delta(sample: LiveSample, before: Base, after: Base): string {
    const { clock, timeline } = this.sources;
    const changed = [...after.upstreams].filter(([name, text]) => before.upstreams.get(name) !== text);
    const frame: Omit<z.output<typeof liveDelta>, 'upstreams'> = {
      seq: sample.seq,
      now: isoTime(clock.wallNow()),
      sample: sampleOf(sample),
      state: after.state,
      removed: [...before.upstreams.keys()].filter((name) => !after.upstreams.has(name)),
      timeline: timeline.since(before.timelineVersion).map(entryOf),
    };
    return withUpstreams(
      frame,
      changed.map(([, text]) => text),
    );
  }

  private snapshot(): Uint8Array {
    const { clock, process, sampler, timeline, boot } = this.sources;
    // The state of the last frame, even if it is almost a second old: what changes until the next one is in that.
    this.base ??= this.read(sampler.seq);
    const frame: Omit<z.output<typeof liveSnapshot>, 'upstreams'> = {
      boot,
      seq: this.base.seq,
      now: isoTime(clock.wallNow()),
      version: process.version,
      environment: process.environment ?? null,
      started_at: wallTime(clock, process.startedAtMs) ?? '',
      samples: sampler.samples().map(sampleOf),
      state: this.base.state,
      timeline: timeline.last(TIMELINE_SENT).map(entryOf),
    };
    return this.event('snapshot', this.base.seq, withUpstreams(frame, [...this.base.upstreams.values()]));
  }

  private read(seq: number): Base {
    const { clock, sampler, timeline, upstreams } = this.sources;
    const status = [...upstreams].map(
      ([name, port]) => [name, JSON.stringify(statusOf(clock, name, port))] as const,
    );
    return {
      seq,
      state: stateOf(this.sources, sampler.minute(), this.listeners.size),
      upstreams: new Map(status),
      timelineVersion: timeline.version,
    };
  }

  /** What came after the event, in one piece; undefined when not all of that is at hand. */
  private missedSince(lastEventId: string | undefined): Uint8Array | undefined {
    const { boot, sampler } = this.sources;
    const prefix = `${boot}-`;
    if (lastEventId === undefined || !lastEventId.startsWith(prefix)) return undefined;
    const text = lastEventId.slice(prefix.length);
    const seq = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(seq <= sampler.seq) || this.base?.seq !== sampler.seq) return undefined;
    const missed = this.frames.filter((frame) => frame.seq > seq);
    if (missed.length !== sampler.seq - seq) return undefined;
    return concat(missed.map(({ bytes }) => bytes));
  }

  private event(name: string, seq: number, data: string): Uint8Array {
    return encoder.encode(`event: ${name}\nid: ${this.sources.boot}-${seq}\ndata: ${data}\n\n`);
  }
}

/** The upstreams are written already: they were compared with those of the frame before. */
function withUpstreams(frame: object, upstreams: readonly string[]): string {
  return `${JSON.stringify(frame).slice(0, -1)},"upstreams":[${upstreams.join(',')}]}`;
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, { byteLength }) => size + byteLength, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.byteLength;
  }
  return whole;
}
