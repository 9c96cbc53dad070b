import { StreamBody } from '../gateway/body.ts';
import type { Command } from '../gateway/command.ts';
import { type HeaderList, headerOf, type Reply } from '../gateway/reply.ts';

/** Headers of replies that go out again and again (cached ones), made once. */
const prepared = new WeakMap<Reply, Headers>();

function headersOf(reply: Reply, again: boolean): Headers {
  if (!again) return new Headers(reply.headers as [string, string][]);
  let headers = prepared.get(reply);
  if (headers === undefined) {
    headers = new Headers(reply.headers as [string, string][]);
    prepared.set(reply, headers);
  }
  return headers;
}

/** The answer to a command, with what is particular to it: id, cache status, timings, limits. */
export function toResponse(reply: Reply, command: Command): Response {
  const { cacheStatus } = command;
  const response = responseOf(reply, headersOf(reply, cacheStatus?.startsWith('hit') === true));
  const { headers } = response;
  // What the upstream said stays: its own id is what its support asks for.
  if (reply.origin === 'gateway' || !headers.has('x-request-id')) headers.set('x-request-id', command.id);
  if (cacheStatus !== undefined) headers.append('cache-status', `comporta; ${cacheStatus}`);
  if (command.queueMs !== undefined) headers.append('server-timing', serverTiming(command));
  if (command.extraHeaders !== undefined) {
    for (const [name, value] of command.extraHeaders) headers.set(name, value);
  }
  return response;
}

/** An answer that belongs to no command: health, metrics, a request that no route took. */
export function plainResponse(reply: Reply, requestId: string): Response {
  const response = responseOf(reply, new Headers(reply.headers as [string, string][]));
  response.headers.set('x-request-id', requestId);
  return response;
}

function responseOf(reply: Reply, headers: Headers): Response {
  const { body, status } = reply;
  if (body === undefined) return new Response(null, { status, headers });
  if (body instanceof StreamBody) return new Response(body.toStream(), { status, headers });
  // Bun gives bytes a Content-Type of its own where the upstream sent none; a stream gets none.
  if (!hasContentType(reply.headers)) return new Response(streamOf(body), { status, headers });
  return new Response(body as Uint8Array<ArrayBuffer>, { status, headers });
}

const hasContentType = (headers: HeaderList): boolean => headerOf(headers, 'content-type') !== undefined;

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      if (bytes.byteLength > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
}

function serverTiming(command: Command): string {
  const queue = `queue;dur=${(command.queueMs ?? 0).toFixed(1)}`;
  return command.upstreamMs === undefined ? queue : `${queue}, upstream;dur=${command.upstreamMs.toFixed(1)}`;
}
