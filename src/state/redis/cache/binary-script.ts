import type { RedisClient } from '../connection.ts';
import type { Script } from '../scripts.ts';

/** `runScript` for arguments and answers that are bytes. */
export async function runBinaryScript(
  client: RedisClient,
  { source, sha }: Script,
  keys: readonly string[],
  args: ReadonlyArray<string | Buffer>,
): Promise<unknown> {
  try {
    return await client.callBuffer('evalsha', sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return await client.callBuffer('eval', source, keys.length, ...keys, ...args);
  }
}
