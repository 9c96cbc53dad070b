import { digestOf } from './digest.ts';
import type { CacheEntry } from './entry.ts';
import { CREDENTIAL_HEADERS } from './key.ts';

/** Answers of one key that request headers choose between (`Vary`, RFC 9111 §4.1). */
export interface Variants {
  readonly kind: 'variants';
  /** Lower-case names of those headers, sorted: of all answers together. */
  readonly names: readonly string[];
  readonly byValues: ReadonlyMap<string, CacheEntry>;
}

/** What a store holds under a key. */
export type CacheItem = CacheEntry | Variants;

/** Variants of one key that are kept; a further one is turned away. */
export const MAX_VARIANTS = 32;

export function isVariants(item: CacheItem): item is Variants {
  return 'kind' in item;
}

/** The entry under a key that fits the request's headers. */
export function choose(item: CacheItem, incoming: Headers): CacheEntry | undefined {
  return isVariants(item) ? item.byValues.get(valuesOf(item.names, incoming)) : item;
}

/**
 * What stands under a key once `entry`, the answer to a request with these headers, has come: undefined when there
 * is no room for another variant. An answer that varies with headers which the ones before did not name makes a
 * new start, because their values for those were not kept.
 */
export function withEntry(
  item: CacheItem | undefined,
  entry: CacheEntry,
  incoming: Headers,
  nowMs: number,
): CacheItem | undefined {
  const before = item !== undefined && isVariants(item) ? item : undefined;
  const names = [...new Set([...(before?.names ?? []), ...entry.facts.vary])].sort();
  if (names.length === 0) return entry;
  const values = valuesOf(names, incoming);
  if (before === undefined || names.length > before.names.length) {
    return { kind: 'variants', names, byValues: new Map([[values, entry]]) };
  }
  const byValues = new Map<string, CacheEntry>();
  for (const [key, one] of before.byValues) if (nowMs < one.facts.keepUntilMs) byValues.set(key, one);
  if (!byValues.has(values) && byValues.size >= MAX_VARIANTS) return undefined;
  byValues.set(values, entry);
  return { kind: 'variants', names, byValues };
}

export function bytesOf(item: CacheItem): number {
  if (!isVariants(item)) return item.bytes;
  let bytes = 0;
  for (const [values, entry] of item.byValues) bytes += values.length + entry.bytes;
  return bytes;
}

/** After that, nothing under the key is of use. */
export function keepUntilOf(item: CacheItem): number {
  if (!isVariants(item)) return item.facts.keepUntilMs;
  let latestMs = Number.NEGATIVE_INFINITY;
  for (const entry of item.byValues.values()) latestMs = Math.max(latestMs, entry.facts.keepUntilMs);
  return latestMs;
}

/** The values of those headers, unambiguous; white space around commas makes no difference. */
export function valuesOf(names: readonly string[], incoming: Headers): string {
  let values = '';
  for (const name of names) {
    const value = incoming
      .get(name)
      ?.trim()
      .replace(/\s*,\s*/g, ',');
    if (value === undefined) values += '-';
    else if (CREDENTIAL_HEADERS.includes(name)) values += digestOf(value);
    else values += `${value.length}:${value}`;
  }
  return values;
}
