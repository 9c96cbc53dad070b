import { cpfDigits, isValidCpf } from '../shared/cpf.ts';
import type { Verdict } from './judge.ts';

/** An answer before it is written: JSON body or none. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Undefined: no body (204, 304). */
  readonly body?: unknown;
}

/** 32-bit FNV-1a: small, fixed for ever, spreads well enough for made-up data. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}

/** `GET /api/score` of a call that came in time: always the same score for the same digits. */
export function scoreAnswer(clientId: string | undefined, cpf: string | null): Answer {
  if (clientId === undefined || clientId.trim() === '') {
    return {
      status: 400,
      body: { error: 'missing_client_id', message: 'The header client-id is required.' },
    };
  }
  const digits = cpf === null ? undefined : cpfDigits(cpf);
  if (digits === undefined || !isValidCpf(digits)) {
    return {
      status: 400,
      body: { error: 'invalid_cpf', message: 'The parameter cpf must be a CPF with correct check digits.' },
    };
  }
  return { status: 200, body: { cpf: digits, score: hash(digits) % 1_001, status: 'ok' } };
}

/** What a call that came too early is told. */
export function violationAnswer(verdict: Verdict): Answer {
  const waitMs = Math.ceil(verdict.waitMs);
  return {
    status: 429,
    headers: { 'Retry-After': String(Math.ceil(waitMs / 1_000)) },
    body: {
      error: 'rate_limit_exceeded',
      wait_ms: waitMs,
      message: `Too many requests: wait ${waitMs} ms before the next one.`,
    },
  };
}

export function failureAnswer(status: number, retryAfterSeconds: number | undefined): Answer {
  return {
    status,
    headers: retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) },
    body: { error: 'injected_fault', message: 'The sandbox was told to fail this call.' },
  };
}

/** `POST /external-api/process` that worked. */
export function externalAnswer(received: unknown, sequence: number): Answer {
  return { status: 200, body: { processed: true, received, id: `ext-${sequence}` } };
}

export const externalFailure: Answer = {
  status: 500,
  body: { error: 'external_failure', message: 'The external service failed.' },
};

export function badBodyAnswer(kind: 'invalid' | 'too_large'): Answer {
  if (kind === 'invalid') {
    return { status: 400, body: { error: 'invalid_json', message: 'The body must be JSON.' } };
  }
  return { status: 413, body: { error: 'body_too_large', message: 'The body is above 1 MiB.' } };
}

/** Small, deterministic catalogue data; undefined when the path is none of the catalogue's. */
export function catalogAnswer(path: string, ifNoneMatch: string | undefined): Answer | undefined {
  const body = catalogBody(path);
  if (body === undefined) return undefined;
  const etag = `"${hash(JSON.stringify(body)).toString(16).padStart(8, '0')}"`;
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, etag))
    return { status: 304, headers: { ETag: etag } };
  return { status: 200, headers: { ETag: etag }, body };
}

function catalogBody(path: string): object | undefined {
  const one = /^\/(items|categories)\/([^/]+)$/.exec(path);
  if (one !== null) {
    const id = one[2]!;
    if (one[1] === 'categories') {
      return { id, name: `Category ${id}`, total_items_in_this_category: hash(id) % 100_000 };
    }
    return { id, title: `Item ${id}`, price: (hash(id) % 1_000_000) / 100, currency_id: 'BRL' };
  }
  const site = /^\/sites\/([^/]+)(\/.*)?$/.exec(path);
  if (site === null) return undefined;
  const [, id, rest] = site;
  return { id, name: `Site ${id}`, ...(rest === undefined ? {} : { resource: rest }) };
}

/** RFC 9110 section 13.1.2: `*`, or a list compared weakly. */
function matches(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(',').some((entry) => {
    const tag = entry.trim();
    return tag === '*' || tag.replace(/^W\//, '') === etag;
  });
}

export const notFound: Answer = {
  status: 404,
  body: { error: 'not_found', message: 'The sandbox has no such path.' },
};

export function methodNotAllowed(allow: string): Answer {
  return {
    status: 405,
    headers: { Allow: allow },
    body: { error: 'method_not_allowed', message: `This path takes ${allow}.` },
  };
}
