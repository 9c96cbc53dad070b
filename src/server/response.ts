import { StreamBody } from '../gateway/body.ts';
import type { Command } from '../gateway/command.ts';
import { type HeaderList, headerOf, type Reply } from '../gateway/reply.ts';

/** A cached reply goes out again and again: its headers as they were last written for somebody. */
interface Repeated {
  readonly headers: Headers;
  /** The command's own headers that are among them; the cache makes new ones once a second. */
  readonly cacheStatus: string;
  readonly extraHeaders: HeaderList | undefined;
}

const repeated = new WeakMap<Reply, Repeated>();

/** The answer to a command, with what is particular to it: id, cache status, timings, limits. */
export function toResponse(reply: Reply, command: Command): Response {
  const headers = headersFor(reply, command);
  // What the upstream said stays: its own id is what its support asks for.
  if (reply.origin === 'gateway' || headerOf(reply.headers, 'x-request-id') === undefined) {
    headers.set('x-request-id', command.id);
  }
  return responseOf(reply, headers);
}

/** All headers but the id. A Response copies the headers that it is given, so they may be given again. */
function headersFor(reply: Reply, command: Command): Headers {
  const { cacheStatus, extraHeaders } = command;
  const again = cacheStatus?.startsWith('hit') === true && command.queueMs === undefined;
  if (again) {
    const last = repeated.get(reply);
    if (last !== undefined && last.cacheStatus === cacheStatus && last.extraHeaders === extraHeaders) {
      return last.headers;
    }
  }
  const headers = new Headers(reply.headers as [string, string][]);
  if (cacheStatus !== undefined) headers.append('cache-status', `comporta; ${cacheStatus}`);
  if (command.queueMs !== undefined) headers.append('server-timing', serverTiming(command));
  if (extraHeaders !== undefined) for (const [name, value] of extraHeaders) headers.set(name, value);
  if (again) repeated.set(reply, { headers, cacheStatus, extraHeaders });
  return headers;
}

/** An answer that belongs to no command: health, metrics, a request that no route took. */
export function plainResponse(reply: Reply, requestId: string): Response {
  const headers = new Headers(reply.headers as [string, string][]);
  headers.set('x-request-id', requestId);
  return responseOf(reply, headers);
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
