import type { StreamBody } from './body.ts';

/** Header fields in the order they came, repeated names kept apart. */
export type HeaderList = ReadonlyArray<readonly [name: string, value: string]>;

/** A held body can be shared, stored and sent again; a StreamBody is read once. */
export type ReplyBody = Uint8Array | StreamBody | undefined;

/**
 * An answer on its way back. It is never changed: a reply of the cache or of a shared call goes to many. What is
 * particular to one command (id, timings, cache status) stands in the command and is added at the edge.
 */
export interface Reply {
  readonly status: number;
  /** End-to-end headers only: hop-by-hop ones were removed where the answer came in. */
  readonly headers: HeaderList;
  readonly body: ReplyBody;
  /** Who made the answer: the upstream (now or when it was cached), or Comporta itself. */
  readonly origin: 'upstream' | 'gateway';
}

/** The first value of a header, by its lower-case name. */
export function headerOf(headers: HeaderList, lowerCaseName: string): string | undefined {
  for (const [name, value] of headers) {
    if (name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName) return value;
  }
  return undefined;
}
