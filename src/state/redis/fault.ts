import { DEFAULT_PREFIX } from './keys.ts';

/** Why a Redis server cannot be used: a stable code, and one line that says what to do. */
export interface RedisFault {
  readonly code: string;
  readonly message: string;
  /** `host:port` of the server that it is about, where that is known. */
  readonly where?: string | undefined;
}

export const CONNECTION_BROKE: RedisFault = fault(
  'unreachable',
  'the connection to Redis broke; it is tried again',
);

/**
 * What Redis refuses because of how it stands, not because of what it was asked: nothing else that is written will be
 * taken, either. Of a command inside a script, Redis 7.0 names a missing permission in words alone.
 */
const REFUSALS: ReadonlyArray<readonly [RegExp, (text: string, prefix: string) => RedisFault]> = [
  [
    /NOPERM|The user executing the script can't/,
    (text, prefix) =>
      fault(
        'permission',
        `the Redis user may not do what Comporta needs; give it ~{${prefix}:* &${prefix}:* +@read +@write +@scripting +@connection +publish +subscribe +unsubscribe +time -@dangerous +info (${firstLine(text)})`,
      ),
  ],
  [
    /^READONLY/,
    () =>
      fault('replica', 'this Redis is a read-only replica: give the address of the primary, or of Sentinel'),
  ],
  [/^OOM/, () => fault('memory', 'Redis has reached maxmemory: give it more, or delete what is not needed')],
  [
    /^MISCONF/,
    () =>
      fault(
        'persistence',
        'Redis cannot save its data and takes no more (MISCONF): its log says why; make room on its disk, or set stop-writes-on-bgsave-error no',
      ),
  ],
  [
    /^NOREPLICAS/,
    () =>
      fault(
        'replicas',
        'Redis has fewer replicas than min-replicas-to-write asks for: bring them back, or ask for fewer',
      ),
  ],
  [
    /^CLUSTERDOWN|Too many Cluster redirections/,
    () =>
      fault(
        'cluster',
        'a part of the Redis Cluster is served by nobody: redis-cli cluster info says which; it is tried again',
      ),
  ],
  [
    /^(WRONGPASS|NOAUTH)|invalid password|without any password/i,
    () => fault('password', 'Redis refuses the user or password of REDIS_URL'),
  ],
  [/^LOADING|^MASTERDOWN/, () => fault('loading', 'Redis is loading its data')],
  [/^BUSY/, () => fault('busy', 'Redis is busy with a script of somebody else; it is tried again')],
];

/** The fault behind what Redis answered to a command; undefined when it says nothing of the server. */
export function refusalIn(error: unknown, prefix: string = DEFAULT_PREFIX): RedisFault | undefined {
  const text = textOf(error);
  return REFUSALS.find(([pattern]) => pattern.test(text))?.[1](text, prefix);
}

/** In words what an error of Redis, or of the connection to it, means. */
export function sayFault(error: unknown, prefix: string = DEFAULT_PREFIX, tls = false): RedisFault {
  // A cluster of which no node will do says why of the last one.
  const cause = (error as { lastNodeError?: unknown } | null)?.lastNodeError ?? error;
  const text = textOf(cause);
  const code = (cause as { code?: unknown } | null)?.code;
  const refusal = refusalIn(cause, prefix);
  if (refusal !== undefined) return refusal;
  if (text.startsWith('MOVED')) {
    return fault('mode', 'this Redis is a part of a Redis Cluster: write redis-cluster:// in REDIS_URL');
  }
  if (text.includes('cluster support disabled')) {
    return fault('mode', 'this Redis is no Redis Cluster: write redis:// or rediss:// in REDIS_URL');
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)/.test(`${code}`)) {
    return fault(
      'certificate',
      `the certificate of Redis is not trusted (${code}): name the file of its CA in NODE_EXTRA_CA_CERTS, and in REDIS_URL the host that it is for`,
    );
  }
  // A Redis without TLS waits for the end of what it takes for a command.
  if (/SSL|EPROTO/.test(`${code}`) || text.includes('before secure TLS') || (tls && code === 'ETIMEDOUT')) {
    return fault(
      'unreachable',
      `Redis cannot be reached over TLS (${code}): if this port speaks none, write redis:// in REDIS_URL; it is tried again`,
    );
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return fault(
      'unreachable',
      `Redis breaks the connection off (${code}): a port for TLS needs rediss:// in REDIS_URL; it is tried again`,
    );
  }
  if (code === 'ENOTFOUND') return fault('host', 'the host of REDIS_URL is not known');
  if (text === 'Command timed out') return fault('timeout', 'Redis does not answer; it is tried again');
  const reason = typeof code === 'string' ? code : firstLine(text);
  return fault('unreachable', `Redis cannot be reached (${reason}); it is tried again`);
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const firstLine = (text: string): string => text.split('\n', 1)[0]!.slice(0, 200);

function fault(code: string, message: string): RedisFault {
  return { code, message };
}
