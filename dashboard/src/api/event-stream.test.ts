import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { EventParser, eventsOf } from './event-stream.ts';

const FRAMES =
  ': hello\n\nretry: 1000\nevent: snapshot\nid: b-1\ndata: {"a":1}\n\nevent: delta\nid: b-2\ndata: x\ndata: y\n\n';

const EVENTS = [
  { name: 'snapshot', data: '{"a":1}', id: 'b-1' },
  { name: 'delta', data: 'x\ny', id: 'b-2' },
];

describe('EventParser', () => {
  test('reads events, passes over comments, joins lines of data', () => {
    expect(new EventParser().push(FRAMES)).toEqual(EVENTS);
  });

  test('gives the same events wherever the network cuts the text', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(FRAMES.length), { maxLength: 20 }), (cuts) => {
        const parser = new EventParser();
        const places = [0, ...cuts.sort((a, b) => a - b), FRAMES.length];
        const events = places.slice(1).flatMap((end, index) => parser.push(FRAMES.slice(places[index], end)));
        expect(events).toEqual(EVENTS);
      }),
    );
  });

  test('takes CR LF and a lone CR as ends of lines', () => {
    expect(new EventParser().push('data: a\r\n\r\ndata: b\r\rdata: c\n\n')).toEqual([
      { name: 'message', data: 'a', id: undefined },
      { name: 'message', data: 'b', id: undefined },
      { name: 'message', data: 'c', id: undefined },
    ]);
  });

  test('gives no event for a block without data, and forgets its name', () => {
    expect(new EventParser().push('event: x\n\ndata: 1\n\n')).toEqual([
      { name: 'message', data: '1', id: undefined },
    ]);
  });

  test('refuses a line that never ends', () => {
    const parser = new EventParser();
    expect(() => {
      for (let index = 0; index < 10; index++) parser.push('x'.repeat(1_000_000));
    }).toThrow('too large');
  });
});

test('eventsOf reads characters that two chunks share', async () => {
  const bytes = new TextEncoder().encode('data: ação\n\n');
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const seen: string[] = [];
  for await (const { data } of eventsOf(new Response(body))) seen.push(data);
  expect(seen).toEqual(['ação']);
});
