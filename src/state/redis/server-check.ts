import { Cluster } from 'ioredis';
import type { RedisClient } from './connection.ts';
import { type RedisFault, sayFault } from './fault.ts';
import { checkChannel, checkKey } from './keys.ts';
import type { RedisLink } from './link.ts';
import { assembleScript, luaReader, runScript } from './scripts.ts';

export interface ServerCheck {
  readonly link: Pick<RedisLink, 'commands' | 'subscriber'>;
  readonly prefix: string;
  /** A key that Redis refused to touch: in a cluster, it is that key's node that is asked. */
  readonly beside?: string | undefined;
}

const LEAST_MAJOR = 7;
const CHECK = assembleScript([], luaReader(import.meta.url)('./check.lua'));

/** Whether the server is one that can pace a fleet, and takes what is asked of it; undefined when it is. Never throws. */
export async function checkServer({ link, prefix, beside }: ServerCheck): Promise<RedisFault | undefined> {
  const { commands, subscriber } = link;
  try {
    for (const server of serversOf(commands)) {
      const found = await checkInfo(server, commands instanceof Cluster);
      if (found !== undefined) return found;
    }
    const channel = checkChannel(prefix);
    await runScript(commands, CHECK, [checkKey(prefix, beside)], [channel]);
    if (subscriber.status === 'ready') {
      await subscriber.subscribe(channel);
      await subscriber.unsubscribe(channel);
    }
    return undefined;
  } catch (error) {
    return sayFault(error, prefix);
  }
}

/** In a cluster every primary counts; one that is away is found out by what it is asked. */
function serversOf(client: RedisClient): readonly RedisClient[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}

async function checkInfo(server: RedisClient, isOneOfMany: boolean): Promise<RedisFault | undefined> {
  const info = await server.info().catch((error: unknown) => {
    if (isOneOfMany) return undefined;
    throw error;
  });
  if (info === undefined) return undefined;
  const { host, port } = server.options as { host?: string; port?: number };
  const where = isOneOfMany ? `${host}:${port}` : undefined;
  const field = (name: string): string => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim() ?? '';
  const version = field('redis_version');
  if (!(Number.parseInt(version, 10) >= LEAST_MAJOR)) {
    return { code: 'version', message: `Redis ${version} is too old: 7.0 or newer is needed`, where };
  }
  if (field('role') !== 'master' && field('redis_mode') !== 'cluster') {
    return sayFault(new Error('READONLY'));
  }
  const policy = field('maxmemory_policy');
  if (policy.startsWith('allkeys-')) {
    const message = `Redis evicts keys as it likes (maxmemory-policy ${policy}): set noeviction, or a volatile- policy, or what was sent is forgotten`;
    return { code: 'eviction', message, where };
  }
  return undefined;
}
