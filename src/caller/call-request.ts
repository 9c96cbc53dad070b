import type { Urgency } from '../shared/urgency.ts';

/** One call, ready to be made. */
export interface CallRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** What a burst says of one of its calls. */
export interface PlannedCall {
  /** From 0. */
  readonly index: number;
  /** RFC 9218; undefined: nothing is said. */
  readonly urgency: Urgency | undefined;
  /** A valid CPF: another one for each call, unless all ask for the same. */
  readonly cpf: string;
}

/** Makes the request of a planned call. */
export type RequestMaker = (call: PlannedCall) => CallRequest;

/** GETs of one URL, with the query `cpf` and, for part of a mix, `priority`. */
export function scoreRequests(target: URL, clientId: string): RequestMaker {
  const headers = { 'client-id': clientId, accept: 'application/json' };
  return ({ cpf, urgency }) => {
    const url = new URL(target);
    url.searchParams.set('cpf', cpf);
    if (urgency !== undefined) url.searchParams.set('priority', String(urgency));
    return { method: 'GET', url, headers };
  };
}
