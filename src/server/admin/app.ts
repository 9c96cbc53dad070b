import { type Context, Hono } from 'hono';
import { RequestIds } from '../request-id.ts';
import { AuditTrail } from './audit-trail.ts';
import { Dashboard } from './dashboard/dashboard.ts';
import { PAGE_HEADERS } from './dashboard/page-headers.ts';
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

/** Where it is found, and what is beside the API. */
export interface AdminSite {
  /** Path below which everything is, with `/` at both ends. Default `/`. */
  readonly basePath?: string;
  /** Folder of the built dashboard, which may not be there yet; absent: there is no dashboard. */
  readonly dashboardFolder?: string;
}

export interface AdminApp {
  /** Path below which everything is, with `/` at both ends. */
  readonly basePath: string;
  fetch(request: Request, connection: Connection): Promise<Response>;
  /** The OpenAPI 3.1 document. */
  openapi(): Record<string, unknown>;
  /** Writes what waits for the audit log once more, and stops trying. */
  close(): Promise<void>;
}

const API_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** Below the path of the API. */
const OPENAPI_PATH = '/openapi.json';

/** The OpenAPI 3.1 document of the admin API, without a gateway. */
export function adminOpenApi(): Record<string, unknown> {
  return openApiDocument(operations, '/');
}

/**
 * The admin API over its ports, and the dashboard. Throws RangeError when the tokens of both roles are the same. No
 * call of the API is answered without a token where one is configured.
 */
export function createAdminApp(ports: AdminPorts, site: AdminSite = {}): AdminApp {
  const { basePath = '/', dashboardFolder } = site;
  const guard = new Guard(ports.clock, ports.tokens);
  const ids = new RequestIds(ports.random);
  const trail = new AuditTrail(
    ports.clock,
    ports.audit,
    (error) => ports.onDefect(error, 'audit'),
    ports.timeline,
  );
  const dashboard = dashboardFolder === undefined ? undefined : new Dashboard(dashboardFolder);
  const openapi = () => openApiDocument(operations, basePath);
  const api = basePath.slice(0, -1) + API_PATH;
  const hono = new Hono<Bindings>();
  hono.get(`${api}${OPENAPI_PATH}`, () => json(openapi()));
  for (const operation of operations) {
    const { method, path } = operation.document;
    hono.on(method, `${api}${honoPath(path)}`, (context) => run(operation, ports, trail, context));
  }
  hono.notFound((context) => failed(context.req.raw, notTaken(context, api), context.env.requestId, ports));
  hono.onError((error, context) => failed(context.req.raw, error, context.env.requestId, ports));

  return {
    basePath,
    openapi,
    async fetch(request, connection) {
      const requestId = ids.next(request.headers.get('x-request-id'));
      // Null where the Host is no host at all, which the guard refuses.
      const url = URL.parse(request.url);
      const isOfApi = url === null || `${url.pathname}/`.startsWith(`${basePath}api/`);
      const response = isOfApi ? await answerApi() : await answerPage(url);
      const { headers } = response;
      headers.set('X-Request-Id', requestId);
      return request.method === 'HEAD' ? withoutBody(response) : response;

      async function answerApi(): Promise<Response> {
        let answer: Response;
        try {
          const actor = guard.admit(request, connection);
          answer = await hono.fetch(asGet(request), { actor, requestId });
        } catch (error) {
          answer = failed(request, error, requestId, ports);
        }
        return withHeaders(answer, API_HEADERS);
      }

      async function answerPage(url: URL): Promise<Response> {
        let answer: Response;
        try {
          guard.admitPage(request, connection);
          answer = await pageAt(url);
        } catch (error) {
          answer = withHeaders(failed(request, error, requestId, ports), API_HEADERS);
        }
        return withHeaders(answer, PAGE_HEADERS);
      }

      async function pageAt({ pathname, search }: URL): Promise<Response> {
        if (dashboard === undefined) throw notFound('such path');
        if (pathname.startsWith(basePath)) {
          return dashboard.answer(request.method, pathname.slice(basePath.length), request.headers);
        }
        if (`${pathname}/` !== basePath) throw notFound('such path');
        // Relative, because a proxy in front may have put more before the path.
        const last = basePath.split('/').at(-2);
        return new Response(null, { status: 308, headers: { Location: `./${last}/${search}` } });
      }
    },
    async close() {
      await trail.flush();
      trail.close();
    },
  };
}

function withHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
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
function notTaken(context: Context<Bindings>, api: string): AdminProblem {
  const { method } = context.req;
  const path = context.req.path.startsWith(api) ? context.req.path.slice(api.length) : '';
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

const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

const pathPattern = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
