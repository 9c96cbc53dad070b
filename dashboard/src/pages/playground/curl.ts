import type { RouteView } from '../../api/types.ts';
import { maskNumbers } from '../../clients/tax-id.ts';
import type { PlaygroundRequest } from './request-form.ts';

/** Headers whose value is a secret by their usual meaning. */
const SECRET = /cookie|authorization|token|secret|api-?key/i;

const MASK = '***';

/** For the clipboard, and the same with personal and secret values as `***`, for the eye. */
export interface Curl {
  readonly real: string;
  readonly shown: string;
}

/**
 * The command that makes the same call. Urgency and client go where the gateway's own caller puts them: into the
 * parameter that the route has for it, otherwise into `Priority` (RFC 9218) and `client-id`.
 */
export function curlOf(dataPlane: string, route: RouteView, request: PlaygroundRequest): Curl {
  return {
    real: command(dataPlane, route, request, false),
    shown: maskNumbers(command(dataPlane, route, request, true)),
  };
}

/** Path and query as they may be shown; without urgency and client, which stand beside it. */
export function shownTarget(route: RouteView, request: PlaygroundRequest): string {
  const { client: _client, priority: _priority, ...rest } = request;
  return maskNumbers(target(route, rest, true));
}

function command(dataPlane: string, route: RouteView, request: PlaygroundRequest, masked: boolean): string {
  const { method, client, priority, body } = request;
  const headers: [string, string][] = [];
  if (priority !== undefined && controlOf(route, 'urgency') === undefined)
    headers.push(['Priority', `u=${priority}`]);
  if (client !== undefined && controlOf(route, 'client') === undefined) headers.push(['client-id', client]);
  for (const [name, value] of Object.entries(request.headers)) {
    headers.push([name, masked && SECRET.test(name) ? MASK : value]);
  }
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  if (body !== undefined && !hasType) headers.push(['Content-Type', 'application/json']);
  const how = method === 'GET' ? [] : method === 'HEAD' ? ['--head'] : ['-X', method];
  return [
    'curl',
    '-i',
    ...how,
    quoted(dataPlane.replace(/\/$/, '') + target(route, request, masked)),
    ...headers.flatMap(([name, value]) => ['-H', quoted(`${name}: ${value}`)]),
    ...(body === undefined ? [] : ['--data-raw', quoted(body)]),
  ].join(' ');
}

function target(route: RouteView, request: PlaygroundRequest, masked: boolean): string {
  const path = route.path.endsWith('/*') ? route.path.slice(0, -1) + (request.path ?? '') : route.path;
  const query = Object.entries(request.params).map(([name, value]) => {
    const personal = route.params.some((param) => param.name === name && param.personal);
    return pair(name, masked && personal ? MASK : encodeURIComponent(value));
  });
  const urgencyName = controlOf(route, 'urgency');
  if (request.priority !== undefined && urgencyName !== undefined)
    query.push(pair(urgencyName, String(request.priority)));
  const clientName = controlOf(route, 'client');
  if (request.client !== undefined && clientName !== undefined)
    query.push(pair(clientName, encodeURIComponent(request.client)));
  return query.length === 0 ? path : `${path}?${query.join('&')}`;
}

const pair = (name: string, value: string): string => `${encodeURIComponent(name)}=${value}`;

function controlOf(route: RouteView, control: 'urgency' | 'client'): string | undefined {
  return route.params.find((param) => param.control === control)?.name;
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
