import type {
  LiveDelta,
  LiveSample,
  LiveSnapshot,
  LiveState,
  TimelineEntry,
  UpstreamStatus,
} from '../api/types.ts';

/** How far back the page looks, in samples of a second and entries of the timeline. The server's rings are as long. */
export const SAMPLES_KEPT = 60;
const ENTRIES_KEPT = 100;

/** What the stream has told so far. Never changed: every frame makes another one. */
export interface LiveData {
  readonly boot: string;
  readonly version: string;
  readonly environment: string | null;
  readonly startedAt: string;
  /** The server's clock at the last frame, in ms since the epoch. */
  readonly serverNowMs: number;
  /** Oldest first. */
  readonly samples: readonly LiveSample[];
  readonly state: LiveState;
  /** In the order of the configuration. */
  readonly upstreams: readonly UpstreamStatus[];
  /** Newest first. */
  readonly timeline: readonly TimelineEntry[];
}

export function fromSnapshot(frame: LiveSnapshot): LiveData {
  return {
    boot: frame.boot,
    version: frame.version,
    environment: frame.environment,
    startedAt: frame.started_at,
    serverNowMs: Date.parse(frame.now),
    samples: frame.samples.slice(-SAMPLES_KEPT),
    state: frame.state,
    upstreams: frame.upstreams,
    timeline: newestFirst(frame.timeline),
  };
}

export function withDelta(data: LiveData, frame: LiveDelta): LiveData {
  return {
    ...data,
    serverNowMs: Date.parse(frame.now),
    samples: [...data.samples, frame.sample].slice(-SAMPLES_KEPT),
    state: frame.state,
    upstreams: mergeUpstreams(data.upstreams, frame),
    timeline:
      frame.timeline.length === 0 ? data.timeline : newestFirst([...data.timeline, ...frame.timeline]),
  };
}

function mergeUpstreams(
  old: readonly UpstreamStatus[],
  { upstreams, removed }: LiveDelta,
): readonly UpstreamStatus[] {
  if (upstreams.length === 0 && removed.length === 0) return old;
  const changed = new Map(upstreams.map((upstream) => [upstream.name, upstream]));
  const kept = old
    .filter(({ name }) => !removed.includes(name))
    .map((upstream) => changed.get(upstream.name) ?? upstream);
  const known = new Set(kept.map(({ name }) => name));
  return [...kept, ...upstreams.filter(({ name }) => !known.has(name))];
}

/** An entry that happened again comes with the same id, and takes the place of what it was. */
function newestFirst(entries: readonly TimelineEntry[]): readonly TimelineEntry[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  return [...byId.values()]
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || b.id - a.id)
    .slice(0, ENTRIES_KEPT);
}
