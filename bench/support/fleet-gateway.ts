import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startRedis } from '../../test/support/redis.ts';
import { type ServerProcess, startComporta } from './process.ts';

/** A gateway under measurement, over a Redis of its own: what the others do does not count as its. */
export interface FleetGateway extends ServerProcess {
  /** For looking at its Redis; undefined: it has none. */
  readonly redis: Redis | undefined;
}

/** The calls that are measured: what a request costs depends on what it has to ask. */
export const CALLS = {
  cached: { name: 'cached answer', path: '/cached?cpf=52998224725' },
  eventual: { name: 'cached answer, eventual rule', path: '/eventual?cpf=52998224725' },
  exact: { name: 'cached answer, exact rule', path: '/exact?cpf=52998224725' },
  proxied: { name: 'proxied call, unpaced', path: '/ml/items/MLB1' },
  paced: { name: 'paced call, 1000 per 1s', path: '/paced/items/MLB1' },
} as const;

export type CallName = keyof typeof CALLS;

const cachedRoute = (path: string): string => `
  - path: ${path}
    methods: [GET]
    upstream: api
    params: { cpf: { required: true, pattern: cpf }, priority: { control: urgency }, client_id: { control: client } }
    client: { header: client-id, required: true }
    cache: { ttl: 1h, key: ["query:cpf"], shared: false }`;

const configOf = (upstream: string, redisUrl: string | undefined, folder: string): string => `
listen: 127.0.0.1:0
state: "${redisUrl ?? 'memory:'}"
ledger: "sqlite://${folder}/ledger.db"
data: "${folder}"
clients: { identify: ["header:client-id", "query:client_id", ip] }
upstreams:
  api: { url: "${upstream}" }
  paced: { url: "${upstream}", limits: ["1000 per 1s"], queue: { max_size: 10000, max_wait: 1m } }
routes:${cachedRoute('/cached')}${cachedRoute('/eventual')}${cachedRoute('/exact')}
  - { path: /ml/*, upstream: api, rewrite: /* }
  - { path: /paced/*, upstream: paced, rewrite: /* }
rules:
  - { id: eventual, path: /eventual, limit: 1000000 per 1s, action: throttle, enforce: eventual }
  - { id: exact, path: /exact, limit: 1000000 per 1s, action: throttle, enforce: exact }
`;

/** `comporta start`, with `--processes N` where `processes` says so; over Redis unless it is one process alone. */
export async function startFleetGateway(
  name: string,
  upstream: string,
  folder: string,
  { redis: wantsRedis, processes }: { readonly redis: boolean; readonly processes?: number },
): Promise<FleetGateway> {
  const own = join(folder, name.replace(/\W+/g, '-'));
  mkdirSync(own, { recursive: true });
  const server = wantsRedis ? await startRedis() : undefined;
  const file = join(own, 'comporta.yaml');
  writeFileSync(file, configOf(upstream, server?.url, own));
  const flags = processes === undefined ? [] : ['--processes', String(processes)];
  try {
    const gateway = await startComporta(file, {}, name, '127.0.0.1:0', flags);
    const redis = server && new Redis(server.url);
    const stop = async (): Promise<void> => {
      redis?.disconnect();
      await gateway.stop();
      await server?.stop();
    };
    return { ...gateway, redis, stop };
  } catch (error) {
    await server?.stop();
    throw error;
  }
}
