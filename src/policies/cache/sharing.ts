import { type Fields, fieldRecord, varyNames } from './fields.ts';
import type { CacheKeys, KeyedRequest } from './key.ts';
import { valuesOf } from './variants.ts';

/** Of a cached route's request, besides its key: what negotiates, selects a part or asks about a version. */
const NEGOTIATING_HEADERS: readonly string[] = [
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'pragma',
  'prefer',
  'range',
];

/**
 * Headers that differ between otherwise identical requests: of the connection, of the way here, of traces. An
 * upstream that does choose by one of them says so in `Vary`, and `mayShare` heeds it.
 */
const INDIFFERENT_HEADERS: ReadonlySet<string> = new Set([
  'baggage',
  'connection',
  'content-length',
  'date',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'priority',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
  'x-correlation-id',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
  'x-request-id',
]);

export interface SharedRequest extends KeyedRequest {
  readonly method: string;
}

/** What makes two reads identical on a cached route: method, cache key, and the headers that choose an answer. */
export function sharingKeyOfCached(keys: CacheKeys, request: SharedRequest): string {
  return `${request.method} ${valuesOf(NEGOTIATING_HEADERS, request.incoming)}\n${keys.keyOf(request)}`;
}

/** On a route without a cache nobody said which headers matter: all do, but the ones that surely do not. */
export function sharingKeyOfUncached(keys: CacheKeys, request: SharedRequest): string {
  let key = `${request.method} ${keys.prefix}${request.target.length}:${request.target}`;
  for (const [name, value] of request.incoming) {
    if (!INDIFFERENT_HEADERS.has(name)) key += `\n${name}:${value.length}:${value}`;
  }
  return key;
}

/**
 * Whether an answer to one request may be given to another with the same sharing key: not when it sets a cookie,
 * which is meant for one, and not when it varies with a header in which they differ (RFC 9111 §4).
 */
export function mayShare(answer: Fields, asked: Headers, other: Headers): boolean {
  const { vary, 'set-cookie': setCookie } = fieldRecord(answer);
  if (setCookie !== undefined) return false;
  const names = varyNames(vary);
  return !names.includes('*') && valuesOf(names, asked) === valuesOf(names, other);
}
