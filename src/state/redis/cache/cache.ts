import { LRUCache } from 'lru-cache';
import type { CacheEntry } from '../../../policies/cache/entry.ts';
import { MAX_VARIANTS, valuesOf } from '../../../policies/cache/variants.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { CacheCounters, CacheStats, CacheStore } from '../../cache-contract.ts';
import type { MemoryCache } from '../../memory/cache.ts';
import { DEFAULT_PREFIX, sharedChannel, storedAnswersKey } from '../keys.ts';
import { sourceOfTime } from '../limits/exact-counts.ts';
import type { RedisLink } from '../link.ts';
import { Reach } from '../reach.ts';
import type { SharedRevisions } from '../revisions/shared-revisions.ts';
import { assembleScript, luaReader } from '../scripts.ts';
import type { Topics } from '../topics.ts';
import { runBinaryScript } from './binary-script.ts';
import { decodeEntry, encodeEntry, mostStoredBytes } from './entry-codec.ts';
import { Generations } from './generations.ts';
import { BYTES_PER_DIGEST, digestOf, KeyDigests } from './key-digests.ts';

export interface FleetCacheOptions {
  readonly clock: Clock;
  readonly link: RedisLink;
  readonly topics: Topics;
  readonly revisions: SharedRevisions;
  /** This node's own answers, asked first. */
  readonly local: MemoryCache;
  /** This process among the nodes. */
  readonly node: string;
  readonly prefix?: string | undefined;
  /** Bodies above this are compressed, if that saves a tenth. Default 1,024. */
  readonly compressAboveBytes?: number | undefined;
  /** How long a request waits for Redis before it goes on without. Default 250. */
  readonly patienceMs?: number | undefined;
  /** Bytes that may be on their way to Redis; what is above stays with this node. Default 16 MiB. */
  readonly maxUnsentBytes?: number | undefined;
}

/** Totals since start, of what this node asked of the shared store. */
export interface SharedCacheCounters {
  /** Found there and not here. */
  hits: number;
  misses: number;
  stores: number;
  /** Answers that stayed with this node: too much was on its way, or Redis was away, or had no room. */
  unsent: number;
  /** What was found could not be read, or is larger than this node keeps. */
  unreadable: number;
}

interface Found {
  /** Monotonic ms. */
  readonly askedAtMs: number;
  /** Of which it is; see Generations. */
  readonly generation: string | undefined;
  readonly names: string | undefined;
  readonly entry: CacheEntry | undefined;
}

/** That Redis has nothing newer is believed for so long: a burst on one key asks once. */
const BELIEVED_MS = 250;
const MOST_BELIEVED = 10_000;
/** Drops that are remembered, for answers that were on their way here meanwhile. */
const MOST_DROPS = 10_000;

/**
 * The cache of a fleet: this node's own answers first, without a promise while they are fresh, then those of all.
 * What is found there is kept here. Every answer goes to both.
 */
export class FleetCache implements CacheStore {
  readonly counters: CacheCounters;
  readonly maxEntryBytes: number;
  readonly shared: SharedCacheCounters = { hits: 0, misses: 0, stores: 0, unsent: 0, unreadable: 0 };
  private readonly clock: Clock;
  private readonly local: MemoryCache;
  private readonly reach: Reach;
  private readonly generations: Generations;
  private readonly prefix: string;
  private readonly channel: string;
  private readonly asked = new Map<string, Promise<Found>>();
  /** Until when there is nothing newer. */
  private readonly believed: LRUCache<string, number>;
  /** The last thing that is on its way, by key. */
  private readonly underWay = new Map<string, Promise<void>>();
  private unsentBytes = 0;
  private readonly digests = new KeyDigests();
  /** When a key's answers were dropped last, by its digest: what Redis was asked for before is not to be used. */
  private readonly drops = new LRUCache<string, number>({ max: MOST_DROPS });
  /** Redis's time less this node's, at most: what is stored is never taken for younger than it is. */
  private offsetMs: number | undefined;
  private readonly get;
  private readonly set;
  private readonly stop: () => void;

