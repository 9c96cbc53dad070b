import { CacheEntry, type EntryFacts } from '../../../policies/cache/entry.ts';
import { systemClock } from '../../../shared/clock.ts';
import { systemRandom } from '../../../shared/random.ts';
import { MemoryCache } from '../../memory/cache.ts';
import { linkTo, until } from '../redis-link.fixture.ts';
import { SharedRevisions } from '../revisions/shared-revisions.ts';
import { Topics } from '../topics.ts';
import { FleetCache, type FleetCacheOptions } from './cache.ts';

export const none = new Headers();
export const MINUTE_MS = 60_000;

export function entry(body: string | Uint8Array = 'answer', more: Partial<EntryFacts> = {}): CacheEntry {
  const nowMs = systemClock.now();
  return new CacheEntry({
    answer: {
      status: 200,
      headers: [['Content-Type', 'text/plain']],
      body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
      origin: 'upstream',
    },
    bornAtMs: nowMs - 5_000,
    freshUntilMs: nowMs + MINUTE_MS,
    staleWhileRevalidateUntilMs: undefined,
    staleIfErrorUntilMs: nowMs + 2 * MINUTE_MS,
    mustRevalidate: false,
    keepUntilMs: nowMs + 2 * MINUTE_MS,
    etag: '"1"',
    lastModified: undefined,
    vary: [],
    ...more,
  });
}

export const bodyOf = (found: CacheEntry | undefined) => found && new TextDecoder().decode(found.answer.body);

/** A node of a fleet over that Redis, with its cache. */
export async function cacheNode(url: string, more: Partial<FleetCacheOptions> = {}) {
  const link = await linkTo(url);
  const topics = new Topics(systemClock, link);
  const revisions = new SharedRevisions({ clock: systemClock, random: systemRandom, link, topics });
  let isKnown = false;
  revisions.on('cache', () => {
    isKnown = true;
  });
  const local = more.local ?? new MemoryCache({ maxSizeBytes: 10_000_000, maxEntryBytes: 100_000 });
  const cache = new FleetCache({
    clock: systemClock,
    link,
    topics,
    revisions,
    local,
    node: systemRandom.next().toString(36).slice(2),
    ...more,
  });
  const close = () => {
    cache.close();
    revisions.close();
    topics.close();
    link.close();
  };
  await until(() => isKnown);
  await link.commands.ping();
  const find = (key: string, headers = none) => cache.find(key, headers, systemClock.now());
  const put = async (key: string, one: CacheEntry, headers = none) => {
    const isKept = cache.put(key, one, headers, systemClock.now());
    await cache.settled(key);
    return isKept;
  };
  return { cache, local, link, find, put, topics, close };
}
