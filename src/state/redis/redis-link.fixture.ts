import { Redis } from 'ioredis';
import { systemClock } from '../../shared/clock.ts';
import { RedisConnection } from './connection.ts';

/** A connection that is up, with patience for a loaded machine. */
export async function linkTo(url: string): Promise<RedisConnection> {
  const link = new RedisConnection({ clock: systemClock, url });
  await until(() => link.isUp);
  return link;
}

/** Waits for something that another process does. Fails after `mostMs`. */
export async function until(isSo: () => boolean | Promise<boolean>, mostMs = 5_000): Promise<void> {
  const endMs = systemClock.now() + mostMs;
  while (!(await isSo())) {
    if (systemClock.now() > endMs) throw new Error(`still not so after ${mostMs} ms: ${isSo}`);
    await Bun.sleep(5);
  }
}

/** How often each command was called, those inside scripts included. */
export async function commandCounts(url: string): Promise<Record<string, number>> {
  const client = new Redis(url);
  try {
    const info = await client.info('commandstats');
    const calls = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)];
    return Object.fromEntries(calls.map(([, name, count]) => [name!, Number(count)]));
  } finally {
    client.disconnect();
  }
}

/**
 * Commands that came over the wire between two counts, but for the readings of revisions (`HMGET`, twice a second at
 * each node): what only scripts use is left out.
 */
export function wireCommands(before: Record<string, number>, after: Record<string, number>): number {
  const wire = ['eval', 'evalsha', 'hgetall', 'hsetnx', 'subscribe', 'unlink'];
  return wire.reduce((sum, name) => sum + (after[name] ?? 0) - (before[name] ?? 0), 0);
}
