import zlib from 'node:zlib';
import type { ErrorCode, GatewayError } from '../shared/errors.ts';
import { errorTable } from '../shared/errors.ts';
import { StreamBody } from './body.ts';
import type { Command } from './command.ts';
import { refusalHeaders } from './problem.ts';
import { headerOf, type Reply } from './reply.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Sentences that clients of the envelope match word for word. */
const messages: Partial<Record<ErrorCode, string>> = {
  client_rate_limited: 'Rate limit exceeded. Please try again later.',
  circuit_open: 'External service is currently unavailable (Circuit Open).',
};

/** A refusal or failure of ours in the envelope: `{"status":"error","message":…}`. */
export function envelopedError(error: GatewayError): Reply {
  const message = messages[error.code] ?? `${errorTable[error.code].title}. ${error.message}`;
  return json(error.status, { status: 'error', message }, refusalHeaders(error));
}

/** What an unpacked answer may measure: a small one can be packed from gigabytes. */
const MOST_UNPACKED_BYTES = 16 * 1024 * 1024;

type Unpacker = (packed: Uint8Array, limit: { readonly maxOutputLength: number }) => Uint8Array;

const unpackers: Readonly<Record<string, Unpacker>> = {
  gzip: zlib.gunzipSync,
  deflate: zlib.inflateSync,
  br: zlib.brotliDecompressSync,
  // Bun has it; the types are those of the oldest Node that the launcher runs on.
  zstd: (zlib as unknown as { readonly zstdDecompressSync: Unpacker }).zstdDecompressSync,
};

/**
 * The upstream's answer in the envelope. A success carries the answer as JSON (as text where it is none), unpacked,
 * since the envelope is not; one that cannot be carried is 502, never a success without its content. Anything else
 * keeps its status and says so.
 */
export function enveloped(reply: Reply, command: Command): Reply {
  if (reply.status >= 200 && reply.status < 300) {
    const text = textOf(reply);
    if (text === undefined) {
      const message =
        'External service answered with what cannot be passed on: too large, or packed unreadably.';
      return json(502, { status: 'error', message }, []);
    }
    return json(200, { status: 'success', external_response: parsed(text), proxy_notes: notes(command) }, []);
  }
  const retryAfter = headerOf(reply.headers, 'retry-after');
  return json(
    reply.status,
    { status: 'error', message: `External service answered with status ${reply.status}.` },
    retryAfter === undefined ? [] : [['Retry-After', retryAfter]],
  );
}

/** Null: there is none. Undefined: it cannot be read. */
function textOf(reply: Reply): string | null | undefined {
  if (reply.body === undefined) return null;
  if (reply.body instanceof StreamBody) {
    reply.body.cancel(new Error('the answer is too large for the envelope'));
    return undefined;
  }
  try {
    return decoder.decode(unpacked(reply.body, headerOf(reply.headers, 'content-encoding')));
  } catch {
    return undefined;
  }
}

/** Throws on a coding that is not known, and on bytes that are not packed as they claim. */
function unpacked(bytes: Uint8Array, encoding: string | undefined): Uint8Array {
  // Codings are listed in the order in which they were applied (RFC 9110 §8.4).
  const codings = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim().replace(/^x-/, ''));
  return codings.reduceRight((packed, coding) => {
    if (coding === '' || coding === 'identity') return packed;
    const unpack = unpackers[coding];
    if (unpack === undefined) throw new Error(`unknown content coding ${coding}`);
    return unpack(packed, { maxOutputLength: MOST_UNPACKED_BYTES });
  }, bytes);
}

function parsed(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function notes(command: Command): string {
  if (command.attempts === 0) return 'Answered from cache.';
  const attempts = command.attempts === 1 ? '1 attempt' : `${command.attempts} attempts`;
  return `Answered by the external service after ${attempts}.`;
}

function json(status: number, content: unknown, headers: Reply['headers']): Reply {
  return {
    status,
    headers: [['Content-Type', 'application/json'], ...headers],
    body: encoder.encode(JSON.stringify(content)),
    origin: 'gateway',
  };
}
