import { expect, test } from 'bun:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { StreamBody } from './body.ts';
import { enveloped } from './envelope.ts';
import type { Reply, ReplyBody } from './reply.ts';
import { commandOf } from './transport/upstream-call.fixture.ts';

function wrapped(body: ReplyBody, headers: Reply['headers'] = [], status = 200) {
  const reply = enveloped({ status, headers, body, origin: 'upstream' }, commandOf());
  return { status: reply.status, content: JSON.parse(new TextDecoder().decode(reply.body as Uint8Array)) };
}

const bytes = (text: string) => new TextEncoder().encode(text);

test('a success carries JSON as JSON, other text as text, nothing as null', () => {
  expect(wrapped(bytes('{"a":1}')).content).toMatchObject({ status: 'success', external_response: { a: 1 } });
  expect(wrapped(bytes('hello')).content.external_response).toBe('hello');
  expect(wrapped(undefined, [], 204)).toMatchObject({ status: 200, content: { external_response: null } });
});

test.each<[string, (text: Uint8Array) => Uint8Array]>([
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', Bun.zstdCompressSync],
  ['identity', (text) => text],
])('an answer packed as %s is carried unpacked: it came as garbled text', (coding, pack) => {
  const { content } = wrapped(pack(bytes('{"a":"\u00e9"}')), [['Content-Encoding', coding]]);
  expect(content.external_response).toEqual({ a: '\u00e9' });
});

test('several codings are undone from the last', () => {
  const packed = brotliCompressSync(gzipSync(bytes('[1]')));
  expect(wrapped(packed, [['content-encoding', 'gzip, br']]).content.external_response).toEqual([1]);
});

test.each([
  ['what is not packed as it claims', 'gzip', bytes('not packed')],
  ['a coding that nobody knows', 'exi', bytes('x')],
  ['a bomb', 'gzip', gzipSync(new Uint8Array(17 * 1024 * 1024))],
])('%s is 502', (_name, coding, body) => {
  const { status, content } = wrapped(body, [['Content-Encoding', coding]]);
  expect(status).toBe(502);
  expect(content.status).toBe('error');
});

test('an answer too large to hold is 502: it was a success without its content', () => {
  const cancelled: unknown[] = [];
  const body = new StreamBody({
    read: async () => undefined,
    cancel: (reason) => void cancelled.push(reason),
  });
  const { status, content } = wrapped(body);
  expect(status).toBe(502);
  expect(content.status).toBe('error');
  expect(cancelled.length).toBe(1);
});