  constructor(private readonly options: FleetCacheOptions) {
    const { clock, link, topics, revisions, local, prefix = DEFAULT_PREFIX, patienceMs = 250 } = options;
    this.clock = clock;
    this.local = local;
    local.accompany({ bytesPerKey: BYTES_PER_DIGEST, gone: (key) => this.digests.remove(key) });
    this.counters = local.counters;
    this.maxEntryBytes = local.maxEntryBytes;
    this.prefix = prefix;
    this.reach = new Reach({ clock, link, patienceMs });
    this.generations = new Generations(link, revisions, local, prefix);
    this.believed = new LRUCache({ max: MOST_BELIEVED });
    const read = luaReader(import.meta.url);
    this.get = assembleScript([sourceOfTime()], read('./cache-get.lua'));
    this.set = assembleScript([sourceOfTime()], read('./cache-put.lua'));
    this.channel = sharedChannel(prefix, 'dropped');
    this.stop = topics.listen(this.channel, (message) => this.dropped(message));
  }

  find(
    key: string,
    incoming: Headers,
    nowMs: number,
  ): CacheEntry | undefined | Promise<CacheEntry | undefined> {
    const own = this.local.find(key, incoming, nowMs);
    if (own !== undefined && nowMs < own.freshUntilMs) return own;
    if (this.reach.isAway || nowMs < (this.believed.get(key) ?? nowMs)) return own;
    return this.findShared(key, incoming, own);
  }

  put(key: string, entry: CacheEntry, incoming: Headers, nowMs: number): boolean {
    if (!this.keep(key, entry, incoming, nowMs)) return false;
    const { link, maxUnsentBytes = 16 * 1_048_576 } = this.options;
    if (!link.isUp || this.unsentBytes + entry.bytes > maxUnsentBytes) {
      this.shared.unsent++;
      return true;
    }
    this.unsentBytes += entry.bytes;
    this.inOrder(key, () =>
      this.send(key, entry, incoming, nowMs).finally(() => {
        this.unsentBytes -= entry.bytes;
      }),
    );
    return true;
  }

  delete(key: string): void {
    const digest = this.digests.of(key);
    this.drops.set(digest, this.clock.now());
    this.local.delete(key);
    const { link, node } = this.options;
    if (!link.isUp) return;
    this.inOrder(key, async () => {
      const name = this.nameOf(key);
      if (name !== undefined) await link.commands.unlink(name);
      // Until now Redis had it to give.
      this.drops.set(digest, this.clock.now());
      await link.commands.publish(this.channel, `${node}\n${digest}`);
    });
  }

  /** Whole routes, on every node; the answer tells of this one's keys. */
  purge(prefix?: string): number {
    const purged = this.local.purge(prefix);
    this.believed.clear();
    void this.generations.raise(prefix);
    return purged;
  }

  /** Of this node. */
  stats(): CacheStats {
    return this.local.stats();
  }

  /** Resolves once what was put under the key has come to Redis, or will not. */
  settled(key: string): Promise<void> {
    return this.underWay.get(key) ?? Promise.resolve();
  }

  /** Another node has stored something under the key: it is looked for even if it was not there a moment ago. */
  lookAgain(key: string): void {
    this.believed.delete(key);
  }

  close(): void {
    this.stop();
    this.generations.close();
  }

  private async findShared(
    key: string,
    incoming: Headers,
    own: CacheEntry | undefined,
  ): Promise<CacheEntry | undefined> {
    let found = await this.lookOnce(key, '', '');
    if (found.names !== undefined && found.names !== '') {
      found = await this.lookOnce(key, found.names, valuesOf(found.names.split(','), incoming));
    }
    const { entry, names } = found;
    const nowMs = this.clock.now();
    const isCurrent = this.isCurrent(key, found);
    const isUseful = isCurrent && entry !== undefined && nowMs < entry.facts.keepUntilMs;
    // Of several variants one says nothing about another.
    if (isCurrent && !(isUseful && nowMs < entry.freshUntilMs) && (names === undefined || names === '')) {
      this.believed.set(key, nowMs + BELIEVED_MS);
    }
    if (!isUseful) {
      this.shared.misses++;
      return own;
    }
    if (own !== undefined && own.freshUntilMs >= entry.freshUntilMs) return own;
    this.shared.hits++;
    this.keep(key, entry, incoming, nowMs);
    return entry;
  }

  /** Nothing was dropped or purged between the question and now. */
  private isCurrent(key: string, { askedAtMs, generation }: Found): boolean {
    if (generation !== this.generations.of(key)) return false;
    // Most of the time nothing was, and the key's digest need not be known.
    if (this.drops.size === 0) return true;
    const droppedAtMs = this.drops.get(this.digests.of(key));
    return droppedAtMs === undefined || askedAtMs > droppedAtMs;
  }

