import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Clock, Timer } from '../../shared/clock.ts';
import { checkServer, type RedisFault, sayFault } from './server-check.ts';

export type RedisClient = Redis | Cluster;

export interface RedisConnectionOptions {
  readonly clock: Clock;
  /**
   * `redis://[user:password@]host[:port][/db]`, `rediss://…` for TLS, `redis-sentinel://host[:port],…/name[/db]`,
   * `redis-cluster://host[:port],…`.
   */
  readonly url: string;
  /** A command that has no answer after so long has failed; 1 s when absent. */
  readonly commandTimeoutMs?: number | undefined;
  /** One line for every new reason why the server cannot be used, and undefined when it can again. */
  readonly onFault?: ((fault: RedisFault | undefined) => void) | undefined;
}

const COMMAND_TIMEOUT_MS = 1_000;
const LONGEST_BACKOFF_MS = 250;
const RECHECK_MS = 1_000;

/**
 * The connections of one process: one for commands, one for what others publish. Commands never wait for a
 * connection: while there is none they fail at once. `isUp` says whether the server is there, is a primary of a
 * version that will do, and lets us do what we need; it is looked at anew after each reconnection.
 */
export class RedisConnection {
  readonly commands: RedisClient;
  readonly subscriber: RedisClient;
  private readonly listeners = new Set<(isUp: boolean) => void>();
  private readonly clock: Clock;
  private up = false;
  private closed = false;
  private lastFault: string | undefined;
  private recheck: Timer | undefined;
  /** Counts connections: an answer to a check of an earlier one says nothing. */
  private connection = 0;

  /** Throws RangeError on a URL that is not one of the forms above. Connects by itself, and again whenever it breaks. */
  constructor(private readonly options: RedisConnectionOptions) {
    this.clock = options.clock;
    const timeoutMs = options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS;
    this.commands = connect(options.url, { commandTimeout: timeoutMs });
    this.subscriber = connect(options.url, {});
    for (const client of [this.commands, this.subscriber])
      client.on('error', (error) => this.noteError(error));
    this.commands.on('ready', () => void this.check());
    this.commands.on('close', () => this.down());
  }

  get isUp(): boolean {
    return this.up;
  }

  /** Told whenever the server can be used (again), and when it cannot any more. Answers how to stop listening. */
  onChange(listener: (isUp: boolean) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Looks whether the server may be used now; undefined when it may. */
  async check(): Promise<RedisFault | undefined> {
    this.recheck?.cancel();
    const connection = ++this.connection;
    const fault = await checkServer(this.commands);
    if (this.closed || connection !== this.connection) return fault;
    this.tell(fault);
    if (fault !== undefined) {
      this.recheck = this.clock.after(RECHECK_MS, () => void this.check());
      this.setUp(false);
    } else this.setUp(true);
    return fault;
  }

  close(): void {
    this.closed = true;
    this.recheck?.cancel();
    this.listeners.clear();
    this.up = false;
    this.commands.disconnect();
    this.subscriber.disconnect();
  }

  private down(): void {
    this.connection++;
    this.recheck?.cancel();
    this.setUp(false);
  }

  private setUp(isUp: boolean): void {
    if (this.up === isUp || this.closed) return;
    this.up = isUp;
    for (const listener of this.listeners) listener(isUp);
  }

  private noteError(error: unknown): void {
    if (!this.closed) this.tell(sayFault(error));
  }

  private tell(fault: RedisFault | undefined): void {
    if (fault?.code === this.lastFault) return;
    this.lastFault = fault?.code;
    this.options.onFault?.(fault);
  }
}

function connect(url: string, more: RedisOptions): RedisClient {
  const parsed = parseRedisUrl(url);
  const options: RedisOptions = {
    ...more,
    ...(parsed.username === undefined ? {} : { username: parsed.username }),
    ...(parsed.password === undefined ? {} : { password: parsed.password }),
    ...(parsed.tls ? { tls: {} } : {}),
    // A command belongs to the connection that it was sent on: one that broke may have done it, or not.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    noDelay: true,
    retryStrategy: (times) => Math.min(LONGEST_BACKOFF_MS, 25 * times),
    // A primary that has become a replica: its successor is found by connecting anew.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
  const hosts = parsed.hosts.map(({ host, port }) => ({ host, port }));
  if (parsed.kind === 'cluster') {
    return new Cluster(hosts, { redisOptions: options, enableOfflineQueue: false, scaleReads: 'master' });
  }
  if (parsed.kind === 'sentinel') {
    return new Redis({ ...options, sentinels: hosts, name: parsed.name ?? 'mymaster', db: parsed.db });
  }
  return new Redis({ ...options, ...hosts[0], db: parsed.db });
}

export interface RedisUrl {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly hosts: ReadonlyArray<{ readonly host: string; readonly port: number }>;
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** The group of Sentinel. */
  readonly name: string | undefined;
  readonly db: number;
}

const KINDS = {
  redis: ['single', false, 6_379],
  rediss: ['single', true, 6_379],
  'redis-sentinel': ['sentinel', false, 26_379],
  'redis-cluster': ['cluster', false, 6_379],
} as const;

/** Throws RangeError when it is none of the forms that `RedisConnectionOptions.url` lists; never shows a password. */
export function parseRedisUrl(url: string): RedisUrl {
  const match = /^([a-z-]+):\/\/(?:([^@/]*)@)?([^/@]+)((?:\/[^/]*)*)$/.exec(url.trim());
  const kindOf = match === null ? undefined : KINDS[match[1] as keyof typeof KINDS];
  if (match === null || kindOf === undefined) {
    throw new RangeError(
      'the Redis URL must look like redis://host:6379, rediss://…, redis-sentinel://host,host/name or redis-cluster://host,host',
    );
  }
  const [kind, tls, defaultPort] = kindOf;
  const [username, password] = (match[2] ?? '').split(':', 2).map(decodeURIComponent);
  const hosts = match[3]!.split(',').map((address) => {
    const [, host, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(address) ?? [];
    if (host === undefined) throw new RangeError(`the Redis URL names no host and port in ${address}`);
    return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? defaultPort : Number(port) };
  });
  const path = match[4]!
    .split('/')
    .slice(1)
    .filter((part) => part !== '');
  const name = kind === 'sentinel' ? path.shift() : undefined;
  const db = path[0] === undefined ? 0 : Number(path[0]);
  if (!Number.isSafeInteger(db) || db < 0)
    throw new RangeError('the database of the Redis URL must be a number from 0');
  return { kind, hosts, tls, username: username || undefined, password: password || undefined, name, db };
}
