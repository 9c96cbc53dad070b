import { errorTable, type GatewayError } from '../shared/errors.ts';
import type { HeaderList, Reply } from './reply.ts';

/** `Retry-After` of a refusal that knows no better: every 429 and 503 of ours carries one. */
const DEFAULT_RETRY_AFTER_MS = 1_000;

const encoder = new TextEncoder();

/** Fields that every answer to a refusal carries, whatever its body looks like. */
export function refusalHeaders(error: GatewayError): HeaderList {
  const headers: Array<readonly [string, string]> = [...error.headers];
  if (error.status === 429 || error.status === 503 || error.retryAfterMs !== undefined) {
    const seconds = Math.ceil((error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS) / 1_000);
    // An operator's hold without an end has no honest number of seconds: try again in a minute.
    headers.push(['Retry-After', String(Number.isFinite(seconds) ? Math.max(1, seconds) : 60)]);
  }
  return headers;
}

/** A refusal or failure of ours as `application/problem+json` (RFC 9457). */
export function problemReply(error: GatewayError, requestId: string): Reply {
  const { title } = errorTable[error.code];
  const problem = {
    type: `urn:comporta:error:${error.code}`,
    title,
    status: error.status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    ...(error.estimatedWaitMs === undefined ? {} : { estimated_wait_ms: Math.ceil(error.estimatedWaitMs) }),
  };
  return {
    status: error.status,
    headers: [['Content-Type', 'application/problem+json'], ...refusalHeaders(error)],
    body: encoder.encode(JSON.stringify(problem)),
    origin: 'gateway',
  };
}
