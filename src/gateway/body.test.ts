import { describe, expect, test } from 'bun:test';
import { type BodyEnd, type BodySource, collect, StreamBody } from './body.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (data: Uint8Array) => new TextDecoder().decode(data);

function source(pieces: readonly string[], failure?: Error) {
  let next = 0;
  const made: BodySource & { cancelled: unknown[] } = {
    cancelled: [],
    read: async () => {
      const piece = pieces[next++];
      if (piece !== undefined) return bytes(piece);
      if (failure !== undefined) throw failure;
      return undefined;
    },
    cancel: (reason) => void made.cancelled.push(reason),
  };
  return made;
}

function ends(body: StreamBody): Array<[BodyEnd, number]> {
  const seen: Array<[BodyEnd, number]> = [];
  body.onEnd((end, size) => seen.push([end, size]));
  return seen;
}

describe('StreamBody', () => {
  test('passes everything on and tells its end once, with the size', async () => {
    const body = new StreamBody(source(['ab', 'c']));
    const seen = ends(body);
    expect(await new Response(body.toStream()).text()).toBe('abc');
    body.cancel('late');
    expect(seen).toEqual([['complete', 3]]);
    expect(ends(body)).toEqual([['complete', 3]]);
  });

  test('a sender that breaks off errs the reader: a truncated answer stays truncated', async () => {
    const body = new StreamBody(source(['ab'], new Error('reset')));
    const seen = ends(body);
    expect(new Response(body.toStream()).text()).rejects.toThrow('reset');
    await Bun.sleep(0);
    expect(seen).toEqual([['failed', 2]]);
  });

  test('a reader that goes away stops the sender', async () => {
    const from = source(['a', 'b', 'c']);
    const body = new StreamBody(from);
    const seen = ends(body);
    const reader = body.toStream().getReader();
    await reader.read();
    await reader.cancel('gone');
    expect(from.cancelled).toEqual(['gone']);
    expect(seen).toEqual([['cancelled', 1]]);
  });

  test('reads no further ahead than its reader', async () => {
    let reads = 0;
    const body = new StreamBody({
      read: async () => {
        reads++;
        return bytes('x');
      },
      cancel: () => {},
    });
    const reader = body.toStream().getReader();
    await reader.read();
    await reader.read();
    expect(reads).toBe(2);
  });
});

describe('collect', () => {
  test('gives a small body whole', async () => {
    const whole = await collect(new StreamBody(source(['ab', 'cd'])), 4);
    expect(read(whole as Uint8Array)).toBe('abcd');
  });

  test('gives a larger one back as a stream with nothing lost', async () => {
    const rest = await collect(new StreamBody(source(['ab', 'cd', 'ef'])), 3);
    expect(rest).toBeInstanceOf(StreamBody);
    expect(await new Response((rest as StreamBody).toStream()).text()).toBe('abcdef');
  });

  test('an empty body is zero bytes, not nothing', async () => {
    expect(((await collect(new StreamBody(source([])), 10)) as Uint8Array).byteLength).toBe(0);
  });

  test('rejects when the sender breaks off', async () => {
    expect(collect(new StreamBody(source(['ab'], new Error('reset'))), 10)).rejects.toThrow('reset');
  });
});
