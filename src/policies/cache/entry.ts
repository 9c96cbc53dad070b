import type { Fields } from './fields.ts';

/** An answer as it is kept: its whole body, end-to-end headers without `Age`. Never changed. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Fields;
  readonly body: Uint8Array | undefined;
  readonly origin: 'upstream';
}

/** What is known of a stored answer. Times are monotonic ms. A store that serialises keeps exactly these. */
export interface EntryFacts {
  readonly answer: StoredAnswer;
  /** When its age was 0: before it came here if the upstream said `Age`. */
  readonly bornAtMs: number;
  readonly freshUntilMs: number;
  /** Undefined: never given stale while a refresh runs. */
  readonly staleWhileRevalidateUntilMs: number | undefined;
  /** Undefined: never given in place of an error. */
  readonly staleIfErrorUntilMs: number | undefined;
  /** The upstream forbids giving it stale, even to a client that would take it. */
  readonly mustRevalidate: boolean;
  /** After that it is of no use to anybody. */
  readonly keepUntilMs: number;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /** Lower-case names of the request headers that it was chosen by. */
  readonly vary: readonly string[];
}

/** Objects, arrays and bookkeeping around an entry, as measured on Bun’s heap. */
const ENTRY_OVERHEAD_BYTES = 900;
const FIELD_OVERHEAD_BYTES = 64;

/** Fields of a 304 that its receiver needs (RFC 9110 §15.4.5). */
const NOT_MODIFIED_FIELDS = new Set([
  'cache-control',
  'content-location',
  'date',
  'etag',
  'expires',
  'last-modified',
  'vary',
]);

/**
 * A stored answer with what is said of it. The same answer object goes to everybody; `Age` and `Cache-Status`
 * change once a second and are written once a second.
 */
export class CacheEntry {
  readonly answer: StoredAnswer;
  readonly freshUntilMs: number;
  /** What it takes in memory, without its key. */
  readonly bytes: number;
  /** As of the last `tick`: what `Cache-Status` says of a hit. */
  hitStatus = '';
  /** As of the last `tick`: `Age`, as a header list. */
  ageHeaders: Fields = [];

  private writtenUntilMs = Number.NEGATIVE_INFINITY;
  private headAnswer: StoredAnswer | undefined;
  private notModifiedAnswer: StoredAnswer | undefined;

  constructor(readonly facts: EntryFacts) {
    this.answer = facts.answer;
    this.freshUntilMs = facts.freshUntilMs;
    this.bytes = sizeOf(facts.answer);
  }

  /** Brings `hitStatus` and `ageHeaders` up to date; costs one comparison while the second lasts. */
  tick(nowMs: number): void {
    if (nowMs >= this.writtenUntilMs) this.write(nowMs);
  }

  /** `Cache-Status` of a stale answer and why it was given (RFC 9211 §2.8); ttl is negative when it was stale. */
  staleStatus(nowMs: number, detail: string): string {
    return `hit; ttl=${this.ttlSeconds(nowMs)}; detail=${detail}`;
  }

  /** The answer to a HEAD request: the same without a body. */
  get head(): StoredAnswer {
    this.headAnswer ??= { ...this.answer, body: undefined };
    return this.headAnswer;
  }

  /** The answer to a client that has this very one already. */
  get notModified(): StoredAnswer {
    this.notModifiedAnswer ??= {
      status: 304,
      headers: notModifiedFields(this.answer.headers),
      body: undefined,
      origin: 'upstream',
    };
    return this.notModifiedAnswer;
  }

  private ttlSeconds(nowMs: number): number {
    return Math.floor((this.freshUntilMs - nowMs) / 1_000);
  }

  private write(nowMs: number): void {
    const { bornAtMs } = this.facts;
    const age = Math.max(0, Math.floor((nowMs - bornAtMs) / 1_000));
    const ttl = this.ttlSeconds(nowMs);
    this.hitStatus = `hit; ttl=${ttl}`;
    this.ageHeaders = [['Age', String(age)]];
    this.writtenUntilMs = Math.min(bornAtMs + (age + 1) * 1_000, this.freshUntilMs - ttl * 1_000);
  }
}

/** The fields of an answer that a 304 in its place carries. */
export function notModifiedFields(fields: Fields): Fields {
  return fields.filter(([name]) => NOT_MODIFIED_FIELDS.has(name.toLowerCase()));
}

function sizeOf(answer: StoredAnswer): number {
  let bytes = ENTRY_OVERHEAD_BYTES + (answer.body?.byteLength ?? 0);
  for (const [name, value] of answer.headers) bytes += FIELD_OVERHEAD_BYTES + name.length + value.length;
  return bytes;
}
