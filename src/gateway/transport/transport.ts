import { GatewayError } from '../../shared/errors.ts';
import type { Grant } from '../../state/contracts.ts';
import type { Command } from '../command.ts';
import type { Reply } from '../reply.ts';

/**
 * What an attempt needs of its grant: the connection that stood ready (where the upstream is paced), `isFresh`, to be
 * asked when the first byte is about to go, and `sent`, to be called when the last byte of the request has been handed
 * to the socket.
 */
export type Attempt = Pick<Grant, 'line' | 'isFresh' | 'sent'>;

/**
 * Makes one call to an upstream. Two adapters: `fetch` for unpaced upstreams, since it costs least, and
 * `node:http` for paced ones, since it shows when a request is written.
 */
export interface Transport {
  /**
   * Resolves when the answer's head (and a small body) is there. Rejects with `upstream_timeout` or
   * `upstream_unreachable`, with the command's abort reason, or, before a byte was written, because the grant is no
   * longer fresh (`isStaleGrant`); never with anything else.
   */
  send(command: Command, attempt: Attempt): Promise<Reply>;
  close(): void;
}

/** Marks a connection that the upstream had closed before it answered anything: nothing was processed. */
const stale = new WeakSet<GatewayError>();

export const isStaleConnection = (error: unknown): boolean =>
  error instanceof GatewayError && stale.has(error);

export function staleConnection(cause: unknown): GatewayError {
  const error = unreachable(cause);
  stale.add(error);
  return error;
}

/** Nothing was written, because the grant had grown too old while this process stood still. */
class StaleGrant extends Error {}

export const staleGrant = (): Error => new StaleGrant('the grant is no longer fresh');

export const isStaleGrant = (error: unknown): boolean => error instanceof StaleGrant;

/** Says in words why a connection failed; the original error is kept for the log. */
export function unreachable(cause: unknown): GatewayError {
  const code = errorCode(cause);
  return new GatewayError('upstream_unreachable', { detail: reasons[code] ?? sortOf(code), cause });
}

/** The answer is not one that can be passed on. */
export function notHttp(what: string): GatewayError {
  return unreachable(Object.assign(new Error(what), { code: 'HPE_INVALID' }));
}

export function timedOut(afterMs: number): GatewayError {
  return new GatewayError('upstream_timeout', {
    detail: `The upstream did not answer within ${afterMs} ms.`,
  });
}

/** The client's own doing: it counts against no upstream. */
export function clientIdle(afterMs: number): GatewayError {
  return new GatewayError('invalid_request', {
    detail: `The client neither sent nor read anything for ${afterMs} ms.`,
  });
}

function errorCode(cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The upstream refused the connection.',
  ConnectionRefused: 'The upstream refused the connection.',
  ECONNRESET: 'The upstream closed the connection before it had answered.',
  ConnectionClosed: 'The upstream closed the connection before it had answered.',
  EPIPE: 'The upstream closed the connection before it had answered.',
  ENOTFOUND: 'The upstream’s host name is not known.',
  EAI_AGAIN: 'The upstream’s host name could not be looked up.',
  ETIMEDOUT: 'The upstream did not accept the connection in time.',
  EHOSTUNREACH: 'There is no route to the upstream.',
  ENETUNREACH: 'There is no route to the upstream.',
};

function sortOf(code: string): string {
  if (code.startsWith('HPE_')) return 'The upstream’s answer is not valid HTTP.';
  if (code.includes('CERT') || code.includes('SIGNED') || code.startsWith('ERR_TLS')) {
    return 'The upstream’s TLS certificate was not accepted.';
  }
  return 'The upstream could not be reached.';
}
