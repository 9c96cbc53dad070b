const PIECE_BYTES = 16_384;

/**
 * Text that is made while it is sent: a piece at a time, as fast as the client reads. A client that goes away ends
 * the source, and then `release` is called: a generator that has not begun would not let go of what it was given. A
 * source that fails breaks the answer off, so that nobody takes it for whole.
 */
export function streamText(
  source: Iterable<string> | AsyncIterable<string>,
  headers: Readonly<Record<string, string>>,
  release?: () => unknown,
): Response {
  const encoder = new TextEncoder();
  const iterator: Iterator<string> | AsyncIterator<string> =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let text = '';
        while (text.length < PIECE_BYTES) {
          const next = await iterator.next();
          if (next.done === true) {
            if (text !== '') controller.enqueue(encoder.encode(text));
            controller.close();
            return;
          }
          text += next.value;
        }
        controller.enqueue(encoder.encode(text));
      },
      async cancel() {
        await iterator.return?.();
        await release?.();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { headers });
}
