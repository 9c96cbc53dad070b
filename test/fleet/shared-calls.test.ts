import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { Command } from '../../src/gateway/command.ts';
import type { Reply } from '../../src/gateway/reply.ts';
import type { Handler } from '../../src/gateway/stage.ts';
import { cacheStage } from '../../src/gateway/stages/cache.ts';
import { FakeGate, replyOf, routeOf, textOf } from '../../src/gateway/stages/cached-route.fixture.ts';
import { coalesceStage, SharedCalls } from '../../src/gateway/stages/coalesce.ts';
import { fallbackStage } from '../../src/gateway/stages/fallback.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { systemRandom } from '../../src/shared/random.ts';
import type { Gate } from '../../src/state/contracts.ts';
import { MemoryCache } from '../../src/state/memory/cache.ts';
import { FleetCache } from '../../src/state/redis/cache/cache.ts';
import { RedisFlights } from '../../src/state/redis/flights/flights.ts';
import { commandCounts, linkTo, until, wireCommands } from '../../src/state/redis/redis-link.fixture.ts';
import { SharedRevisions } from '../../src/state/redis/revisions/shared-revisions.ts';
import { Topics } from '../../src/state/redis/topics.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';

/** Cached routes of several nodes, over one Redis and one upstream that answers after a while. */
describe.skipIf(!hasRedis)('identical reads at several nodes', () => {
  let redis: TestRedis;
  let calls: string[] = [];
  let respond: (node: string) => Promise<Reply>;
  const ends: Array<() => void> = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(async () => {
    await redis.restart();
    calls = [];
    respond = async (node) => {
      await Bun.sleep(100);
      return replyOf([], `answer of ${node}`);
    };
  });
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });
  afterAll(() => redis.stop());

  const node = async (name: string, leaseMs?: number) => {
    const link = await linkTo(redis.url);
    const topics = new Topics(systemClock, link);
    const revisions = new SharedRevisions({ clock: systemClock, random: systemRandom, link, topics });
    let isKnown = false;
    revisions.on('cache', () => {
      isKnown = true;
    });
    const local = new MemoryCache({ maxSizeBytes: 10_000_000, maxEntryBytes: 100_000 });
    const cache = new FleetCache({ clock: systemClock, link, topics, revisions, local, node: name });
    const flights = new RedisFlights({ clock: systemClock, link, topics, node: name, cache, leaseMs });
    const route = routeOf();
    const services = {
      clock: systemClock,
      random: systemRandom,
      gate: new FakeGate() as unknown as Gate,
      sharedCalls: new SharedCalls(),
      cache,
      flights,
    };
    const handle = [cacheStage, fallbackStage, coalesceStage].reduceRight<Handler>(
      (next, stage) => stage(route, services)(next),
      (command) => {
        calls.push(`${name} ${command.target}`);
        return respond(name);
      },
    );
    let ids = 0;
    const ask = (target: string) => {
      const command = new Command({
        id: `${name}-${++ids}`,
        route,
        method: 'GET',
        path: '/',
        target,
        params: {},
        incoming: new Headers(),
        body: { kind: 'none' },
        client: 'someone',
        clientId: undefined,
        ip: '127.0.0.1',
        urgency: 3,
        arrivedAtMs: systemClock.now(),
        deadlineMs: systemClock.now() + 10_000,
        abort: new AbortController(),
      });
      return { command, answer: Promise.resolve(handle(command)) };
    };
    const close = () => {
      flights.close();
      cache.close();
      revisions.close();
      topics.close();
      link.close();
    };
    ends.push(close);
    await until(() => isKnown);
    return { name, ask, cache, flights, link, close };
  };
  const fleet = async (count: number, leaseMs?: number) => {
    const all = await Promise.all(Array.from({ length: count }, (_, place) => node(`node${place}`, leaseMs)));
    const channels = () => all[0]!.link.commands.pubsub('NUMSUB', 'comporta:flights') as Promise<unknown[]>;
    await until(async () => (await channels())[1] === count);
    // So that every script is known.
    for (const { ask } of all) await ask('/warm').answer;
    calls = [];
    return all;
  };

  test('60 of them at 3 nodes are one call, and all get its answer', async () => {
    const nodes = await fleet(3);
    const all = Array.from({ length: 60 }, (_, place) => nodes[place % 3]!.ask('/a'));
    const answers = await Promise.all(all.map(({ answer }) => answer));
    expect(calls).toHaveLength(1);
    const leader = calls[0]!.split(' ')[0];
    expect(new Set(answers.map(textOf))).toEqual(new Set([`answer of ${leader}`]));
    const waited = all.filter(({ command }) => command.cacheStatus?.endsWith('detail=collapsed'));
    expect(waited).toHaveLength(40);
  });

  test('commands a call: few, and the same whatever the number of requests; none on a hit', async () => {
    const nodes = await fleet(3);
    const before = await commandCounts(redis.url);
    const targets = Array.from({ length: 50 }, (_, place) => `/a?${place}`);
    for (const target of targets) {
      const asked = nodes.flatMap(({ ask }) => [ask(target), ask(target), ask(target)]);
      respond = async (name) => replyOf([], `answer of ${name}`);
      await Promise.all(asked.map(({ answer }) => answer));
    }
    const after = await commandCounts(redis.url);
    const wire = wireCommands(before, after);
    console.log(`shared reads at 3 nodes: ${(wire / targets.length).toFixed(2)} commands an upstream call`);
    expect(calls.length).toBeLessThanOrEqual(targets.length + 5);
    expect(wire / targets.length).toBeLessThan(12);
    const answered = await commandCounts(redis.url);
    for (const target of targets) {
      for (const { ask } of nodes) for (let times = 0; times < 10; times++) await ask(target).answer;
    }
    const scripts = (counts: Record<string, number>) => (counts.evalsha ?? 0) + (counts.eval ?? 0);
    expect(scripts(await commandCounts(redis.url)) - scripts(answered)).toBe(0);
  }, 20_000);

  test.each([3, 90])('a call that takes a second costs few commands more, for %d requests', async (count) => {
    const nodes = await fleet(3);
    respond = async (name) => {
      await Bun.sleep(1_000);
      return replyOf([], `answer of ${name}`);
    };
    const before = await commandCounts(redis.url);
    const all = Array.from({ length: count }, (_, place) => nodes[place % 3]!.ask('/a'));
    await Promise.all(all.map(({ answer }) => answer));
    const wire = wireCommands(before, await commandCounts(redis.url));
    console.log(`${count} reads at 3 nodes, a call of 1 s: ${wire} commands`);
    expect(calls).toHaveLength(1);
    // Two nodes look three times each.
    expect(wire).toBeLessThan(12 + 8);
  });

  test('when the node that calls dies another one takes over, once', async () => {
    const nodes = await fleet(3, 400);
    respond = () => new Promise(() => {});
    nodes[0]!.ask('/a').answer.catch(() => {});
    await until(() => calls.length === 1);
    const waiting = [nodes[1]!.ask('/a'), nodes[2]!.ask('/a')];
    await until(() => nodes[1]!.flights.counters.followed + nodes[2]!.flights.counters.followed >= 2);
    respond = async (name) => replyOf([], `answer of ${name}`);
    const startMs = systemClock.now();
    nodes[0]!.close();
    const answers = await Promise.all(waiting.map(({ answer }) => answer));
    expect(systemClock.now() - startMs).toBeLessThan(2_500);
    expect(calls).toHaveLength(2);
    expect(new Set(answers.map(textOf)).size).toBe(1);
  }, 20_000);

  test('an answer that nobody may share costs the others one wait and no more', async () => {
    const nodes = await fleet(3);
    respond = async () => {
      await Bun.sleep(400);
      return replyOf([['Cache-Control', 'no-store']]);
    };
    await Promise.all(nodes.map(({ ask }) => ask('/a').answer));
    expect(calls).toHaveLength(3);
    const startMs = systemClock.now();
    await Promise.all(nodes.map(({ ask }) => ask('/a').answer));
    // One after another would take twice as long.
    expect(systemClock.now() - startMs).toBeLessThan(780);
    expect(calls).toHaveLength(6);
  });

  test('without Redis each node calls for itself', async () => {
    const nodes = await fleet(3);
    await redis.kill();
    await until(() => nodes.every(({ link }) => !link.isUp));
    await Promise.all(nodes.flatMap(({ ask }) => [ask('/a').answer, ask('/a').answer]));
    expect(calls).toHaveLength(3);
  });
});
