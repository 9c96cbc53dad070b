import { CacheKeys } from '../../policies/cache/key.ts';
import type { Command } from '../command.ts';
import type { Route } from '../route.ts';

/** The keys of a route, as its configuration says; without `cache`, path and query and whose credentials came. */
export function cacheKeysOf({ config, label }: Route): CacheKeys {
  const checked = Object.entries(config.params).filter(
    ([, { pattern, control }]) => pattern !== undefined && control === undefined,
  );
  return new CacheKeys({
    label,
    upstream: config.upstream,
    parts: config.cache?.key,
    checked: new Set(checked.map(([name]) => name)),
    shared: config.cache?.shared ?? false,
    clientHeader: config.client?.header?.toLowerCase(),
  });
}

/** GET and HEAD: what a stored answer, or one that others wait for, can serve. */
export function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** A part of an answer, or an answer to a body: whole stored answers serve neither. */
export function bypassesCache(command: Command): boolean {
  return command.body.kind !== 'none' || command.incoming.has('range');
}
