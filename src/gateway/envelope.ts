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

/**
 * The upstream's answer in the envelope. A success carries the answer as JSON (as text where it is none); anything
 * else keeps its status and says so.
 */
export function enveloped(reply: Reply, command: Command): Reply {
  if (reply.status >= 200 && reply.status < 300) {
    return json(
      200,
      { status: 'success', external_response: content(reply), proxy_notes: notes(command) },
      [],
    );
  }
  const retryAfter = headerOf(reply.headers, 'retry-after');
  return json(
    reply.status,
    { status: 'error', message: `External service answered with status ${reply.status}.` },
    retryAfter === undefined ? [] : [['Retry-After', retryAfter]],
  );
}

function content(reply: Reply): unknown {
  if (reply.body === undefined) return null;
  if (reply.body instanceof StreamBody) {
    reply.body.cancel(new Error('the answer is too large for the envelope'));
    return null;
  }
  const text = decoder.decode(reply.body);
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
