import type { RedisClient } from './connection.ts';

/** Why a Redis server cannot be used: a stable code, and one line that says what to do. */
export interface RedisFault {
  readonly code: string;
  readonly message: string;
}

const LEAST_MAJOR = 7;

/** Whether the server is one that can pace a fleet; undefined when it is. Never throws. */
export async function checkServer(client: RedisClient): Promise<RedisFault | undefined> {
  try {
    const info = await client.info();
    const field = (name: string): string => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim() ?? '';
    const version = field('redis_version');
    if (!(Number.parseInt(version, 10) >= LEAST_MAJOR)) {
      return fault('version', `Redis ${version} is too old: 7.0 or newer is needed`);
    }
    if (field('role') !== 'master' && field('redis_mode') !== 'cluster') {
      return fault(
        'replica',
        'this Redis is a read-only replica: give the address of the primary, or of Sentinel',
      );
    }
    const policy = field('maxmemory_policy');
    if (policy.startsWith('allkeys-')) {
      return fault(
        'eviction',
        `Redis evicts keys as it likes (maxmemory-policy ${policy}): set noeviction, or a volatile- policy, or what was sent is forgotten`,
      );
    }
    const most = Number(field('maxmemory'));
    if (policy === 'noeviction' && most > 0 && Number(field('used_memory')) >= most) {
      return fault('memory', 'Redis has reached maxmemory: give it more, or delete what is not needed');
    }
    await client.eval("return redis.call('INFO', 'server') and redis.call('TIME')", 0);
    await client.publish('comporta:check', '');
    return undefined;
  } catch (error) {
    return sayFault(error);
  }
}

/** In words what an error of Redis, or of the connection to it, means. */
export function sayFault(error: unknown): RedisFault {
  const text = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  if (/^WRONGPASS|^NOAUTH|invalid password|without any password/i.test(text)) {
    return fault('password', 'Redis refuses the user or password of REDIS_URL');
  }
  if (text.includes('NOPERM')) {
    return fault(
      'permission',
      `the Redis user may not do what Comporta needs (+@scripting +info +time +publish +subscribe, keys {comporta:* and channels comporta:*): ${text}`,
    );
  }
  if (text.startsWith('READONLY')) {
    return fault(
      'replica',
      'this Redis is a read-only replica: give the address of the primary, or of Sentinel',
    );
  }
  if (text.startsWith('OOM')) return fault('memory', 'Redis has reached maxmemory: give it more');
  if (text.startsWith('LOADING')) return fault('loading', 'Redis is loading its data');
  if (code === 'ENOTFOUND') return fault('host', 'the host of REDIS_URL is not known');
  const reason = typeof code === 'string' ? code : text;
  return fault('unreachable', `Redis cannot be reached (${reason}); it is tried again`);
}

function fault(code: string, message: string): RedisFault {
  return { code, message };
}
