import type { FinishedNotes } from '../gateway/stages/record.ts';
import type { Clock } from '../shared/clock.ts';
import type { Urgency } from '../shared/urgency.ts';
import type { UsageSample } from '../usage/rollup.ts';
import { matcherOf, type TailFilter } from './tail-filter.ts';

/** A request that ended, as it may be shown. */
export interface TailRecord extends UsageSample {
  /** Counts up. */
  readonly seq: number;
  readonly id: string;
  /** Wall-clock ms. */
  readonly endedAtMs: number;
  /** Undefined: it became no command. */
  readonly urgency: Urgency | undefined;
}

export interface TailQuery {
  /** Only what came after the record with this number. One that does not exist yet counts as absent. */
  readonly after?: number | undefined;
  readonly limit: number;
  readonly filter: TailFilter;
}

export interface TailPage {
  /** Newest first. */
  readonly items: readonly TailRecord[];
  /** `after` of the next question. */
  readonly next: number;
  /** Came after `after`, and were overwritten before this question. */
  readonly missed: number;
  /** Would be among the items, if `limit` were higher. */
  readonly omitted: number;
  readonly held: number;
}

export interface RequestTailOptions {
  readonly clock: Clock;
  /** Hides numbers of persons in an id or a path. */
  readonly mask: (text: string) => string;
  /** How a client may be shown. */
  readonly nameClient: (client: string) => string;
  /** Requests that are held; 2,000 when absent. */
  readonly size?: number;
}

/** Longer paths and ids are cut when they are shown. */
const MOST_SHOWN = 1_024;
/** So much more is masked, that a number which the cut would tear apart is still whole when it is. */
const MARGIN = 64;

const NOTHING: UsageSample = {
  route: '',
  upstream: '',
  client: '',
  path: '',
  method: '',
  outcome: 'success',
  status: 0,
  bytes: 0,
  totalMs: 0,
  queueMs: undefined,
  upstreamMs: undefined,
  attempts: 0,
  cache: 'none',
  errorCode: undefined,
};

/** One place of the ring. All are made at the start, so that taking note allocates nothing. */
class Slot {
  sample = NOTHING;
  id = '';
  path = '';
  urgency: Urgency | undefined = undefined;
  /** Monotonic ms. */
  endedMs = 0;
}

/**
 * The last requests that ended. Taking note is five stores: names and times are made presentable when somebody
 * reads. The newest overwrites the oldest, and whoever reads too seldom is told how many that were.
 */
export class RequestTail implements FinishedNotes {
  private readonly clock: Clock;
  private readonly mask: (text: string) => string;
  private readonly nameClient: (client: string) => string;
  private readonly slots: Slot[];
  private noted = 0;
  private nextSlot = 0;

  constructor({ clock, mask, nameClient, size = 2_000 }: RequestTailOptions) {
    this.clock = clock;
    this.mask = mask;
    this.nameClient = nameClient;
    this.slots = Array.from({ length: size }, () => new Slot());
  }

  note(sample: UsageSample, id: string, path: string, urgency: Urgency | undefined, endedMs: number): void {
    const slot = this.slots[this.nextSlot]!;
    slot.sample = sample;
    slot.id = id;
    slot.path = path;
    slot.urgency = urgency;
    slot.endedMs = endedMs;
    this.noted++;
    this.nextSlot = this.nextSlot + 1 === this.slots.length ? 0 : this.nextSlot + 1;
  }

  /** Looks at everything that is held and came after `after`. */
  page({ after, limit, filter }: TailQuery): TailPage {
    const held = Math.min(this.noted, this.slots.length);
    const from = after === undefined || after > this.noted ? undefined : after;
    const oldest = this.noted - held + 1;
    const first = from === undefined ? oldest : Math.max(oldest, from + 1);
    const matches = matcherOf(filter);
    const wallOffsetMs = this.clock.wallNow() - this.clock.now();
    const items: TailRecord[] = [];
    let omitted = 0;
    for (let seq = this.noted; seq >= first; seq--) {
      const slot = this.slots[(seq - 1) % this.slots.length]!;
      if (!matches.sample(slot.sample)) continue;
      if (items.length >= limit && !matches.readsText) {
        omitted++;
        continue;
      }
      const record = this.shown(seq, slot, wallOffsetMs);
      if (!matches.text(record)) continue;
      if (items.length < limit) items.push(record);
      else omitted++;
    }
    const missed = from === undefined ? 0 : Math.max(0, oldest - from - 1);
    return { items, next: this.noted, missed, omitted, held };
  }

  private shown(seq: number, slot: Slot, wallOffsetMs: number): TailRecord {
    const { sample, id, path, urgency, endedMs } = slot;
    return {
      ...sample,
      seq,
      id: this.shortened(id),
      path: this.shortened(path),
      client: cut(this.nameClient(sample.client)),
      urgency,
      endedAtMs: endedMs + wallOffsetMs,
    };
  }

  /** Masked, and cut before that: a page of long paths must not keep a call waiting that is due. */
  private shortened(text: string): string {
    if (text.length <= MOST_SHOWN + MARGIN) return cut(this.mask(text));
    const masked = this.mask(text.slice(0, MOST_SHOWN + MARGIN));
    return `${masked.slice(0, Math.min(MOST_SHOWN, masked.length - MARGIN))}…`;
  }
}

function cut(text: string): string {
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`;
}
