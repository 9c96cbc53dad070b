import type { z } from 'zod';

export type { ClientLimitAlgorithm } from '../policies/limiter/client-limit.ts';

import type { AccessRule } from '../policies/access/rule.ts';
import { ruleSection } from './schema/access-rule.ts';
import * as fleet from './schema/fleet.ts';
import { type RouteConfig, route } from './schema/route.ts';
import { listOf, namesTo, section } from './schema/section.ts';
import type { Address, ClientSource } from './schema/server.ts';
import * as server from './schema/server.ts';
import { type UpstreamConfig, upstream } from './schema/upstream.ts';

export type { BreakerConfig } from './schema/breaker.ts';
export type { StateConfig } from './schema/fleet.ts';
export type { RetryConfig } from './schema/retry.ts';
export type {
  ParamConfig,
  RouteClientConfig,
  RouteClientLimit,
  RouteConfig,
} from './schema/route.ts';
export type { CacheKeyPart, RouteCacheConfig } from './schema/route-cache.ts';
export type { QueueConfig, UpstreamConfig, UpstreamUrl } from './schema/upstream.ts';
export type { Address, ClientSource };

const UPSTREAM_NAME = {
  pattern: /^[a-z0-9_-]{1,64}$/,
  expected: 'a-z, 0-9, _ and -, at most 64',
};
const MOST_UPSTREAMS = 1_000;
const MOST_ROUTES = 10_000;

/**
 * The configuration file. One schema: what it reads (durations, sizes and rates as people write them) is the JSON
 * Schema and the reference; what it yields (milliseconds, bytes) is `Config`.
 */
export const fileSchema = section({
  listen: server.address('Address of the data plane.').prefault('127.0.0.1:8000'),
  admin: server.admin
    .prefault({})
    .describe('The admin API and the dashboard: who may see and change what runs.'),
  environment: server.environment.prefault(''),
  state: fleet.state.prefault('memory:'),
  fleet: fleet.fleet.prefault({}).describe('Several processes that behave as one, where `state` is a Redis.'),
  ledger: server.ledger.prefault('sqlite://./data/comporta.db'),
  usage: server.usage.prefault({}).describe('What is recorded of finished requests, and for how long.'),
  rules: ruleSection.prefault([]),
  sandbox: server.sandbox
    .prefault({})
    .describe('A simulated upstream that enforces its limits and reports what it saw.'),
  clients: server.clients.prefault({}).describe('Who calls.'),
  log: server.log.prefault({}).describe('Log lines, as JSON, on standard error.'),
  cache: server.cache.prefault({}).describe('Bounds of the cache that all routes share.'),
  max_body: server.maxBody.prefault('1mb'),
  buffer: server.buffer.prefault('64kb'),
  max_outbound: server.maxOutbound.prefault(1024),
  data: server.data.prefault('./data'),
  shutdown: server.shutdown.prefault({}).describe('How a process ends.'),
  upstreams: namesTo(UPSTREAM_NAME, upstream, MOST_UPSTREAMS).describe(
    'The APIs that are called, by a name of your own (a-z, 0-9, `_`, `-`; at most 64 characters).',
  ),
  routes: listOf(route, MOST_ROUTES).describe('Which requests go where, and what happens on the way.'),
});

type FileConfig = z.output<typeof fileSchema>;

/** The configuration in force: milliseconds and bytes, every default filled in, deep-frozen after loading. */
export interface Config {
  readonly listen: Address;
  readonly admin: Readonly<FileConfig['admin']>;
  /** What the operator calls this installation; undefined: nothing. */
  readonly environment: string | undefined;
  /** `sqlite://…` or `postgres://…`; may hold a password. */
  readonly ledger: string;
  readonly usage: Readonly<FileConfig['usage']>;
  /** Access rules of the file. */
  readonly rules: readonly AccessRule[];
  readonly state: fleet.StateConfig;
  /** Of use where `state` is a Redis. */
  readonly fleet: Readonly<FileConfig['fleet']>;
  readonly sandbox: Readonly<FileConfig['sandbox']>;
  readonly clients: { readonly identify: readonly ClientSource[]; readonly trustProxies: readonly string[] };
  readonly log: Readonly<FileConfig['log']>;
  /** Bounds of the cache that all routes share. */
  readonly cache: Readonly<FileConfig['cache']>;
  readonly maxBodyBytes: number;
  /** Bodies up to this size are held whole; above it they stream. */
  readonly bufferBytes: number;
  /** Calls of all unpaced upstreams together that may be under way (`BUN_CONFIG_MAX_HTTP_REQUESTS`). */
  readonly maxOutbound: number;
  /** Folder for what must outlast the process; undefined: nothing does. */
  readonly dataFolder: string | undefined;
  readonly shutdown: { readonly graceMs: number };
  /** Without a prototype, so that a look-up never finds what is not configured. */
  readonly upstreams: Readonly<Record<string, UpstreamConfig>>;
  readonly routes: readonly RouteConfig[];
}

/**
 * Fills in what depends on more than one place: names, and what routes take from their upstream. `resolvePath`
 * makes a path that is relative to the configuration file absolute. Throws RangeError on a route to an upstream
 * that does not exist; `checkReferences` reports those before.
 */
export function resolveConfig(file: FileConfig, resolvePath: (path: string) => string): Config {
  const upstreams: Record<string, UpstreamConfig> = Object.create(null);
  for (const [name, one] of Object.entries(file.upstreams)) {
    const { caFile, verify } = one.tls;
    const tls = { caFile: caFile === undefined ? undefined : resolvePath(caFile), verify };
    upstreams[name] = { name, ...one, tls };
  }
  const routes = file.routes.map((route) => {
    const to = upstreams[route.upstream];
    if (to === undefined) throw new RangeError(`there is no upstream ${route.upstream}`);
    return route.resolve({ upstream: to, maxBodyBytes: file.max_body });
  });
  return {
    listen: file.listen,
    admin: file.admin,
    environment: file.environment || undefined,
    ledger: file.ledger,
    usage: file.usage,
    rules: file.rules,
    state: file.state,
    fleet: file.fleet,
    sandbox: file.sandbox,
    clients: file.clients,
    log: file.log,
    cache: file.cache,
    maxBodyBytes: file.max_body,
    bufferBytes: file.buffer,
    maxOutbound: file.max_outbound,
    dataFolder: file.data === '' ? undefined : file.data,
    shutdown: file.shutdown,
    upstreams,
    routes,
  };
}
