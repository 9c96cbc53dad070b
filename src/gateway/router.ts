import { GatewayError } from '../shared/errors.ts';

/** What the router must know of a route. */
export interface Routable {
  readonly config: { readonly path: string; readonly methods: readonly string[] };
}

/** What `Allow` says of a route that takes any method. */
const COMMON_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Finds the route of a request: an exact path first, then the longest `/*` prefix. Routes with the same path share
 * it by method. The cost of a look-up grows with the depth of the path, not with the number of routes.
 */
export class Router<R extends Routable> {
  private readonly exact = new Map<string, R[]>();
  /** By the prefix before `/*`: '' for the catch-all. */
  private readonly prefixes = new Map<string, R[]>();

  constructor(routes: readonly R[]) {
    for (const route of routes) {
      const { path } = route.config;
      if (path.endsWith('/*')) push(this.prefixes, path.slice(0, -2), route);
      else push(this.exact, path, route);
    }
  }

  /** Throws `route_not_found`, or `method_not_allowed` with `Allow`. */
  match(method: string, path: string): R {
    const found = this.candidates(path);
    if (found === undefined) {
      throw new GatewayError('route_not_found', { detail: 'No route is configured for this path.' });
    }
    for (const route of found) {
      const { methods } = route.config;
      // `*` is every method that asks for a resource; CONNECT asks for a tunnel.
      if (methods.includes(method) || (methods.includes('*') && method !== 'CONNECT')) return route;
    }
    const allowed = [
      ...new Set(
        found.flatMap(({ config }) => (config.methods.includes('*') ? COMMON_METHODS : config.methods)),
      ),
    ];
    throw new GatewayError('method_not_allowed', {
      detail: `This path takes ${allowed.join(', ')}.`,
      headers: [['Allow', allowed.join(', ')]],
    });
  }

  private candidates(path: string): readonly R[] | undefined {
    const exact = this.exact.get(path);
    if (exact !== undefined) return exact;
    if (this.prefixes.size === 0) return undefined;
    for (let end = path.length; end >= 0; end = path.lastIndexOf('/', end - 1)) {
      // `/ml/*` takes `/ml/…` and `/ml` itself.
      const routes = this.prefixes.get(path.slice(0, end));
      if (routes !== undefined) return routes;
      if (end === 0) break;
    }
    return undefined;
  }
}

function push<R>(map: Map<string, R[]>, key: string, route: R): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [route]);
  else list.push(route);
}
