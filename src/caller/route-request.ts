import type { CallRequest } from './call-request.ts';

/** What must be known of a route to call it. */
export interface CalledRoute {
  /** Exact, or ending in `/*`. */
  readonly path: string;
  readonly params: Readonly<Record<string, CalledParam>>;
  readonly client: { readonly header: string | undefined } | undefined;
}

interface CalledParam {
  /** `cpf`: each call of a burst brings its own. */
  readonly pattern: string | undefined;
  readonly control: 'urgency' | 'client' | undefined;
}

/** One call of a route, as a client would make it. */
export interface RouteCall {
  readonly method: string;
  /** What the `*` of the path stands for; undefined: nothing. */
  readonly rest: string | undefined;
  readonly params: Readonly<Record<string, string>>;
  /** Undefined: the request does not say who calls. */
  readonly client: string | undefined;
  /** Undefined: nothing is said. */
  readonly urgency: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Names the client where a route says nothing of it; the first thing that `clients.identify` looks at by default. */
const CLIENT_HEADER = 'client-id';

/** Where a call of the route leads to, below a gateway’s URL. Dot segments are resolved: look at what comes of it. */
export function routeUrl(baseUrl: string, route: CalledRoute, rest: string | undefined): URL {
  const path = route.path.endsWith('/*') ? `${route.path.slice(0, -1)}${rest ?? ''}` : route.path;
  return new URL(`${baseUrl}${path}`);
}

/**
 * The request. Urgency and client go into the parameters that the route has for them, otherwise into the header
 * `Priority` (RFC 9218) and the one by which the route tells its upstream who calls.
 */
export function routeRequest(baseUrl: string, route: CalledRoute, call: RouteCall): CallRequest {
  const { method, params, client, urgency, body } = call;
  const url = routeUrl(baseUrl, route, call.rest);
  const headers: Record<string, string> = { accept: 'application/json', ...call.headers };
  if (body !== undefined) {
    headers['content-type'] ??= 'application/json';
    // Without it `node:http` leaves out the body of a DELETE.
    headers['content-length'] = String(Buffer.byteLength(body));
  }
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
  if (urgency !== undefined) {
    const name = controlParam(route, 'urgency');
    if (name === undefined) headers.priority = `u=${urgency}`;
    else url.searchParams.set(name, String(urgency));
  }
  if (client !== undefined) {
    const name = controlParam(route, 'client');
    if (name === undefined) headers[route.client?.header ?? CLIENT_HEADER] = client;
    else url.searchParams.set(name, client);
  }
  return { method, url, headers, body };
}

/** Parameters that every call of a burst fills with a CPF of its own: those that are not given. */
export function cpfParams(route: CalledRoute, given: Readonly<Record<string, string>>): string[] {
  return Object.entries(route.params)
    .filter(([name, { pattern }]) => pattern === 'cpf' && !Object.hasOwn(given, name))
    .map(([name]) => name);
}

function controlParam(route: CalledRoute, control: 'urgency' | 'client'): string | undefined {
  return Object.entries(route.params).find(([, param]) => param.control === control)?.[0];
}
