import { type FailureClass, type FailureEvent, matchesFailure } from '../breaker/failure-class.ts';

/** Safe methods (RFC 9110 §9.2.1): sending them again changes nothing. */
export const DEFAULT_RETRY_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** What is worth another attempt when the configuration says nothing. */
export const DEFAULT_RETRY_FAILURES: readonly FailureClass[] = ['5xx', 'timeout', 'connection', 429];

export interface RetryQuestion {
  /** The request's method, upper case. */
  readonly method: string;
  /** Methods that may be sent again; default `DEFAULT_RETRY_METHODS`. */
  readonly methods?: readonly string[] | undefined;
  /** Attempts made, the first included. */
  readonly attempt: number;
  /** Attempts allowed, the first included; 1 means no retry. */
  readonly attempts: number;
  /** What came of the last attempt. */
  readonly event: FailureEvent;
  /** What may be tried again; default `DEFAULT_RETRY_FAILURES`. */
  readonly failures?: readonly FailureClass[] | undefined;
}

/** Whether another attempt is allowed, budget and deadline apart. */
export function shouldRetry({
  method,
  methods = DEFAULT_RETRY_METHODS,
  attempt,
  attempts,
  event,
  failures = DEFAULT_RETRY_FAILURES,
}: RetryQuestion): boolean {
  return attempt < attempts && methods.includes(method) && matchesFailure(failures, event);
}
