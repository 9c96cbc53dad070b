import type { HeaderList } from '../reply.ts';
import { notHttp } from './transport.ts';

/** Fields that speak of one connection and go no further (RFC 9110 §7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const hopByHop = new Set(HOP_BY_HOP);
/** Written anew for the next connection, whatever the client said. */
const rewritten = ['host', 'content-length', 'expect'];

/** The client's headers as the upstream gets them: hop-by-hop fields and those that `Connection` names removed. */
export function requestHeaders(incoming: Headers): Headers {
  const headers = new Headers(incoming);
  const connection = headers.get('connection');
  if (connection !== null) for (const name of namedBy(connection)) headers.delete(name);
  for (const name of HOP_BY_HOP) headers.delete(name);
  for (const name of rewritten) headers.delete(name);
  return headers;
}

/** The end-to-end headers of an upstream's answer, in order, repeated ones kept apart. */
export function answerHeaders(
  fields: Iterable<readonly [string, string]>,
  connection: string | null,
): HeaderList {
  const named = connection === null ? undefined : new Set(namedBy(connection));
  const kept: Array<readonly [string, string]> = [];
  for (const field of fields) {
    const name = field[0].toLowerCase();
    if (!hopByHop.has(name) && named?.has(name) !== true) kept.push(field);
  }
  return kept;
}

/** `Connection` lists further hop-by-hop fields; a name that is no token is not one. */
function namedBy(connection: string): string[] {
  return connection
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name));
}

/** The status of a final answer. Throws `upstream_unreachable` on one that HTTP does not know (RFC 9110 §15). */
export function answerStatus(status: number | undefined): number {
  if (status === undefined || status < 200 || status > 599) throw notHttp(`status ${status}`);
  return status;
}

/** Whether an answer with this status to this method has a body at all (RFC 9112 §6.3). */
export function hasBody(method: string, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304 && status >= 200;
}

/** The declared length of a body; undefined when there is none or it is not a number. */
export function contentLength(value: string | null | undefined): number | undefined {
  return value != null && /^\d+$/.test(value) ? Number(value) : undefined;
}
