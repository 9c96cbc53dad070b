/** How a streamed body came to its end. `failed`: the sender broke off; `cancelled`: the receiver went away. */
export type BodyEnd = 'complete' | 'failed' | 'cancelled';

/** Where the bytes of a streamed body come from. */
export interface BodySource {
  /** The next piece, or undefined at the end. Rejects when the sender breaks off. */
  read(): Promise<Uint8Array | undefined>;
  /** Stops the sender: nobody reads any more. */
  cancel(reason: unknown): void;
}

/**
 * A body too large to hold, passed on piece by piece at the pace of its reader. Whoever must know when it has
 * ended (usage, grants, attempts) listens with `onEnd`; each listener hears exactly one end.
 */
export class StreamBody {
  bytes = 0;
  private ending: BodyEnd | undefined;
  private listeners: Array<(end: BodyEnd, bytes: number) => void> = [];
  private readonly source: BodySource;

  constructor(source: BodySource) {
    this.source = source;
  }

  onEnd(listener: (end: BodyEnd, bytes: number) => void): void {
    if (this.ending === undefined) this.listeners.push(listener);
    else listener(this.ending, this.bytes);
  }

  /** The next piece; undefined at the end. A sender that breaks off rejects, and has ended as `failed`. */
  async read(): Promise<Uint8Array | undefined> {
    try {
      const piece = await this.source.read();
      if (piece === undefined) this.finish('complete');
      else this.bytes += piece.byteLength;
      return piece;
    } catch (error) {
      this.finish('failed');
      throw error;
    }
  }

  cancel(reason: unknown): void {
    if (this.ending !== undefined) return;
    this.finish('cancelled');
    this.source.cancel(reason);
  }

  /** As a web stream that pulls only what its reader takes. */
  toStream(): ReadableStream<Uint8Array> {
    let byReader = false;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          // Given up from below: the reader that stands still is not left waiting.
          this.onEnd((end) => {
            if (end === 'cancelled' && !byReader) controller.error(new Error('the body was given up'));
          });
        },
        pull: async (controller) => {
          try {
            const piece = await this.read();
            if (piece === undefined) controller.close();
            else controller.enqueue(piece);
          } catch (error) {
            // Erring the stream resets the client's connection: a truncated answer stays truncated.
            controller.error(error);
          }
        },
        cancel: (reason) => {
          byReader = true;
          this.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
  }

  private finish(end: BodyEnd): void {
    if (this.ending !== undefined) return;
    this.ending = end;
    const listeners = this.listeners;
    this.listeners = [];
    for (const listener of listeners) listener(end, this.bytes);
  }
}

/** A source over a web stream's reader. */
export function streamSource(stream: ReadableStream<Uint8Array>): BodySource {
  const reader = stream.getReader();
  return {
    read: async () => {
      const { done, value } = await reader.read();
      return done ? undefined : value;
    },
    cancel: (reason) => void reader.cancel(reason).catch(() => {}),
  };
}

/** `head`, then whatever `rest` still brings: what was read to look at it is not lost. */
export function prefixedSource(head: readonly Uint8Array[], rest: StreamBody): BodySource {
  let next = 0;
  return {
    read: () => (next < head.length ? Promise.resolve(head[next++]) : rest.read()),
    cancel: (reason) => rest.cancel(reason),
  };
}

/**
 * Reads a body whole while it has at most `maxBytes`. A longer one comes back as a stream that begins with what
 * was read.
 */
export async function collect(body: StreamBody, maxBytes: number): Promise<Uint8Array | StreamBody> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const piece = await body.read();
    if (piece === undefined) return join(pieces, size);
    pieces.push(piece);
    size += piece.byteLength;
    if (size > maxBytes) {
      const whole = new StreamBody(prefixedSource(pieces, body));
      // Who gives up the rest gives up all of it.
      body.onEnd((end) => {
        if (end === 'cancelled') whole.cancel(undefined);
      });
      return whole;
    }
  }
}

function join(pieces: readonly Uint8Array[], size: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.byteLength;
  }
  return whole;
}