  private keep(key: string, entry: CacheEntry, incoming: Headers, nowMs: number): boolean {
    const isKept = this.local.put(key, entry, incoming, nowMs);
    if (isKept) this.digests.add(key);
    return isKept;
  }

  /** Who asks the same meanwhile shares the answer. */
  private lookOnce(key: string, names: string, values: string): Promise<Found> {
    const question = `${names}\n${values}\n${key}`;
    const asked = this.asked.get(question);
    if (asked !== undefined) return asked;
    const answer = this.look(key, names, values).finally(() => this.asked.delete(question));
    this.asked.set(question, answer);
    return answer;
  }

  private async look(key: string, names: string, values: string): Promise<Found> {
    const askedAtMs = this.clock.now();
    const generation = this.generations.of(key);
    const nothing: Found = { askedAtMs, generation, names: undefined, entry: undefined };
    const name = this.nameOf(key);
    if (name === undefined) return nothing;
    const { commands } = this.options.link;
    const most = String(mostStoredBytes(this.maxEntryBytes));
    const args = [names, fieldOf(values), most];
    const answer = await this.reach.ask(() => runBinaryScript(commands, this.get, [name], args));
    if (answer === undefined) return nothing;
    const [now, kept, storedAt, bytes] = answer as [Buffer, Buffer?, Buffer?, Buffer?];
    const theirNowMs = Number(now);
    this.offsetMs = theirNowMs - this.clock.now();
    const found = { ...nothing, names: kept?.toString() };
    if (storedAt === undefined) return found;
    try {
      if (bytes === undefined) throw new RangeError('the answer is larger than this node keeps');
      // By the time of asking, not of the answer: rather older than younger.
      const storedAtMs = askedAtMs - (theirNowMs - Number(storedAt));
      return { ...found, entry: await decodeEntry(bytes, storedAtMs, this.maxEntryBytes) };
    } catch {
      this.shared.unreadable++;
      return nothing;
    }
  }

  private async send(key: string, entry: CacheEntry, incoming: Headers, nowMs: number): Promise<void> {
    const name = this.nameOf(key);
    const lifeMs = entry.facts.keepUntilMs - nowMs;
    if (name === undefined || lifeMs <= 0) {
      this.shared.unsent++;
      return;
    }
    try {
      const bytes = await encodeEntry(entry, nowMs, this.options.compressAboveBytes ?? 1_024);
      const storedAt = this.offsetMs === undefined ? '' : String(nowMs + this.offsetMs);
      const { commands } = this.options.link;
      let names = [...entry.facts.vary].sort();
      for (let round = 0; round < 2; round++) {
        const values = fieldOf(valuesOf(names, incoming));
        const agoMs = this.clock.now() - nowMs;
        const args = [
          names.join(','),
          values,
          bytes,
          String(lifeMs),
          String(agoMs),
          storedAt,
          String(MAX_VARIANTS),
        ];
        const answer = (await runBinaryScript(commands, this.set, [name], args)) as Buffer[];
        const [code, union] = answer.map(String);
        if (code === 'stored') {
          this.shared.stores++;
          return;
        }
        if (code !== 'names' || union === undefined) break;
        names = union.split(',');
      }
    } catch {
      // Counted; the next answer is another try.
    }
    this.shared.unsent++;
  }

  /** One thing after another for each key. Never rejects. */
  private inOrder(key: string, act: () => Promise<void>): void {
    const before = this.underWay.get(key);
    const done = (before === undefined ? act() : before.then(act))
      .catch(() => {})
      .finally(() => {
        if (this.underWay.get(key) === done) this.underWay.delete(key);
      });
    this.underWay.set(key, done);
  }

  private dropped(message: string): void {
    const [node, digest = ''] = message.split('\n');
    if (node === this.options.node) return;
    this.drops.set(digest, this.clock.now());
    const key = this.digests.keyOf(digest);
    if (key !== undefined) this.local.delete(key);
  }

  private nameOf(key: string): string | undefined {
    const generation = this.generations.of(key);
    return generation && storedAnswersKey(this.prefix, `${generation}:${this.digests.of(key)}`);
  }
}

/** Values of headers that choose between answers tell of clients, too. */
function fieldOf(values: string): string {
  return values === '' ? '' : digestOf(values);
}
