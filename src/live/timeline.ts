import type { Clock } from '../shared/clock.ts';

/** What happened, in one word. */
export type TimelineKind =
  | 'started'
  | 'breaker'
  | 'provider_pause'
  | 'paused'
  | 'resumed'
  | 'operator'
  | 'reload'
  | 'burst'
  | 'ledger'
  | 'state';

export type TimelineFacts = Readonly<Record<string, string | number | boolean | null>>;

/** Something worth a line. */
export interface TimelineNote {
  readonly kind: TimelineKind;
  readonly upstream?: string | undefined;
  /** What the text of the kind is filled with. A duration ends in `_ms`. */
  readonly facts: TimelineFacts;
}

export interface TimelineEntry {
  /** Counts up. */
  readonly id: number;
  /** Wall-clock ms of the last time. */
  readonly atMs: number;
  readonly kind: TimelineKind;
  readonly upstream: string | undefined;
  /** Those of the last time. */
  readonly facts: TimelineFacts;
  /** How often it happened since the entry began. */
  readonly times: number;
}

export interface TimelineOptions {
  readonly clock: Clock;
  /** Hides numbers of persons in a text. */
  readonly mask: (text: string) => string;
}

/** Entries that are kept. */
const KEPT = 200;
/** What happens again within this time is no line of its own. */
const MERGED_WITHIN_MS = 5_000;

interface Held {
  readonly entry: TimelineEntry;
  /** Equal for what is the same event, whatever its durations. */
  readonly key: string;
  /** Monotonic ms of the last time. */
  readonly lastMs: number;
  /** The version that the timeline had after it. */
  readonly version: number;
}

/**
 * The last things that an operator wants to know of. Bounded: the oldest entry gives way, and what happens again and
 * again is one entry that says how often, so that a flood of one event leaves the others in sight.
 */
export class Timeline {
  private readonly clock: Clock;
  private readonly mask: (text: string) => string;
  /** By id; the oldest first. */
  private held: Held[] = [];
  private ids = 0;
  private changes = 0;

  constructor({ clock, mask }: TimelineOptions) {
    this.clock = clock;
    this.mask = mask;
  }

  /** Rises with every note: ask `since` with it for what comes later. */
  get version(): number {
    return this.changes;
  }

  /** Entries that gave way to newer ones. */
  get overwritten(): number {
    return this.ids - this.held.length;
  }

  note({ kind, upstream, facts }: TimelineNote): void {
    const nowMs = this.clock.now();
    const shown = this.masked(facts);
    const key = keyOf(kind, upstream, shown);
    const at = this.held.findLastIndex((one) => one.key === key && nowMs - one.lastMs <= MERGED_WITHIN_MS);
    const before = this.held[at]?.entry;
    const entry: TimelineEntry = {
      id: before?.id ?? ++this.ids,
      atMs: this.clock.wallNow(),
      kind,
      upstream,
      facts: shown,
      times: (before?.times ?? 0) + 1,
    };
    const held: Held = { entry, key, lastMs: nowMs, version: ++this.changes };
    if (before !== undefined) this.held[at] = held;
    else {
      this.held.push(held);
      if (this.held.length > KEPT) this.held.shift();
    }
  }

  /** Entries that are new since the timeline had this version, and those that happened again; the oldest first. */
  since(version: number): readonly TimelineEntry[] {
    if (version >= this.changes) return [];
    return this.held.filter((one) => one.version > version).map(({ entry }) => entry);
  }

  /** The newest entries, the oldest of them first. */
  last(count: number): readonly TimelineEntry[] {
    return count <= 0 ? [] : this.held.slice(-count).map(({ entry }) => entry);
  }

  private masked(facts: TimelineFacts): TimelineFacts {
    const shown: Record<string, string | number | boolean | null> = {};
    for (const [name, value] of Object.entries(facts)) {
      // The actor is a role and an address that the gateway wrote down itself, and an address may look like a number.
      shown[name] = typeof value === 'string' && name !== 'actor' ? this.mask(value) : value;
    }
    return shown;
  }
}

function keyOf(kind: TimelineKind, upstream: string | undefined, facts: TimelineFacts): string {
  const same = Object.entries(facts).filter(([name]) => !name.endsWith('_ms'));
  return JSON.stringify([kind, upstream ?? null, same]);
}
