/** One row of the error table: everything that a client may be told, and what documentation says of it. */
interface ErrorDefinition {
  /** HTTP status of the answer. */
  readonly status: number;
  /** RFC 9457 `title`: short, the same for every occurrence. */
  readonly title: string;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** When it happens, and what to do; printed in docs/reference/errors.md. */
  readonly meaning: string;
}

/**
 * Every refusal and failure of Comporta's own, by its stable code. Callers match the code, never the text.
 * docs/reference/errors.md is generated from this table and tested to match it.
 */
export const errorTable = {
  invalid_request: {
    status: 400,
    title: 'The request is not valid',
    retryable: false,
    meaning:
      'A parameter, header or body is missing or malformed. `detail` names it. Correct the request; nothing was sent to the upstream.',
  },
  access_denied: {
    status: 403,
    title: 'Access is denied',
    retryable: false,
    meaning: 'An access rule denies this client this path. Ask the operator of the gateway.',
  },
  route_not_found: {
    status: 404,
    title: 'No route matches this path',
    retryable: false,
    meaning: 'No configured route has this path. Compare it with `routes` in the configuration.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The route does not take this method',
    retryable: false,
    meaning:
      'The path is known, the method is not among the route’s `methods`. The `Allow` header lists them.',
  },
  body_too_large: {
    status: 413,
    title: 'The request body is too large',
    retryable: false,
    meaning: 'The body is over the route’s `max_body`. Send less, or raise the limit.',
  },
  client_rate_limited: {
    status: 429,
    title: 'The client exceeded its limit',
    retryable: true,
    meaning:
      'The client used up the limit that the route sets for it. Wait `Retry-After` seconds; `RateLimit` tells what is left.',
  },
  upstream_unreachable: {
    status: 502,
    title: 'The upstream could not be reached',
    retryable: true,
    meaning:
      'No connection could be made, or it broke before an answer came. Check the upstream’s URL, DNS and network.',
  },
  upstream_timeout: {
    status: 504,
    title: 'The upstream did not answer in time',
    retryable: true,
    meaning: 'The upstream took longer than `timeout`. It may or may not have processed the request.',
  },
  not_cached: {
    status: 504,
    title: 'No stored answer serves the request',
    retryable: false,
    meaning:
      'The request said `Cache-Control: only-if-cached`, and nothing usable is stored (RFC 9111 §5.2.1.7). Send it without.',
  },
  queue_full: {
    status: 503,
    title: 'The queue is full',
    retryable: true,
    meaning:
      '`queue.max_size` requests are already waiting for this upstream. `Retry-After` and `estimated_wait_ms` say when a new one would be served.',
  },
  deadline_unmeetable: {
    status: 503,
    title: 'The request cannot be served before its deadline',
    retryable: true,
    meaning:
      'The estimated wait is longer than `queue.max_wait` allows, so the request is refused at once instead of waiting in vain.',
  },
  queue_timeout: {
    status: 503,
    title: 'The request waited as long as it may',
    retryable: true,
    meaning: 'The request reached its deadline while it was waiting for its turn. It was never sent.',
  },
  circuit_open: {
    status: 503,
    title: 'The circuit breaker is open',
    retryable: true,
    meaning:
      'The upstream failed too often; calls are refused without reaching it until the time in `Retry-After`.',
  },
  upstream_paused: {
    status: 503,
    title: 'The upstream is paused',
    retryable: true,
    meaning: 'The upstream asked for a pause that outlasts the request’s deadline, or an operator paused it.',
  },
  state_unavailable: {
    status: 503,
    title: 'The shared state is unavailable',
    retryable: true,
    meaning: 'The store that paces the fleet cannot be reached. No call goes out unpaced; try again shortly.',
  },
  draining: {
    status: 503,
    title: 'The gateway is shutting down',
    retryable: true,
    meaning: 'This process takes no new calls. Send the request to another node, or again in a moment.',
  },
  internal: {
    status: 500,
    title: 'The gateway failed',
    retryable: false,
    meaning: 'A defect in Comporta. The log has the request id and the cause; please report it.',
  },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof errorTable;

export interface ErrorFacts {
  /** One sentence about this occurrence. Goes to the client: never a secret, a personal value or a stack. */
  readonly detail: string;
  /** How long to wait before the next try; becomes `Retry-After` in whole seconds, rounded up. */
  readonly retryAfterMs?: number | undefined;
  /** What a new request would wait in the queue as things stand. */
  readonly estimatedWaitMs?: number | undefined;
  /** Further response headers, such as `Allow`. */
  readonly headers?: ReadonlyArray<readonly [string, string]> | undefined;
  /** The underlying error, for the log only. */
  readonly cause?: unknown;
}

/** A refusal or failure of Comporta's own, on its way to the client. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly estimatedWaitMs: number | undefined;
  readonly headers: ReadonlyArray<readonly [string, string]>;

  constructor(code: ErrorCode, facts: ErrorFacts) {
    super(facts.detail, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.retryAfterMs = facts.retryAfterMs;
    this.estimatedWaitMs = facts.estimatedWaitMs;
    this.headers = facts.headers ?? [];
  }

  get status(): number {
    return errorTable[this.code].status;
  }
}

/** Whatever was thrown, as a GatewayError: an unknown cause becomes `internal` and keeps its cause for the log. */
export function asGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError('internal', { detail: 'The gateway failed unexpectedly.', cause: thrown });
}
