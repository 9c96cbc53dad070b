import type { RouteView } from '../api/types.ts';

/** A call for a shell. */
export interface FirstCall {
  readonly curl: string;
  /** Shell variables that it takes its values from: a number of a person does not stand in an example. */
  readonly variables: readonly string[];
}

/**
 * The call that shows most of the gateway: of the routes that are read, one that is cached before one that is paced
 * before any other. Undefined when no route can be called with a URL alone.
 */
export function firstCall(
  routes: readonly RouteView[],
  pacedUpstreams: ReadonlySet<string>,
  dataPlane: string,
): FirstCall | undefined {
  const worth = (route: RouteView): number =>
    (route.cached ? 2 : 0) + (pacedUpstreams.has(route.upstream) ? 1 : 0);
  const [route] = routes
    .filter(({ methods, path }) => (methods.includes('GET') || methods.includes('*')) && !path.includes('*'))
    .sort((a, b) => worth(b) - worth(a));
  if (route === undefined) return undefined;
  const required = route.params.filter((param) => param.required && param.control === null);
  const variables = required.map(({ name }) => name.toUpperCase().replace(/[^A-Z0-9]+/g, '_'));
  // `${X:?}` stops with a clear word of the shell when the variable is not set.
  const query = required.map(({ name }, index) => `${encodeURIComponent(name)}=\${${variables[index]}:?}`);
  const url = `${dataPlane.replace(/\/$/, '')}${route.path}${query.length === 0 ? '' : `?${query.join('&')}`}`;
  const header = route.client_required ? "-H 'client-id: demo' " : '';
  return { curl: `curl -i ${header}\\\n  "${url}"`, variables };
}
