/** One event of a `text/event-stream` (HTML standard, section 9.2). */
export interface StreamEvent {
  readonly name: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** More than any frame has: a stream that never ends a line must not fill the memory. */
const MAX_PENDING_CHARS = 8_000_000;

/** Takes text as it comes, and gives the events that are whole. */
export class EventParser {
  private pending = '';
  private name = '';
  private data: string[] = [];
  private id: string | undefined;

  push(text: string): StreamEvent[] {
    this.pending += text;
    if (this.pending.length > MAX_PENDING_CHARS) throw new Error('an event of the stream is too large');
    const events: StreamEvent[] = [];
    const lines = this.pending.split(/\r\n|\n|\r(?!$)/);
    this.pending = lines.pop() ?? '';
    for (const line of lines) this.line(line, events);
    return events;
  }

  private line(line: string, events: StreamEvent[]): void {
    if (line === '') {
      if (this.data.length > 0) {
        events.push({ name: this.name || 'message', data: this.data.join('\n'), id: this.id });
      }
      this.name = '';
      this.data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.name = value;
    else if (field === 'data') this.data.push(value);
    else if (field === 'id') this.id = value;
  }
}

/** The events of an answer, one after another, until it ends. `EventSource` could send no token. */
export async function* eventsOf(response: Response): AsyncGenerator<StreamEvent> {
  const { body } = response;
  if (body === null) return;
  const parser = new EventParser();
  const reader = body
    .pipeThrough(new TextDecoderStream() as never)
    .getReader() as ReadableStreamDefaultReader<string>;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(value);
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
