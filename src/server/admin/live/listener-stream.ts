/** Frames that may wait for a listener that reads slowly. */
const MOST_BEHIND = 16;

export type ListenerEnd = 'left' | 'cut' | 'closed';

/**
 * The body of one listener’s answer. Whoever does not read is cut once as many frames wait as may: the page asks
 * again, and gets a new snapshot instead of old news.
 */
export class ListenerStream {
  readonly body: ReadableStream<Uint8Array>;
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  /** `onEnd` is called exactly once. */
  constructor(private readonly onEnd: (end: ListenerEnd) => void) {
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        cancel: () => this.end('left'),
      },
      { highWaterMark: MOST_BEHIND },
    );
  }

  /** Ends with the signal. */
  endWith(signal: AbortSignal): void {
    if (signal.aborted) this.leave();
    else signal.addEventListener('abort', () => this.leave(), { once: true });
  }

  /** The bytes go out as they are; they must not change afterwards. */
  send(bytes: Uint8Array): void {
    const { controller } = this;
    if (controller === undefined) return;
    if ((controller.desiredSize ?? 0) > 0) {
      controller.enqueue(bytes);
      return;
    }
    this.end('cut');
    // What waits is thrown away, and the connection with it.
    controller.error(new Error('the listener does not read'));
  }

  close(): void {
    const { controller } = this;
    if (controller === undefined) return;
    this.end('closed');
    controller.close();
  }

  private leave(): void {
    const { controller } = this;
    if (controller === undefined) return;
    this.end('left');
    controller.close();
  }

  private end(how: ListenerEnd): void {
    if (this.controller === undefined) return;
    this.controller = undefined;
    this.onEnd(how);
  }
}
