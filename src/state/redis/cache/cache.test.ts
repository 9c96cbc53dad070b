import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { hasRedis, startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { CacheEntry, type EntryFacts } from '../../../policies/cache/entry.ts';
import { MAX_VARIANTS } from '../../../policies/cache/variants.ts';
import { systemClock } from '../../../shared/clock.ts';
import { MemoryCache } from '../../memory/cache.ts';
import type { RedisConnection } from '../connection.ts';
import { commandCounts, until, wireCommands } from '../redis-link.fixture.ts';
import { bodyOf, cacheNode, entry, MINUTE_MS, none } from './cache.fixture.ts';
import type { FleetCacheOptions } from './cache.ts';

describe.skipIf(!hasRedis)('the cache of a fleet', () => {
  let redis: TestRedis;
  const ends: Array<() => void> = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(() => redis.restart());
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });
  afterAll(() => redis.stop());

  const node = async (more: Partial<FleetCacheOptions> = {}) => {
    const one = await cacheNode(redis.url, more);
    ends.push(one.close);
    return one;
  };
  const size = async (link: RedisConnection) => (await link.commands.keys('{comporta:cache:*')).length;

  test('what one node has stored another one finds, with all that is known of it', async () => {
    const [one, other] = await Promise.all([node(), node()]);
    expect(await one.find('/a\nu\n1')).toBeUndefined();
    const stored = entry('x'.repeat(5_000));
    expect(await one.put('/a\nu\n1', stored)).toBe(true);
    const found = (await other.find('/a\nu\n1'))!;
    expect(bodyOf(found)).toBe('x'.repeat(5_000));
    expect(found.answer).toEqual(stored.answer);
    const { answer: _, ...facts } = stored.facts;
    for (const [name, value] of Object.entries(facts)) {
      const there = found.facts[name as keyof EntryFacts];
      // Not younger than it is, by however little.
      if (typeof value === 'number') {
        expect(there as number, name).toBeLessThanOrEqual(value + 0.01);
        expect(there as number, name).toBeGreaterThan(value - 500);
      } else expect(there, name).toEqual(value);
    }
    expect(await other.find('/a\nu\n2')).toBeUndefined();
    expect(other.cache.shared).toMatchObject({ hits: 1, misses: 1 });
  });

  test('a fresh answer of this node is given without a promise, and asks nobody', async () => {
    const [one, other] = await Promise.all([node(), node()]);
    await one.put('/a\nu\n1', entry());
    await other.find('/a\nu\n1');
    const before = await commandCounts(redis.url);
    for (let times = 0; times < 1_000; times++) {
      expect(one.find('/a\nu\n1')).toBeInstanceOf(CacheEntry);
      expect(other.find('/a\nu\n1')).toBeInstanceOf(CacheEntry);
    }
    const after = await commandCounts(redis.url);
    expect([after.evalsha, after.eval]).toEqual([before.evalsha, before.eval]);
  });

  test('an answer that is stale here is looked for, and the newer one taken', async () => {
    const [one, other] = await Promise.all([node(), node()]);
    const nowMs = systemClock.now();
    await other.put('/a\nu\n1', entry('old', { freshUntilMs: nowMs - 1 }));
    expect(bodyOf(await other.find('/a\nu\n1'))).toBe('old');
    await one.put('/a\nu\n1', entry('new'));
    // Believed for a moment that there is none, unless somebody says so.
    other.cache.lookAgain('/a\nu\n1');
    expect(bodyOf(await other.find('/a\nu\n1'))).toBe('new');
    expect(other.find('/a\nu\n1')).toBeInstanceOf(CacheEntry);
  });

  test('a burst on one key that nobody has is one question', async () => {
    const { find } = await node();
    await find('/warm\nu\n1');
    const before = await commandCounts(redis.url);
    await Promise.all(Array.from({ length: 500 }, () => find('/a\nu\n1')));
    await Promise.all(Array.from({ length: 500 }, () => find('/a\nu\n1')));
    expect(wireCommands(before, await commandCounts(redis.url))).toBeLessThanOrEqual(2);
  });

  test('variants are told apart, and a new name makes a new start', async () => {
    const [one, other] = await Promise.all([node(), node()]);
    const asks = (language: string, more: Record<string, string> = {}) =>
      new Headers({ 'accept-language': language, ...more });
    await one.put('/a\nu\n1', entry('de', { vary: ['accept-language'] }), asks('de'));
    await one.put('/a\nu\n1', entry('en', { vary: ['accept-language'] }), asks('en'));
    expect(bodyOf(await other.find('/a\nu\n1', asks('de')))).toBe('de');
    expect(bodyOf(await other.find('/a\nu\n1', asks('en')))).toBe('en');
    expect(await other.find('/a\nu\n1', asks('fr'))).toBeUndefined();
    // Stored by a node that does not know the names: it is told, and stores under them.
    const third = await node();
    await third.put('/a\nu\n1', entry('pt', { vary: [] }), asks('pt'));
    expect(bodyOf(await (await node()).find('/a\nu\n1', asks('pt')))).toBe('pt');
    await third.put(
      '/a\nu\n1',
      entry('br', { vary: ['accept', 'accept-language'] }),
      asks('de', { accept: 'x' }),
    );
    const late = await node();
    expect(bodyOf(await late.find('/a\nu\n1', asks('de', { accept: 'x' })))).toBe('br');
    expect(await late.find('/a\nu\n1', asks('de'))).toBeUndefined();
  });

  test('variants of a key are bounded over all nodes; those that are over make room', async () => {
    const [one, other] = await Promise.all([node(), node()]);
    const asks = (count: number) => new Headers({ accept: `a/${count}` });
    const nowMs = systemClock.now();
    for (let count = 0; count < MAX_VARIANTS; count++) {
      const keepUntilMs = count === 0 ? nowMs + 700 : nowMs + MINUTE_MS;
      await one.put('/a\nu\n1', entry('x', { vary: ['accept'], keepUntilMs }), asks(count));
    }
    await other.put('/a\nu\n1', entry('x', { vary: ['accept'] }), asks(100));
    expect(other.cache.shared).toMatchObject({ stores: 0, unsent: 1 });
    await until(() => systemClock.now() > nowMs + 750);
    await other.put('/a\nu\n1', entry('x', { vary: ['accept'] }), asks(101));
    expect(other.cache.shared.stores).toBe(1);
  });

  test('is compressed where that saves something, and bytes stay as they are', async () => {
    const [one, other] = await Promise.all([node(), node()]);
    const text = 'all work and no play '.repeat(2_000);
    const noise = crypto.getRandomValues(new Uint8Array(40_000));
    const packed = gzipSync(text);
    const bodies: Array<[string, CacheEntry]> = [
      ['text', entry(text)],
      ['noise', entry(noise)],
      ['short', entry('short')],
      ['none', entry('', { answer: { status: 204, headers: [], body: undefined, origin: 'upstream' } })],
      [
        'packed',
        entry('', {
          answer: { status: 200, headers: [['Content-Encoding', 'gzip']], body: packed, origin: 'upstream' },
        }),
      ],
    ];
    const sizes: Record<string, number> = {};
    for (const [key, stored] of bodies) {
      const before = new Set(await one.link.commands.keys('{comporta:cache:*'));
      await one.put(key, stored);
      const [name] = (await one.link.commands.keys('{comporta:cache:*')).filter((one) => !before.has(one));
      sizes[key] = (await one.link.commands.hstrlen(name!, 'b')) as number;
      expect((await other.find(key))!.answer).toEqual(stored.answer);
    }
    expect(sizes.text).toBeLessThan(2_000);
    expect(sizes.noise).toBeGreaterThan(40_000);
    expect(sizes.noise).toBeLessThan(41_000);
  });

  test('goes by itself when it is of no use any more', async () => {
    const { put, link } = await node();
    await put('/a\nu\n1', entry('x', { keepUntilMs: systemClock.now() + 60 }));
    await until(async () => (await size(link)) === 0);
  });

  describe('no tax id', () => {
    const CPF = '52998224725';

    test('is in a key or a field, whatever chooses the answer', async () => {
      const { put, link } = await node();
      await put(`/score\nu\n11:${CPF}`, entry());
      await put('/a\nu\n1', entry('x', { vary: ['client-id'] }), new Headers({ 'client-id': CPF }));
      const keys = await link.commands.keys('*');
      const stored = keys.filter((key) => key.startsWith('{comporta:cache:'));
      expect(stored).toHaveLength(2);
      const fields = await Promise.all(stored.map((key) => link.commands.hkeys(key)));
      expect([...keys, ...fields.flat()].join('\n')).not.toContain(CPF);
    });

    test('is published: what is dropped is told by its digest, and dropped elsewhere', async () => {
      const [one, other] = await Promise.all([node(), node()]);
      const heard: string[] = [];
      await one.link.subscriber.psubscribe('*');
      one.link.subscriber.on('pmessage', (_pattern, _channel, message) => heard.push(message));
      const key = `/score\nu\n11:${CPF}`;
      await one.put(key, entry());
      await one.put('/score\nu\n2', entry());
      await other.find(key);
      await other.find('/score\nu\n2');
      one.cache.delete(key);
      await until(() => other.local.stats().entries === 1);
      await until(() => heard.length > 0);
      expect(heard.join('\n')).not.toContain(CPF);
      expect(await other.find(key)).toBeUndefined();
    });
  });

  describe('purge', () => {
    test('reaches every node, and what they have in Redis', async () => {
      const [one, other] = await Promise.all([node(), node()]);
      for (const key of ['/a\nu\n1', '/b\nu\n1']) {
        await one.put(key, entry());
        await other.find(key);
      }
      expect(one.cache.purge('/a\n')).toBe(1);
      await until(() => other.local.stats().entries === 1);
      for (const { find } of [one, other, await node()]) {
        expect(await find('/a\nu\n1')).toBeUndefined();
        expect(await find('/b\nu\n1')).toBeDefined();
      }
      one.cache.purge();
      await until(() => other.local.stats().entries === 0);
      expect(await other.find('/b\nu\n1')).toBeUndefined();
      await one.put('/b\nu\n1', entry('new'));
      other.cache.lookAgain('/b\nu\n1');
      expect(bodyOf(await other.find('/b\nu\n1'))).toBe('new');
    });

    test('a lost message is made up for in less than a second', async () => {
      const [one, deaf] = await Promise.all([node(), node()]);
      await one.put('/a\nu\n1', entry());
      await deaf.find('/a\nu\n1');
      deaf.topics.close();
      one.cache.purge('/a\n');
      await until(() => deaf.local.stats().entries === 0, 1_000);
    });

    test('while Redis is away it holds here, and for all when it is back', async () => {
      const [one, other] = await Promise.all([node(), node()]);
      await one.put('/a\nu\n1', entry());
      await other.find('/a\nu\n1');
      process.kill(redis.pid, 'SIGSTOP');
      one.cache.purge('/a\n');
      expect(await one.find('/a\nu\n1')).toBeUndefined();
      process.kill(redis.pid, 'SIGCONT');
      await until(() => other.local.stats().entries === 0);
    });
  });

  test('what an unsafe request made out of date is dropped on every node', async () => {
    const [one, other] = await Promise.all([node(), node()]);
    await one.put('/a\nu\n1', entry());
    await other.find('/a\nu\n1');
    one.cache.delete('/a\nu\n1');
    await until(() => other.local.stats().entries === 0);
    expect(await (await node()).find('/a\nu\n1')).toBeUndefined();
  });

  test.each([
    ['is not taken', 40_000],
    ['by much is not even sent', 400_000],
  ])('a body that is not compressed, and larger than this node keeps, %s', async (_, bytes) => {
    const limited = (maxEntryBytes: number) => ({
      local: new MemoryCache({ maxSizeBytes: 10_000_000, maxEntryBytes }),
    });
    const [one, other] = await Promise.all([node(limited(1_000_000)), node(limited(1_000))]);
    await one.put('/a\nu\n1', entry(randomBytes(bytes)));
    expect(one.cache.shared.stores).toBe(1);
    const sentBytes = async () =>
      Number(/total_net_output_bytes:(\d+)/.exec(await one.link.commands.info('stats'))![1]);
    const beforeBytes = await sentBytes();
    expect(await other.find('/a\nu\n1')).toBeUndefined();
    expect(other.cache.shared).toMatchObject({ hits: 0, unreadable: 1 });
    expect((await sentBytes()) - beforeBytes).toBeLessThan(200_000);
  });

  describe('without Redis', () => {
    test('every node has its own, and nobody waits', async () => {
      const { put, find, link, cache } = await node();
      await put('/a\nu\n1', entry());
      await redis.kill();
      await until(() => !link.isUp);
      expect(find('/a\nu\n1')).toBeInstanceOf(CacheEntry);
      expect(find('/b\nu\n1')).toBeUndefined();
      expect(await put('/b\nu\n1', entry())).toBe(true);
      expect(find('/b\nu\n1')).toBeInstanceOf(CacheEntry);
      expect(cache.shared.unsent).toBe(1);
      // Empty when it comes back: what nodes have still counts.
      await redis.restart();
      await until(() => link.isUp);
      expect(find('/b\nu\n1')).toBeInstanceOf(CacheEntry);
    }, 20_000);

    test('one that stands still costs the first who ask their patience', async () => {
      const { find } = await node({ patienceMs: 100 });
      process.kill(redis.pid, 'SIGSTOP');
      const startMs = systemClock.now();
      expect(await find('/a\nu\n1')).toBeUndefined();
      expect(systemClock.now() - startMs).toBeLessThan(2_000);
      expect(find('/a\nu\n2')).toBeUndefined();
      process.kill(redis.pid, 'SIGCONT');
    });

    test('what cannot be read is as if it were not there', async () => {
      const [one, other] = await Promise.all([node(), node()]);
      await one.put('/a\nu\n1', entry());
      const [name] = await one.link.commands.keys('{comporta:cache:*');
      await one.link.commands.hset(name!, 'b', 'not an answer');
      expect(await other.find('/a\nu\n1')).toBeUndefined();
      expect(other.cache.shared.unreadable).toBe(1);
    });

    test('what may be on its way is bounded', async () => {
      const { cache } = await node({ maxUnsentBytes: 3_000 });
      for (let count = 0; count < 10; count++) cache.put(`/a\nu\n${count}`, entry(), none, systemClock.now());
      expect(cache.shared.unsent).toBe(7);
      expect(cache.stats().entries).toBe(10);
    });
  });
});
