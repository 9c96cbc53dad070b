import type { ClientLimitAlgorithm } from '../../policies/limiter/client-limit.ts';
import { paramPattern } from '../../shared/param-pattern.ts';
import type { Rate } from '../../shared/units.ts';
import { DEFAULT_URGENCY, type Urgency } from '../../shared/urgency.ts';
import { method, type RetryConfig, routeRetry } from './retry.ts';
import { type RouteCacheConfig, routeCache } from './route-cache.ts';
import { choice, duration, flag, integer, rate, refuse, scalar, size, text } from './scalars.ts';
import { listOf, namesTo, section } from './section.ts';
import { TOKEN } from './server.ts';
import type { UpstreamConfig } from './upstream.ts';

export interface RouteConfig {
  /** Exact, or ending in `/*`, which takes every path that begins so. */
  readonly path: string;
  /** Upper case; `['*']` is any. */
  readonly methods: readonly string[];
  /** A key of `upstreams`. */
  readonly upstream: string;
  /** The upstream's path; a trailing `*` takes what the path's `*` matched. Undefined: the path as it came. */
  readonly rewrite: string | undefined;
  readonly params: Readonly<Record<string, ParamConfig>>;
  readonly client: RouteClientConfig | undefined;
  /** Undefined: not cached. */
  readonly cache: RouteCacheConfig | undefined;
  readonly coalesce: boolean;
  readonly clientLimit: RouteClientLimit | undefined;
  readonly envelope: 'status' | undefined;
  /** `json`: a body that is not JSON is refused. */
  readonly body: 'json' | undefined;
  readonly retry: RetryConfig;
  readonly maxBodyBytes: number;
  readonly timeoutMs: number;
  /** Of requests that do not say. */
  readonly urgency: Urgency;
}

/** A query parameter. */
export interface ParamConfig {
  readonly required: boolean;
  /** `cpf`, or the source of a regular expression that the whole value must match. */
  readonly pattern: string | undefined;
  /** Masked in logs. */
  readonly personal: boolean;
  /** Addressed to Comporta: read as urgency or client, and not passed on. */
  readonly control: 'urgency' | 'client' | undefined;
}

export interface RouteClientConfig {
  /** Header that tells the upstream who calls, lower case. */
  readonly header: string | undefined;
  /** Who calls when the request does not say. */
  readonly default: string | undefined;
  /** 400 for a request that does not say and has no default. */
  readonly required: boolean;
}

export interface RouteClientLimit {
  readonly rate: Rate;
  readonly algorithm: ClientLimitAlgorithm;
  readonly by: 'ip' | 'client';
}

/** Paths that Comporta answers itself, before any route. */
export const OWN_PATHS: readonly string[] = ['/health', '/livez', '/readyz', '/metrics'];

// Unreserved and reserved characters of a path segment (RFC 3986 section 3.3) and `/`; no query, no fragment.
const PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()+,;=:@/]|%[0-9A-Fa-f]{2})*\*?$/;

function readPath(written: string): string | ReturnType<typeof refuse> | undefined {
  if (!PATH.test(written) || written.length > 2_048) return undefined;
  return written.endsWith('*') && !written.endsWith('/*')
    ? refuse('`*` must follow a `/`, as in /ml/*')
    : written;
}

const PATH_JSON = { type: 'string', pattern: '^/[^?#*\\s]*\\*?$' } as const;

const path = scalar<string>(
  {
    kind: 'path',
    expected: 'a path such as /proxy/score or /ml/*',
    json: PATH_JSON,
    read(written) {
      if (OWN_PATHS.includes(written))
        return refuse(`${written} is answered by Comporta itself; choose another path`);
      return readPath(written);
    },
  },
  'Path of the requests that this route takes: exact, or ending in `/*` for everything below. The most specific route wins.',
);

const rewrite = scalar<string>(
  {
    kind: 'path',
    expected: 'a path such as /api/score, or /api/* where the path ends in /*',
    json: PATH_JSON,
    read: readPath,
  },
  'Path at the upstream. A trailing `*` takes what the `*` of `path` matched. Absent: the path as it came.',
);

const pattern = scalar<string>(
  {
    kind: '`cpf` or regular expression',
    expected: 'cpf or a regular expression',
    json: { type: 'string' },
    read(written) {
      if (written === '' || written === 'cpf') return written;
      if (written.length > 1_024) return refuse('must be at most 1,024 characters long');
      try {
        paramPattern(written);
        return written;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return refuse(`is not a regular expression: ${reason.replace(/^Invalid regular expression: /i, '')}`);
      }
    },
  },
  'What the whole value must look like, 400 otherwise. `cpf`: 11 digits, punctuation allowed.',
);

