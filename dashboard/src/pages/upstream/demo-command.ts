import type { RouteView } from '../../api/types.ts';

/** Calls that the commands make. */
const CALLS = 50;

/**
 * A command that makes calls to an upstream by one of its routes: the load test where each call needs a tax id of its
 * own, which nobody should have to type, else `curl` in a loop. Undefined: no route leads there.
 */
export function demoCommand(
  routes: readonly RouteView[],
  upstream: string,
  dataPlane: string,
): string | undefined {
  const route = routes.find((one) => one.upstream === upstream);
  if (route === undefined) return undefined;
  const url = `${dataPlane.replace(/\/+$/, '')}${route.path.replace(/\*.*$/, '')}`;
  if (route.params.some(({ pattern }) => pattern === 'cpf'))
    return `npx comporta burst -n ${CALLS} --url ${url}`;
  const method = route.methods.find((one) => one !== '*') ?? 'GET';
  const required = route.params.filter((param) => param.required).map(({ name }) => `${name}=1`);
  const query = required.length === 0 ? '' : `?${required.join('&')}`;
  const body = route.body === 'json' ? ` -H 'content-type: application/json' -d '{}'` : '';
  const verb = method === 'GET' ? '' : ` -X ${method}`;
  return `for i in $(seq ${CALLS}); do curl -s -o /dev/null${verb} -H "client-id: demo-$i"${body} '${url}${query}' & done; wait`;
}
