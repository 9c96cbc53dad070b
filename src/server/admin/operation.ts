import type { z } from '@hono/zod-openapi';
import type { Author } from '../../ledger/contracts.ts';
import type { AuditTrail, Change } from './audit-trail.ts';
import type { Actor } from './guard/guard.ts';
import { MAX_BODY_BYTES, parseJson, readTextBody, type TextBody } from './input/body.ts';
import { queryData, validate } from './input/validate.ts';
import type { AdminPorts } from './ports.ts';
import { type AdminErrorCode, invalid } from './problems.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A kind of answer that is no error. */
export interface AnswerDocument {
  readonly status: number;
  readonly description: string;
  /** Of `application/json`; absent: no body, or see `types`. */
  readonly schema?: z.ZodType;
  /** Further media types of text. */
  readonly types?: readonly string[];
  /** Instead of `schema`: `text/event-stream`, with what each kind of event carries as JSON. */
  readonly events?: Readonly<Record<string, z.ZodType>>;
  /** Further headers, with what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an operation is: validation, roles and the OpenAPI document are made from this. */
export interface OperationDocument<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
> {
  readonly id: string;
  readonly method: Method;
  /** Below /api/v1, with `{name}` for what `params` reads. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: Params;
  readonly query?: Query;
  /** A JSON body. */
  readonly body?: Body;
  /** Instead of `body`: text that the handler reads itself. */
  readonly text?: {
    readonly types: readonly string[];
    readonly maxBytes: number;
    readonly schema: z.ZodType;
  };
  /** Whether it changes anything, so that viewers may not do it; true for all but GET when absent. */
  readonly changes?: boolean;
  /** Whether it takes `If-Match`. */
  readonly ifMatch?: boolean;
  /** Whether it takes `Last-Event-ID`. */
  readonly resumes?: boolean;
  readonly answers: readonly AnswerDocument[];
  /** Beside those that every operation of its kind can have. */
  readonly errors?: readonly AdminErrorCode[];
}

/** One request to an operation, validated. */
export interface Call<Params, Query, Body> {
  readonly ports: AdminPorts;
  readonly trail: AuditTrail;
  readonly actor: Actor;
  /** Who changes something, for what writes its own audit entries. */
  readonly author: Author;
  readonly headers: Headers;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly text: TextBody;
  /** Writes a change to the audit log. */
  record(change: Change): Promise<void>;
}

/** What a request brings before it is validated. */
export interface RawCall {
  readonly ports: AdminPorts;
  readonly trail: AuditTrail;
  readonly actor: Actor;
  readonly request: Request;
  readonly params: Readonly<Record<string, string>>;
}

/** An operation of the admin API. */
export interface Operation {
  readonly document: OperationDocument;
  /** Throws an AdminProblem for what is not valid or not possible. */
  run(raw: RawCall): Promise<Response>;
}

const NO_TEXT: TextBody = { type: '', text: '' };

/** An operation from its document and what it does. */
export function operation<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>(
  document: OperationDocument<Params, Query, Body>,
  handle: (call: Call<z.output<Params>, z.output<Query>, z.output<Body>>) => Response | Promise<Response>,
): Operation {
  return {
    document,
    async run({ ports, trail, actor, request, params }) {
      const { params: paramsSchema, query: querySchema, body: bodySchema, text: textRules } = document;
      const validParams = paramsSchema && validate(paramsSchema, params);
      const written = queryData(new URL(request.url).searchParams);
      if (querySchema === undefined) refuseQuery(written);
      const query = querySchema && validate(querySchema, written);
      const text = textRules === undefined ? NO_TEXT : await readTextBody(request, textRules);
      const body =
        bodySchema && validate(bodySchema, parseJson((await readTextBody(request, JSON_BODY)).text));
      if (document.changes ?? document.method !== 'GET') trail.requireRoom();
      return handle({
        ports,
        trail,
        actor,
        author: { actor: actor.name, atMs: ports.clock.wallNow() },
        headers: request.headers,
        signal: request.signal,
        params: validParams as z.output<Params>,
        query: query as z.output<Query>,
        body: body as z.output<Body>,
        text,
        record: (change) => trail.record(actor, change),
      });
    },
  };
}

const JSON_BODY = { types: ['application/json'], maxBytes: MAX_BODY_BYTES };

function refuseQuery(written: Readonly<Record<string, unknown>>): void {
  const errors = Object.keys(written).map((field) => ({ field, message: 'takes no query parameters' }));
  if (errors.length > 0) throw invalid(errors);
}

export function json(data: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  const all = { ...headers, 'Content-Type': 'application/json' };
  return new Response(JSON.stringify(data), { status, headers: all });
}

export function noContent(): Response {
  return new Response(null, { status: 204 });
}
