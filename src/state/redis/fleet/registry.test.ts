import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import { hasRedis, startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import type { RedisConnection } from '../connection.ts';
import { nodeKeys } from '../keys.ts';
import { commandCounts, linkTo, until } from '../redis-link.fixture.ts';
import { LONGEST_TEXT, RedisFleetRegistry, SECONDS_KEPT } from './registry.ts';

describe.skipIf(!hasRedis)('the list of nodes', () => {
  let redis: TestRedis;
  let link: RedisConnection;
  let direct: Redis;
  let number = 0;

  beforeAll(async () => {
    redis = await startRedis();
    link = await linkTo(redis.url);
    direct = new Redis(redis.url);
  });
  afterAll(async () => {
    link.close();
    direct.disconnect();
    await redis.stop();
  });

  /** Nodes of a fleet that no other test has. */
  function fleetOf(options: { goneAfterMs?: number; maxNodes?: number } = {}) {
    const prefix = `t${++number}`;
    const node = (id: string) => new RedisFleetRegistry({ link, id, prefix, ...options });
    return { prefix, node, keys: nodeKeys(prefix) };
  }

  const beat = (seq: number, text = `s${seq}`, state = '{}') => ({ seq, endedAgoMs: 0, second: text, state });

  test('nodes see each other, what they say, and their ages by the server’s clock', async () => {
    const { node } = fleetOf();
    const [a, b] = [node('a'), node('b')];
    a.describe('{"name":"first"}');
    await a.beat(beat(1, 'one', '{"x":1}'));
    await b.beat(beat(7));
    const { nodes, second } = await a.look({ seconds: 3, facts: true });
    expect(nodes.map(({ id, facts, state }) => [id, facts, state])).toEqual([
      ['a', '{"name":"first"}', '{"x":1}'],
      ['b', undefined, '{}'],
    ]);
    expect(nodes[0]!.seconds).toHaveLength(1);
    expect(nodes[0]!.seconds[0]).toMatchObject({ seq: 1, text: 'one' });
    expect(Math.abs(nodes[0]!.seconds[0]!.second - second)).toBeLessThanOrEqual(1);
    expect(nodes[0]!.ageMs).toBeGreaterThanOrEqual(0);
    expect(nodes[0]!.ageMs).toBeLessThan(5_000);
    expect([a.size, b.size]).toEqual([2, 2]);
  });

  test('a node that is not heard of is gone, with all that it told', async () => {
    const { node, keys } = fleetOf({ goneAfterMs: 1_000 });
    const [a, b] = [node('a'), node('b')];
    await a.beat(beat(1));
    await b.beat(beat(1));
    await direct.zincrby(keys[0]!, -2_000, 'a');
    expect((await b.look({ seconds: 3, facts: true })).nodes.map(({ id }) => id)).toEqual(['b']);
    await b.beat(beat(2));
    expect(await direct.zrange(keys[0]!, '0', '-1')).toEqual(['b']);
    expect(await direct.hkeys(keys[2]!)).toEqual(['b']);
    expect((await direct.hkeys(keys[3]!)).sort()).toEqual(['b:1', 'b:2']);
  });

  test('a server whose clock was set back keeps nobody alive for ever', async () => {
    const { node, keys } = fleetOf({ goneAfterMs: 1_000 });
    const [a, b] = [node('a'), node('b')];
    await a.beat(beat(1));
    await direct.zincrby(keys[0]!, 3_600_000, 'a');
    await b.beat(beat(1));
    expect((await b.look({ seconds: 0, facts: false })).nodes.map(({ ageMs }) => ageMs < 1_000)).toEqual([
      true,
      true,
    ]);
    expect(Number(await direct.zscore(keys[0]!, 'a'))).toBeLessThan(
      Number(await direct.zscore(keys[0]!, 'b')) + 1,
    );
  });

  test('a minute is kept, and of it as much is told as is asked for', async () => {
    const { node, keys } = fleetOf();
    const a = node('a');
    for (let seq = 1; seq <= 100; seq++) await a.beat(beat(seq));
    expect(await direct.hlen(keys[3]!)).toBe(SECONDS_KEPT);
    const seqs = async (seconds: number) =>
      (await a.look({ seconds, facts: false })).nodes[0]!.seconds.map(({ seq }) => seq);
    expect(await seqs(3)).toEqual([98, 99, 100]);
    expect(await seqs(1_000)).toEqual(Array.from({ length: 60 }, (_, index) => 41 + index));
  });

  test('a second that was lost leaves a gap, not an old one in its place', async () => {
    const { node } = fleetOf();
    const a = node('a');
    for (const seq of [1, 2, 61, 63]) await a.beat(beat(seq));
    const { nodes } = await a.look({ seconds: 60, facts: false });
    expect(nodes[0]!.seconds.map(({ seq }) => seq)).toEqual([61, 63]);
  });

  test('no more nodes are listed than may be', async () => {
    const { node } = fleetOf({ maxNodes: 2 });
    const nodes = ['a', 'b', 'c'].map(node);
    for (const one of nodes) await one.beat(beat(1));
    expect(nodes.map(({ lostBeats }) => lostBeats)).toEqual([0, 0, 1]);
    expect((await nodes[0]!.look({ seconds: 0, facts: false })).nodes.map(({ id }) => id)).toEqual([
      'a',
      'b',
    ]);
  });

  test('who says too much says nothing', async () => {
    const { node } = fleetOf();
    const a = node('a');
    a.describe('x'.repeat(LONGEST_TEXT + 1));
    await a.beat(beat(1, 'x'.repeat(LONGEST_TEXT + 1), 'y'.repeat(LONGEST_TEXT + 1)));
    const { nodes } = await a.look({ seconds: 1, facts: true });
    expect([nodes[0]!.facts, nodes[0]!.state, nodes[0]!.seconds[0]!.text]).toEqual([undefined, '', '']);
  });

  test('one node at a time does what only one may do', async () => {
    const { node } = fleetOf();
    const [a, b] = [node('a'), node('b')];
    expect([await a.claim('retention', 60_000), await b.claim('retention', 60_000)]).toEqual([true, false]);
    expect(await b.claim('another', 60_000)).toBe(true);
    expect(await a.claim('retention', 60_000)).toBe(true);
    await b.release('retention');
    expect(await b.claim('retention', 60_000)).toBe(false);
    await a.release('retention');
    expect(await b.claim('retention', 1)).toBe(true);
    await until(async () => (await a.claim('retention', 60_000)) === true);
  });

  test('who leaves is gone at once, and a beat that comes late does not bring it back', async () => {
    const { node, keys } = fleetOf();
    const [a, b] = [node('a'), node('b')];
    await a.beat(beat(1));
    await b.beat(beat(1));
    await a.leave();
    await a.beat(beat(2));
    expect((await b.look({ seconds: 0, facts: false })).nodes.map(({ id }) => id)).toEqual(['b']);
    expect(await direct.hkeys(keys[3]!)).toEqual(['b:1']);
  });

  test('a beat is one command over the wire, however many nodes there are', async () => {
    const { node } = fleetOf();
    const nodes = Array.from({ length: 20 }, (_, index) => node(`n${index}`));
    for (const one of nodes) await one.beat(beat(1));
    const before = await commandCounts(redis.url);
    for (const one of nodes) await one.beat(beat(2));
    const after = await commandCounts(redis.url);
    expect((after.evalsha ?? 0) - (before.evalsha ?? 0)).toBe(20);
    expect((after.eval ?? 0) - (before.eval ?? 0)).toBe(0);
  });

  test('after a restart empty it is listed again, facts and all, without being told to', async () => {
    const own = await startRedis();
    const ownLink = await linkTo(own.url);
    try {
      const a = new RedisFleetRegistry({ link: ownLink, id: 'a', prefix: 'p' });
      a.describe('{"name":"a"}');
      await a.beat(beat(1));
      await own.kill();
      await until(() => !ownLink.isUp);
      await a.beat(beat(2));
      expect(a.lostBeats).toBe(1);
      expect(await a.claim('x', 1_000)).toBeUndefined();
      await own.restart();
      await until(() => ownLink.isUp);
      await a.beat(beat(3));
      await a.beat(beat(4));
      const { nodes } = await a.look({ seconds: 1, facts: true });
      expect(nodes.map(({ id, facts }) => [id, facts])).toEqual([['a', '{"name":"a"}']]);
    } finally {
      ownLink.close();
      await own.stop();
    }
  });
});
