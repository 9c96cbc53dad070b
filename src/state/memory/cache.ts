import { LRUCache } from 'lru-cache';
import type { CacheEntry } from '../../policies/cache/entry.ts';
import {
  bytesOf,
  type CacheItem,
  choose,
  isVariants,
  keepUntilOf,
  withEntry,
} from '../../policies/cache/variants.ts';
import { type CacheCounters, type CacheStats, type CacheStore, newCacheCounters } from '../cache-contract.ts';

export interface MemoryCacheSettings {
  /** Memory for all entries together, keys and bookkeeping included. */
  readonly maxSizeBytes: number;
  /** The largest body that is kept. */
  readonly maxEntryBytes: number;
}

/** Keeps something for each key, as long as that is here. */
export interface KeyCompanion {
  /** Counted as the key's own. */
  readonly bytesPerKey: number;
  /** Told of each key that goes, for whatever reason. */
  gone(key: string): void;
}

/** How many of the least recently used are looked at with every store: what is over goes before it is pushed out. */
const SWEPT_PER_STORE = 4;

/** The cache of this process. */
export class MemoryCache implements CacheStore {
  readonly counters: CacheCounters = newCacheCounters();
  readonly maxEntryBytes: number;
  private companion: KeyCompanion | undefined;
  private readonly items: LRUCache<string, CacheItem>;

  /** Throws RangeError on a size that is not a positive whole number. */
  constructor({ maxSizeBytes, maxEntryBytes }: MemoryCacheSettings) {
    for (const [name, bytes] of Object.entries({ maxSizeBytes, maxEntryBytes })) {
      if (!Number.isSafeInteger(bytes) || bytes <= 0) {
        throw new RangeError(`${name} must be a positive whole number, and is ${bytes}`);
      }
    }
    this.maxEntryBytes = maxEntryBytes;
    this.items = new LRUCache({
      maxSize: maxSizeBytes,
      dispose: (_item, key, reason) => {
        if (reason === 'evict') this.counters.evictions++;
        if (reason !== 'set') this.companion?.gone(key);
      },
    });
  }

  /** One at most, and before anything is put. */
  accompany(companion: KeyCompanion): void {
    this.companion = companion;
  }

  find(key: string, incoming: Headers, nowMs: number): CacheEntry | undefined {
    const item = this.items.get(key);
    if (item === undefined) return undefined;
    if (isVariants(item)) {
      const chosen = choose(item, incoming);
      return chosen !== undefined && nowMs < chosen.facts.keepUntilMs ? chosen : undefined;
    }
    if (nowMs < item.facts.keepUntilMs) return item;
    this.items.delete(key);
    return undefined;
  }

  put(key: string, entry: CacheEntry, incoming: Headers, nowMs: number): boolean {
    this.sweep(nowMs);
    if ((entry.answer.body?.byteLength ?? 0) > this.maxEntryBytes) {
      this.counters.tooLarge++;
      return false;
    }
    const item = withEntry(this.items.peek(key), entry, incoming, nowMs);
    if (item === undefined) {
      this.counters.tooManyVariants++;
      return false;
    }
    // A JavaScript string takes one or two bytes a character; keys are almost always Latin.
    const bytes = key.length + bytesOf(item) + (this.companion?.bytesPerKey ?? 0);
    if (bytes > this.items.maxSize) {
      this.counters.tooLarge++;
      return false;
    }
    this.items.set(key, item, { size: bytes });
    this.counters.stores++;
    return true;
  }

  delete(key: string): void {
    this.items.delete(key);
  }

  purge(prefix = ''): number {
    let purged = 0;
    for (const key of [...this.items.keys()]) {
      if (key.startsWith(prefix) && this.items.delete(key)) purged++;
    }
    return purged;
  }

  stats(): CacheStats {
    return { ...this.counters, entries: this.items.size, bytes: this.items.calculatedSize };
  }

  private sweep(nowMs: number): void {
    let seen = 0;
    const over: string[] = [];
    for (const key of this.items.rkeys()) {
      if (seen++ >= SWEPT_PER_STORE) break;
      const item = this.items.peek(key);
      if (item !== undefined && keepUntilOf(item) <= nowMs) over.push(key);
    }
    for (const key of over) this.items.delete(key);
  }
}
