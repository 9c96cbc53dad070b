import type { RouteView } from '../api/types.ts';

/** Methods that the gateway's own callers make. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** Two routes may share a path and differ by method. */
export function routeKey(route: RouteView): string {
  return `${methodsOf(route)[0]} ${route.path}`;
}

/** What the route may be called with, in its order; all of them where it takes any. */
export function methodsOf({ methods }: RouteView): readonly string[] {
  if (methods.includes('*') || methods.length === 0) return METHODS;
  return methods;
}

/** The route that is named; without a name the first that is read and cached, else the first of all. */
export function chosenRoute(
  routes: readonly RouteView[],
  path: string | undefined,
  method: string | undefined,
): RouteView | undefined {
  const named = routes.filter((route) => route.path === path);
  if (named.length > 0) {
    return named.find((route) => method !== undefined && methodsOf(route).includes(method)) ?? named[0];
  }
  return routes.find((route) => route.cached && methodsOf(route).includes('GET')) ?? routes[0];
}

/** The method that is named where the route takes it, else GET where it takes that, else its first. */
export function chosenMethod(route: RouteView, method: string | undefined): string {
  const methods = methodsOf(route);
  if (method !== undefined && methods.includes(method)) return method;
  return methods.includes('GET') ? 'GET' : (methods[0] ?? 'GET');
}

export const isWildcard = ({ path }: RouteView): boolean => path.endsWith('/*');

/** Parameters with an input of their own: urgency and client have other places in a form. */
export function inputParams(route: RouteView): readonly RouteView['params'][number][] {
  return route.params.filter(({ control }) => control === null);
}

/** Whether the request may carry a body. */
export function takesBody(route: RouteView, method: string): boolean {
  return route.body !== null || !['GET', 'HEAD', 'OPTIONS'].includes(method);
}
