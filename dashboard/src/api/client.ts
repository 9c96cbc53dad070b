import { ApiError, problemOf } from './problem.ts';
import { token } from './token.ts';

/** The API of the gateway that served this page, below whatever path it did: `<page>/api/v1/`. */
const API = new URL('api/v1/', new URL('.', document.baseURI));

/** A question that has no answer by then has none. Streams are exempt. */
const TIMEOUT_MS = 15_000;

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly query?: Query | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Instead of `body`: text of another type. */
  readonly text?: { readonly type: string; readonly content: string } | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

const signedOutListeners = new Set<(error: ApiError) => void>();

/** Called whenever the API says 401: the token is missing, wrong, or not accepted any more. */
export function onUnauthorized(listener: (error: ApiError) => void): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

/** Where a path below `/api/v1` is. */
export function apiUrl(path: string, query: Query = {}): URL {
  const url = new URL(path.replace(/^\//, ''), API);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  }
  return url;
}

/** One request. Throws ApiError for any answer that is no success, and for none. */
export async function send(path: string, call: Call = {}): Promise<Response> {
  const { method = 'GET', query, body, text, headers, signal } = call;
  const key = token();
  let response: Response;
  try {
    response = await fetch(apiUrl(path, query), {
      method,
      headers: {
        Accept: 'application/json',
        ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(text === undefined ? {} : { 'Content-Type': text.type }),
        ...headers,
      },
      body: text?.content ?? (body === undefined ? null : JSON.stringify(body)),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'unreachable', '', error instanceof Error ? error.message : String(error));
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401) for (const listener of signedOutListeners) listener(problem);
  throw problem;
}

/** One request whose answer is JSON (undefined for 204). Gives up after 15 s. */
export async function ask<Answer>(path: string, call: Call = {}): Promise<Answer> {
  const late = AbortSignal.timeout(TIMEOUT_MS);
  const signal = call.signal === undefined ? late : AbortSignal.any([call.signal, late]);
  try {
    const response = await send(path, { ...call, signal });
    return (response.status === 204 ? undefined : await response.json()) as Answer;
  } catch (error) {
    if (late.aborted && call.signal?.aborted !== true) {
      throw new ApiError(0, 'unreachable', '', `no answer within ${TIMEOUT_MS / 1_000} s`);
    }
    throw error;
  }
}

/** Saves an answer as a file: the token travels in a header, which a plain link could not send. */
export async function download(path: string, fileName: string, call: Call = {}): Promise<void> {
  const blob = await (await send(path, call)).blob();
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}
