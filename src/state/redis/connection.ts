import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Clock, Timer } from '../../shared/clock.ts';
import { type Random, systemRandom } from '../../shared/random.ts';
import { type RedisFault, refusalIn, sayFault } from './fault.ts';
import { DEFAULT_PREFIX } from './keys.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';
import { checkServer } from './server-check.ts';
import { Trouble } from './trouble.ts';

export type RedisClient = Redis | Cluster;

export interface RedisConnectionOptions {
  readonly clock: Clock;
  /** Keeps the nodes that lost a server together from coming back together; the system's when absent. */
  readonly random?: Random | undefined;
  /**
   * `redis://[user:password@]host[:port][/db]`, `rediss://…` for TLS, `redis-sentinel://host[:port],…/name[/db]`,
   * `redis-cluster://host[:port],…`.
   */
  readonly url: string;
  /** Begins the names of keys and channels that are used. */
  readonly prefix?: string | undefined;
  /** A command that has no answer after so long has failed; 1 s when absent. */
  readonly commandTimeoutMs?: number | undefined;
  /**
   * Called once for every new reason why the server cannot be used, with undefined when it can for the first time, and
   * again after trouble, once that has been over for 2 s.
   */
  readonly onFault?: ((fault: RedisFault | undefined) => void) | undefined;
}

/** A command, as the client sends it. */
interface SentCommand {
  readonly promise: Promise<unknown>;
  getKeys(): ReadonlyArray<string | Buffer>;
}

const COMMAND_TIMEOUT_MS = 1_000;
const FIRST_RECHECK_MS = 500;
const LAST_RECHECK_MS = 2_000;
/** Another server may be the one by now: Sentinel, or a name, says which when a connection is made. */
const ELSEWHERE: ReadonlySet<string> = new Set(['replica', 'timeout']);

/**
 * The connections of one process: one for commands, one for what others publish. Commands never wait for a
 * connection: while there is none they fail at once. `isUp` says whether the server is there, is a primary of a
 * version that will do, and takes what we ask of it; it is looked at anew after each reconnection, and whenever it
 * refuses a command because of how it stands (no memory, read only, no permission), until it takes them again.
 */
export class RedisConnection {
  readonly commands: RedisClient;
  readonly subscriber: RedisClient;
  /** `host:port` of the servers that the URL names. */
  readonly where: string;
  private readonly listeners = new Set<(isUp: boolean) => void>();
  private readonly clock: Clock;
  private readonly prefix: string;
  private readonly tls: boolean;
  private readonly trouble: Trouble;
  private up = false;
  private closed = false;
  private recheck: Timer | undefined;
  private recheckMs = FIRST_RECHECK_MS;
  private checking = false;
  /** The key that was refused last. */
  private refusedKey: string | undefined;
  /** Counts connections: an answer to a check of an earlier one says nothing. */
  private connection = 0;

  /** Throws RangeError on a URL that is not one of the forms above. Connects by itself, and again whenever it breaks. */
  constructor(private readonly options: RedisConnectionOptions) {
    const {
      clock,
      random = systemRandom,
      prefix = DEFAULT_PREFIX,
      commandTimeoutMs = COMMAND_TIMEOUT_MS,
    } = options;
    this.clock = clock;
    this.prefix = prefix;
    this.trouble = new Trouble(clock, (fault) => this.tell(fault));
    const url = parseRedisUrl(options.url);
    this.tls = url.tls;
    this.where = url.hosts.map(({ host, port }) => `${host}:${port}`).join(',');
    this.commands = connect(url, { commandTimeout: commandTimeoutMs }, random);
    // Whoever listens subscribes anew itself, and is told when that is refused.
    this.subscriber = connect(url, { commandTimeout: commandTimeoutMs, autoResubscribe: false }, random);
    for (const client of [this.commands, this.subscriber]) {
      client.on('error', (error) => this.noteError(error));
      watch(client, (...failure) => this.failed(...failure));
    }
    this.commands.on('ready', () => void this.check());
    this.commands.on('close', () => this.down());
  }

  get isUp(): boolean {
    return this.up;
  }

