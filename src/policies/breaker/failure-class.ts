/**
 * A kind of outcome that may be called a failure: no answer in time, no connection (or one that broke), a class of
 * statuses, or one status such as 400.
 */
export type FailureClass = 'timeout' | 'connection' | '5xx' | '4xx' | number;

/** What came of a call: an answer or none. */
export type FailureEvent = { readonly status: number } | { readonly error: 'timeout' | 'connection' };

/** What counts against a breaker when the configuration says nothing. A 429 pauses and does not count. */
export const DEFAULT_BREAKER_FAILURES: readonly FailureClass[] = ['5xx', 'timeout', 'connection'];

/** Whether the event is of one of the classes. */
export function matchesFailure(classes: readonly FailureClass[], event: FailureEvent): boolean {
  if ('error' in event) return classes.includes(event.error);
  const { status } = event;
  for (const failure of classes) {
    if (failure === status) return true;
    if (failure === '5xx' && status >= 500 && status <= 599) return true;
    if (failure === '4xx' && status >= 400 && status <= 499) return true;
  }
  return false;
}
