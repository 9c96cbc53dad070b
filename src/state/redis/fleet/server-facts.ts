import type { StateServer } from '../../fleet-contract.ts';
import type { RedisClient } from '../connection.ts';

/** What a server says of itself; undefined when it does not answer. Never rejects. */
export async function readServer(client: Pick<RedisClient, 'info'>): Promise<StateServer | undefined> {
  try {
    const info = await client.info();
    const field = (name: string): string => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim() ?? '';
    const number = (name: string): number => Math.max(0, Number(field(name)) || 0);
    return {
      version: field('redis_version'),
      role: field('role'),
      commandsPerSec: number('instantaneous_ops_per_sec'),
      usedMemoryBytes: number('used_memory'),
      maxMemoryBytes: number('maxmemory') || undefined,
      uptimeMs: number('uptime_in_seconds') * 1_000,
    };
  } catch {
    return undefined;
  }
}