  /** Why the server cannot be used, as known last; undefined while it can, or nobody knows. */
  get fault(): RedisFault | undefined {
    return this.trouble.fault;
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
    const { prefix, refusedKey: beside } = this;
    this.checking = true;
    const fault = await checkServer({ link: this, prefix, beside });
    if (this.closed || connection !== this.connection) return fault;
    this.checking = false;
    if (fault !== undefined) this.unusable(fault);
    else if (!this.up) {
      // What was refused before may have been a channel: whoever listens begins anew.
      if (this.fault?.code === 'permission') this.subscriber.disconnect(true);
      this.trouble.over();
      this.setUp(true);
    }
    return fault;
  }

  close(): void {
    this.closed = true;
    this.recheck?.cancel();
    this.trouble.close();
    this.listeners.clear();
    this.up = false;
    this.commands.disconnect();
    this.subscriber.disconnect();
  }

  private down(): void {
    this.connection++;
    this.checking = false;
    this.recheck?.cancel();
    if (!this.closed) this.trouble.broke();
    this.setUp(false);
  }

  /** A command that failed may say that all others will, too. */
  private failed(error: unknown, command: SentCommand, where: string | undefined): void {
    if (this.closed || !this.up || this.checking) return;
    const refusal = refusalIn(error, this.prefix);
    if (refusal !== undefined) {
      this.refusedKey = command.getKeys()[0]?.toString();
      this.unusable({ ...refusal, where });
      // A primary that has become a replica: its successor is found by connecting anew.
      if (refusal.code === 'replica') this.reconnect();
    } else if (error instanceof Error && error.message === 'Command timed out') void this.check();
  }

  private unusable(fault: RedisFault): void {
    this.trouble.note(fault);
    this.recheck?.cancel();
    this.recheck = this.clock.after(this.recheckMs, () => {
      if (ELSEWHERE.has(fault.code)) this.reconnect();
      else void this.check();
    });
    this.recheckMs = Math.min(LAST_RECHECK_MS, this.recheckMs * 2);
    this.setUp(false);
  }

  private reconnect(): void {
    for (const client of [this.commands, this.subscriber]) client.disconnect(true);
  }

  private setUp(isUp: boolean): void {
    if (this.up === isUp || this.closed) return;
    this.up = isUp;
    for (const listener of this.listeners) listener(isUp);
  }

  private noteError(error: unknown): void {
    // While the server can be used, it is the other connection that has trouble.
    if (!this.closed && !this.up) this.trouble.note(sayFault(error, this.prefix, this.tls));
  }

  private tell(fault: RedisFault | undefined): void {
    if (fault === undefined) this.recheckMs = FIRST_RECHECK_MS;
    this.options.onFault?.(fault && { ...fault, where: fault.where ?? this.where });
  }
}

/** Sees the commands that fail, whoever sends them; `where` is the server of a cluster that they went to last. */
function watch(
  client: RedisClient,
  onFailure: (error: unknown, command: SentCommand, where: string | undefined) => void,
  where?: string,
): void {
  if (client instanceof Cluster) {
    // What its servers fail at is heard first: they are who is asked.
    client.on('+node', (server: Redis) => {
      const { host, port } = server.options;
      watch(server, onFailure, `${host}:${port}`);
    });
  }
  const send = client.sendCommand.bind(client) as (...args: readonly unknown[]) => unknown;
  client.sendCommand = (command: unknown, ...rest: unknown[]) => {
    const answer = send(command, ...rest);
    const sent = command as SentCommand;
    sent.promise.catch((error: unknown) => onFailure(error, sent, where));
    return answer;
  };
}

function connect(url: RedisUrl, more: RedisOptions, random: Random): RedisClient {
  const options: RedisOptions = {
    ...more,
    ...(url.username === undefined ? {} : { username: url.username }),
    ...(url.password === undefined ? {} : { password: url.password }),
    ...(url.tls ? { tls: {} } : {}),
    // A command belongs to the connection that it was sent on: one that broke may have done it, or not.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    noDelay: true,
    retryStrategy: (times) => reconnectDelayMs(times, random),
  };
  const hosts = url.hosts.map(({ host, port }) => ({ host, port }));
  if (url.kind === 'cluster') {
    return new Cluster(hosts, {
      redisOptions: options,
      enableOfflineQueue: false,
      scaleReads: 'master',
      clusterRetryStrategy: (times) => reconnectDelayMs(times, random),
      // A command whose connection broke may have been done: it is not sent again by itself.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
    });
  }
  if (url.kind === 'sentinel') {
    return new Redis({ ...options, sentinels: hosts, name: url.name ?? 'mymaster', db: url.db });
  }
  return new Redis({ ...options, ...hosts[0], db: url.db });
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
