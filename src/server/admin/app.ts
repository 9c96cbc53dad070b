import { type Context, Hono } from 'hono';
import { RequestIds } from '../request-id.ts';
import { AuditTrail } from './audit-trail.ts';
import { type Actor, type Connection, Guard } from './guard/guard.ts';
import { API_PATH, openApiDocument } from './openapi.ts';
import { json, type Operation } from './operation.ts';
import { operations } from './operations.ts';
import type { AdminPorts } from './ports.ts';
import { AdminProblem, notFound } from './problems.ts';

/** What Hono hands from the door to the operations. */
interface Bindings {
  readonly Bindings: { readonly actor: Actor; readonly requestId: string };
}

export interface AdminApp {
  fetch(request: Request, connection: Connection): Promise<Response>;
  /** The OpenAPI 3.1 document. */
  openapi(): Record<string, unknown>;
  /** Writes what waits for the audit log once more, and stops trying. */
  close(): Promise<void>;
}

const SECURITY_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

const OPENAPI_PATH = `${API_PATH}/openapi.json`;

/** The OpenAPI 3.1 document of the admin API, without a gateway. */
export function adminOpenApi(): Record<string, unknown> {
  return openApiDocument(operations);
}

/**
 * The admin API over its ports. Throws RangeError when the tokens of both roles are the same. Nothing is answered
 * without a token where one is configured.
 */
export function createAdminApp(ports: AdminPorts): AdminApp {
  const guard = new Guard(ports.clock, ports.tokens);
  const ids = new RequestIds(ports.random);
  const trail = new AuditTrail(ports.clock, ports.audit, (error) => ports.onDefect(error, 'audit'));
  const hono = new Hono<Bindings>();
  hono.get(OPENAPI_PATH, () => json(adminOpenApi()));
  for (const operation of operations) {
    const { method, path } = operation.document;
    hono.on(method, honoPath(path), (context) => run(operation, ports, trail, context));
  }
  hono.notFound((context) => failed(context.req.raw, notTaken(context), context.env.requestId, ports));
  hono.onError((error, context) => failed(context.req.raw, error, context.env.requestId, ports));

  return {
    openapi: adminOpenApi,
    async fetch(request, connection) {
      const requestId = ids.next(request.headers.get('x-request-id'));
      const response = await answer(request, requestId);
      const { headers } = response;
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) headers.set(name, value);
      headers.set('X-Request-Id', requestId);
      return request.method === 'HEAD' ? withoutBody(response) : response;

      async function answer(request: Request, requestId: string): Promise<Response> {
        try {
          const actor = guard.admit(request, connection);
          return await hono.fetch(asGet(request), { actor, requestId });
        } catch (error) {
          return failed(request, error, requestId, ports);
        }
      }
    },
    async close() {
      await trail.flush();
      trail.close();
    },
  };
}

/** HEAD is GET without the body: the body is not made, and whatever it would be read from is let go. */
function asGet(request: Request): Request {
  return request.method === 'HEAD'
    ? new Request(request.url, { method: 'GET', headers: request.headers })
    : request;
}

function withoutBody(response: Response): Response {
  letGo(response.body);
  return new Response(null, { status: response.status, headers: response.headers });
}

async function run(
  operation: Operation,
  ports: AdminPorts,
  trail: AuditTrail,
  context: Context<Bindings>,
): Promise<Response> {
  const { actor } = context.env;
  const { method, changes = method !== 'GET' } = operation.document;
  if (changes && actor.role !== 'operator') {
    throw new AdminProblem('forbidden', { detail: 'A viewer may only look.' });
  }
  return operation.run({ ports, trail, actor, request: context.req.raw, params: context.req.param() });
}

/** Nothing took the request: the path is unknown, or the method is. */
function notTaken(context: Context<Bindings>): AdminProblem {
  const { method, path } = context.req;
  const taken = operations
    .filter(({ document }) => pathPattern(document.path).test(path))
    .map(({ document }) => document.method as string);
  if (path === OPENAPI_PATH) taken.push('GET');
  if (taken.length === 0) return notFound('such path');
  const allowed = [...new Set(taken.includes('GET') ? ['GET', 'HEAD', ...taken] : taken)].join(', ');
  return new AdminProblem('method_not_allowed', {
    detail: `This resource takes ${allowed}, not ${method}.`,
    headers: { Allow: allowed },
  });
}

function failed(request: Request, error: unknown, requestId: string, ports: AdminPorts): Response {
  const problem = asProblem(error);
  if (problem.code === 'internal') ports.onDefect(problem.cause, requestId);
  // What is left of a body that was not read must not be taken for the next request.
  if (!request.bodyUsed) letGo(request.body);
  return problem.toResponse(requestId);
}

/** Ends a body that nobody reads. What its source says to that helps nobody any more. */
function letGo(body: ReadableStream | null): void {
  body?.cancel().catch(() => undefined);
}

function asProblem(error: unknown): AdminProblem {
  if (error instanceof AdminProblem) return error;
  if ((error as { code?: unknown } | undefined)?.code === 'ledger_unavailable') {
    return new AdminProblem('ledger_unavailable', {
      detail: 'The database cannot be reached.',
      headers: { 'Retry-After': '5' },
    });
  }
  return new AdminProblem('internal', { detail: 'The gateway failed unexpectedly.', cause: error });
}

const honoPath = (path: string): string => `${API_PATH}${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;

const pathPattern = (path: string): RegExp =>
  new RegExp(`^${API_PATH}${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
