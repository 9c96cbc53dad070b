/** One event of a stream, for tests. */
export interface ReadEvent {
  readonly event: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  readonly data: any;
  /** All of it, as it came. */
  readonly text: string;
}

/** Reads the events of a stream, one by one. */
export class EventReader {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private readonly decoder = new TextDecoder();
  private buffered = '';
  /** Comments and the like that came before the last event. */
  preamble = '';

  constructor(response: Response) {
    if (response.body === null) throw new Error('the answer has no body');
    this.reader = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  }

  /** The next event; undefined when the stream has ended. Rejects when it broke. */
  async next(): Promise<ReadEvent | undefined> {
    for (;;) {
      const end = this.buffered.indexOf('\n\n');
      if (end === -1) {
        const { done, value } = await this.reader.read();
        if (done) return undefined;
        this.buffered += this.decoder.decode(value, { stream: true });
        continue;
      }
      const text = this.buffered.slice(0, end);
      this.buffered = this.buffered.slice(end + 2);
      const fields = new Map(
        text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      const data = fields.get('data');
      if (data === undefined) {
        this.preamble += text;
        continue;
      }
      return { event: fields.get('event') ?? '', id: fields.get('id') ?? '', data: JSON.parse(data), text };
    }
  }

  /** The next event, which must be of this kind. */
  async expect(event: string): Promise<ReadEvent> {
    const next = await this.next();
    if (next?.event !== event) throw new Error(`expected ${event}, and got ${next?.event ?? 'the end'}`);
    return next;
  }

  async leave(): Promise<void> {
    await this.reader.cancel();
  }
}
