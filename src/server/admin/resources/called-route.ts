import { cpfParams, routeUrl } from '../../../caller/route-request.ts';
import { nearestName } from '../../../config/nearest.ts';
import { OWN_PATHS } from '../../../config/schema/route.ts';
import { namesTo } from '../../../config/schema/section.ts';
import type { RouteConfig } from '../../../config/schema.ts';
import { choice, line, refuse, textField } from '../input/fields.ts';
import type { AdminPorts, UpstreamPort } from '../ports.ts';
import { type FieldError, invalid } from '../problems.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const MOST_BODY_BYTES = 65_536;
/** Of the route’s timeouts, all attempts together; a call that is still out then is given up. */
const MOST_CALL_MS = 600_000;

/** Sent as a header, where a route has no parameter for it. */
export const clientField = textField<string>({
  expected: 'a client’s name of 1 to 256 characters',
  document: { type: 'string', maxLength: 256, description: 'Who calls.' },
  read(text) {
    // What a header can carry (RFC 9110 §5.5).
    if (/[^\x20-\x7e\xa0-\xff]/.test(text))
      return refuse('must consist of characters that a header can carry');
    return text.length >= 1 && text.length <= 256 ? text : undefined;
  },
});

export const bodyField = textField<string>({
  expected: 'text of at most 64 kB',
  document: {
    type: 'string',
    description: 'The request’s body, sent as JSON unless a header says otherwise.',
  },
  read: (text) => (new TextEncoder().encode(text).length <= MOST_BODY_BYTES ? text : undefined),
});

/** What names a call of a route. */
export const routeFields = {
  route: line('The route’s path, as configured.', { max: 2_048 }),
  method: choice('Default: the first that the route takes.', METHODS).optional(),
  path: textField<string>({
    expected: 'the rest of a path, of at most 2,048 characters',
    document: {
      type: 'string',
      maxLength: 2_048,
      description: 'What the `*` of the route’s path stands for.',
      example: 'items/MLB1',
    },
    read(text) {
      if (/[?#\s]/.test(text)) return refuse('must be a path without query; put parameters into `params`');
      return text.length <= 2_048 ? text : undefined;
    },
  }).optional(),
  params: namesTo(
    { pattern: /^[^\s&=#]{1,128}$/, expected: 'a query parameter’s name' },
    line('Its value.', { max: 2_048 }),
    64,
  )
    .prefault({})
    .openapi({ description: 'Query parameters.' }),
  body: bodyField.optional(),
};

export interface CalledRoute {
  readonly config: RouteConfig;
  readonly upstream: UpstreamPort;
  readonly isSandbox: boolean;
  readonly method: string;
  /** How long a call may take, waiting and every attempt included. */
  readonly timeoutMs: number;
}

interface RouteQuestion {
  readonly route: string;
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/**
 * The route that is to be called. Throws `invalid_request` when there is none, when it does not take the method or a
 * parameter, when the method takes no body, or when the path would lead to another route: whoever confirmed this one
 * did not mean that one.
 */
export function calledRoute(ports: AdminPorts, question: RouteQuestion): CalledRoute {
  const routes = ports.routes();
  const ofPath = routes.filter(({ path }) => path === question.route);
  if (ofPath.length === 0) {
    const paths = [...new Set(routes.map(({ path }) => path))];
    const nearest = nearestName(question.route, paths);
    const hint = nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
    throw invalid([{ field: 'route', message: `is not a configured route${hint}` }]);
  }
  const config = ofPath.find((one) => takes(one, question.method));
  if (config === undefined) {
    const taken = [...new Set(ofPath.flatMap(({ methods }) => methods))].join(', ');
    throw invalid([{ field: 'method', message: `the route takes ${taken}, not ${question.method}` }]);
  }
  const method = question.method ?? firstMethod(config);
  const errors = [
    ...pathErrors(ports, config, question),
    ...paramErrors(config, question.params),
    ...bodyErrors(method, question.body),
  ];
  if (errors.length > 0) throw invalid(errors);
  const upstream = ports.upstreams.get(config.upstream);
  if (upstream === undefined) throw new Error(`route ${config.path} has no upstream`);
  const callMs = upstream.maxWaitMs + config.timeoutMs * config.retry.attempts;
  return {
    config,
    upstream,
    isSandbox: upstream.url === 'sandbox:',
    method,
    timeoutMs: Math.min(MOST_CALL_MS, callMs),
  };
}

/** Required parameters that nothing fills. */
export function missingParams(
  config: RouteConfig,
  given: Readonly<Record<string, string>>,
  filled: readonly string[] = cpfParams(config, given),
): FieldError[] {
  return Object.entries(config.params)
    .filter(([name, { required, control }]) => required && control === undefined && !filled.includes(name))
    .filter(([name]) => !Object.hasOwn(given, name))
    .map(([name]) => ({ field: `params.${name}`, message: 'is required by the route' }));
}

function takes({ methods }: RouteConfig, method: string | undefined): boolean {
  return method === undefined || methods.includes(method) || methods.includes('*');
}

function firstMethod({ methods }: RouteConfig): string {
  const [first = '*'] = methods;
  return first === '*' || methods.includes('GET') ? 'GET' : first;
}

function pathErrors(ports: AdminPorts, config: RouteConfig, { path }: RouteQuestion): FieldError[] {
  if (!config.path.endsWith('/*')) {
    return path === undefined
      ? []
      : [{ field: 'path', message: 'the route has no `*` that it could stand for' }];
  }
  const { pathname } = routeUrl(ports.dataPlaneUrl(), config, path);
  const taker = OWN_PATHS.includes(pathname) ? pathname : mostSpecific(ports.routes(), pathname);
  if (taker === config.path) return [];
  return [{ field: 'path', message: `leads to ${taker ?? 'no route'}, not to this route` }];
}

/** As the router of the data plane: the exact path, then the longest prefix. */
function mostSpecific(routes: readonly RouteConfig[], pathname: string): string | undefined {
  let best: string | undefined;
  for (const { path } of routes) {
    if (path === pathname) return path;
    const isPrefix = path.endsWith('/*') && `${pathname}/`.startsWith(path.slice(0, -1));
    if (isPrefix && path.length > (best?.length ?? 0)) best = path;
  }
  return best;
}

/** A route that names its parameters is called with those; one that names none passes on whatever comes. */
function paramErrors({ params }: RouteConfig, given: Readonly<Record<string, string>>): FieldError[] {
  const known = Object.keys(params);
  if (known.length === 0) return [];
  return Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((name) => ({
      field: `params.${name}`,
      message: `is not a parameter of the route; known: ${known.join(', ')}`,
    }));
}

function bodyErrors(method: string, body: string | undefined): FieldError[] {
  if (body === undefined || takesBody(method)) return [];
  return [{ field: 'body', message: `is not sent with ${method}` }];
}

/** What a GET carries means nothing (RFC 9110 section 9.3.1), and the gateway refuses it. */
export function takesBody(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD';
}
