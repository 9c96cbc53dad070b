import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RedisClient } from './connection.ts';

/** Lua, as sent to Redis, and the name by which Redis knows it. */
export interface Script {
  readonly source: string;
  readonly sha: string;
  /**
   * Always sent by its text. A script that is not known is sent twice, and what was asked after it meanwhile is done
   * before it: one that must keep its place among a node's requests pays for its text each time.
   */
  readonly inOrder?: boolean;
}

/** Reads `.lua` files that lie beside a source file: `folder` is that file's `import.meta.url`. */
export function luaReader(folder: string): (path: string) => string {
  return (path) => readFileSync(fileURLToPath(new URL(path, folder)), 'utf8');
}

/**
 * One script of several chunks: what they share comes first, the script itself last. A shebang line (`#!lua flags=…`)
 * of the script stays the first line of the whole.
 */
export function assembleScript(chunks: readonly string[], main: string): Script {
  const [first = '', ...rest] = main.split('\n');
  const source = first.startsWith('#!')
    ? [first, ...chunks, rest.join('\n')].join('\n')
    : [...chunks, main].join('\n');
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/**
 * Runs a script by its name; where Redis does not know it (a restart, a failover, `SCRIPT FLUSH`), by its text, after
 * which the name is known. Rejects with the error of Redis or of the connection.
 */
export async function runScript(
  client: RedisClient,
  { source, sha, inOrder }: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  if (inOrder) return client.eval(source, keys.length, ...keys, ...args);
  try {
    return await client.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return await client.eval(source, keys.length, ...keys, ...args);
  }
}