const param = section({
  required: flag('Whether a request without it is refused with 400.').prefault(false),
  pattern: pattern.optional(),
  personal: flag('Whether it is masked in logs. Default: true where the pattern is `cpf`.').optional(),
  control: choice(
    'Addressed to Comporta: `urgency` (0 to 7) or `client` (who calls). It is not passed on as a parameter.',
    ['urgency', 'client'],
  ).optional(),
}).transform(
  (file): ParamConfig => ({
    required: file.required,
    pattern: file.pattern || undefined,
    personal: file.personal ?? file.pattern === 'cpf',
    control: file.control,
  }),
);

const headerName = scalar<string>(
  {
    kind: 'header name',
    expected: 'a header name such as client-id',
    json: { type: 'string' },
    read: (written) => (TOKEN.test(written) ? written.toLowerCase() : undefined),
  },
  'Header that tells the upstream who calls. Absent: it is not told.',
);

const client = section({
  header: headerName.optional(),
  default: text('Who calls when the request does not say. Empty: nobody.').optional(),
  required: flag(
    'Whether a request that does not say who calls, without a default, is refused with 400.',
  ).prefault(false),
}).transform(
  (file): RouteClientConfig => ({
    header: file.header,
    default: file.default || undefined,
    required: file.required,
  }),
);

const clientLimit = section({
  limit: rate('How many requests one client may make; 429 above it.'),
  algorithm: choice('How they are counted.', ['sliding_window', 'token_bucket', 'fixed_window']).prefault(
    'sliding_window',
  ),
  by: choice('What one client is: an address, or who `clients.identify` says it is.', [
    'ip',
    'client',
  ]).prefault('ip'),
}).transform((file): RouteClientLimit => ({ rate: file.limit, algorithm: file.algorithm, by: file.by }));

/** What a route falls back on. */
export interface RouteDefaults {
  readonly upstream: UpstreamConfig;
  readonly maxBodyBytes: number;
}

/** Gives the route once its upstream is known. */
export const route = section({
  path,
  methods: listOf(method, 32, 1)
    .optional()
    .describe('Methods that it takes; 405 for the others. Absent: any.'),
  upstream: text('The upstream that answers: a key of `upstreams`.'),
  rewrite: rewrite.optional(),
  params: namesTo({ pattern: /^[^\s&=#]{1,128}$/, expected: 'a query parameter’s name' }, param, 256)
    .prefault({})
    .describe('Query parameters that are checked or have a meaning here. Others are passed on as they are.'),
  client: client.optional().describe('How the upstream is told who calls.'),
  cache: routeCache.optional().describe('Answers to GET and HEAD are kept. Absent: they are not.'),
  coalesce: flag(
    'Whether identical reads that are under way at once share one call. Default: true with `cache`, otherwise false.',
  ).optional(),
  client_limit: clientLimit.optional().describe('How much one client may ask for. Absent: no limit.'),
  envelope: choice(
    'Form of answers: `status` wraps them in `{"status": …}`. Absent: the upstream’s answer as it is, refusals as problem+json.',
    ['status'],
  ).optional(),
  body: choice('`json`: a body that is not valid JSON is refused with 400. Default: json with `envelope`.', [
    'json',
  ]).optional(),
  retry: routeRetry.optional().describe('Keys that differ from the upstream’s `retry`.'),
  max_body: size('The largest request body. Default: `max_body` of the file.', { max: 2 ** 32 }).optional(),
  timeout: duration('How long one attempt may stay silent. Default: the upstream’s `timeout`.', {
    min: 1,
    max: 3_600_000,
  }).optional(),
  urgency: integer('Urgency of requests that do not say: 0 goes first, 7 last.', { min: 0, max: 7 }).prefault(
    DEFAULT_URGENCY,
  ),
}).transform((file) => ({
  upstream: file.upstream,
  resolve: (defaults: RouteDefaults): RouteConfig => ({
    path: file.path,
    methods: file.methods === undefined ? ['*'] : [...new Set(file.methods)],
    upstream: file.upstream,
    rewrite: file.rewrite,
    params: Object.assign(Object.create(null) as Record<string, ParamConfig>, file.params),
    client: file.client,
    cache: file.cache,
    coalesce: file.coalesce ?? file.cache !== undefined,
    clientLimit: file.client_limit,
    envelope: file.envelope,
    body: file.body ?? (file.envelope === 'status' ? 'json' : undefined),
    retry: file.retry?.(defaults.upstream.retry) ?? defaults.upstream.retry,
    maxBodyBytes: file.max_body ?? defaults.maxBodyBytes,
    timeoutMs: file.timeout ?? defaults.upstream.timeoutMs,
    urgency: file.urgency as Urgency,
  }),
}));
