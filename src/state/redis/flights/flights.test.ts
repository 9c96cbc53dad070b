import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { hasRedis, startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { Boarding, FlightPlan } from '../../flights-contract.ts';
import { commandCounts, linkTo, until, wireCommands } from '../redis-link.fixture.ts';
import { Topics } from '../topics.ts';
import { RedisFlights, type RedisFlightsOptions } from './flights.ts';

type Lead = Extract<Boarding, { kind: 'lead' }>;
type Follow = Extract<Boarding, { kind: 'follow' }>;

describe.skipIf(!hasRedis)('flights over Redis', () => {
  let redis: TestRedis;
  let nodes = 0;
  const ends: Array<() => void> = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(() => redis.restart());
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });
  afterAll(() => redis.stop());

  const node = async (more: Partial<RedisFlightsOptions> = {}) => {
    const link = await linkTo(redis.url);
    const topics = new Topics(systemClock, link);
    const looked: string[] = [];
    const cache = { settled: () => Promise.resolve(), lookAgain: (key: string) => void looked.push(key) };
    const flights = new RedisFlights({
      clock: systemClock,
      link,
      topics,
      node: `n${++nodes}`,
      cache,
      ...more,
    });
    const close = () => {
      flights.close();
      topics.close();
      link.close();
    };
    ends.push(close);
    const board = (plan: Partial<FlightPlan> = {}, insist = false) =>
      flights.board(
        {
          key: 'key',
          cacheKey: 'cache key',
          ticketId: 'ticket',
          urgency: 3,
          deadlineMs: systemClock.now() + 60_000,
          ...plan,
        },
        insist,
      );
    return { flights, board, link, looked, close, topics };
  };
  const fleet = async (count: number, more: Partial<RedisFlightsOptions> = {}) => {
    const all = await Promise.all(Array.from({ length: count }, () => node(more)));
    const channels = () => all[0]!.link.commands.pubsub('NUMSUB', 'comporta:flights') as Promise<unknown[]>;
    await until(async () => (await channels())[1] === count);
    return all;
  };

  test('one leads, the others follow and are told at once', async () => {
    const all = await fleet(3);
    const boardings = await Promise.all(
      all.map(({ board }, place) => board({ ticketId: `ticket ${place}`, urgency: 5 })),
    );
    const leads = boardings.filter(({ kind }) => kind === 'lead') as Lead[];
    const follows = boardings.filter(({ kind }) => kind === 'follow') as Follow[];
    expect([leads.length, follows.length]).toEqual([1, 2]);
    const leader = boardings.indexOf(leads[0]!);
    for (const { ticketId, urgency } of follows) expect([ticketId, urgency]).toEqual([`ticket ${leader}`, 5]);
    const startMs = systemClock.now();
    leads[0]!.flight.end('kept');
    expect(await Promise.all(follows.map(({ ended }) => ended))).toEqual(['kept', 'kept']);
    expect(systemClock.now() - startMs).toBeLessThan(2_000);
    expect(all.map(({ looked }) => looked.length).sort()).toEqual([0, 1, 1]);
  });

  test('others are told of an answer only when it is stored', async () => {
    const stored = Promise.withResolvers<void>();
    const [one, other] = await fleet(2, { cache: { settled: () => stored.promise, lookAgain: () => {} } });
    const { flight } = (await one!.board()) as Lead;
    const { ended } = (await other!.board()) as Follow;
    let end: string | undefined;
    void ended.then((told) => {
      end = told;
    });
    flight.end('kept');
    await one!.link.commands.ping();
    await Bun.sleep(50);
    expect(end).toBeUndefined();
    stored.resolve();
    await until(() => end === 'kept');
  });

  test.each([
    ['unkept', 'alone'],
    ['failed', 'alone'],
    ['abandoned', 'lost'],
  ] as const)('a call that ends %s is %s for the others', async (landing, told) => {
    const [one, other] = await fleet(2);
    const { flight } = (await one!.board()) as Lead;
    const { ended } = (await other!.board()) as Follow;
    flight.end(landing);
    flight.end('kept');
    expect(await ended).toBe(told);
  });

  test('who comes just after the landing looks in the cache; who finds nothing there leads', async () => {
    const [one, other] = await fleet(2);
    ((await one!.board()) as Lead).flight.end('kept');
    await until(async () => (await one!.link.commands.hgetall(await flightOf(one!))).s === 'kept');
    expect((await other!.board()).kind).toBe('kept');
    expect((await other!.board({}, true)).kind).toBe('lead');
  });

  test('answers that are not for others are not waited for again for a while', async () => {
    const [one, other] = await fleet(2);
    ((await one!.board()) as Lead).flight.end('unkept');
    await until(async () => (await one!.link.commands.hgetall(await flightOf(one!))).s === 'unkept');
    expect((await other!.board()).kind).toBe('alone');
    expect(await one!.link.commands.pttl(await flightOf(one!))).toBeGreaterThan(1_000);
  });

  test('a node that dies is followed no longer than its lease, and one of the others takes over', async () => {
    const [dead, one, other] = await fleet(3, { leaseMs: 400 });
    expect((await dead!.board()).kind).toBe('lead');
    const follows = (await Promise.all([one!.board(), other!.board()])) as Follow[];
    const startMs = systemClock.now();
    dead!.close();
    expect(await Promise.all(follows.map(({ ended }) => ended))).toEqual(['lost', 'lost']);
    expect(systemClock.now() - startMs).toBeLessThan(1_500);
    const kinds = (await Promise.all([one!.board(), other!.board()])).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(['follow', 'lead']);
  });

  test('a call that takes long keeps its lease with few commands, until nobody waits for it', async () => {
    const [one, other] = await fleet(2, { leaseMs: 100 });
    await one!.board({ deadlineMs: systemClock.now() + 2_000 });
    const before = await commandCounts(redis.url);
    const { ended } = (await other!.board()) as Follow;
    const startMs = systemClock.now();
    // Its caller forgot to end it: the deadline does.
    expect(await ended).toBe('lost');
    expect(systemClock.now() - startMs).toBeGreaterThan(1_500);
    expect(wireCommands(before, await commandCounts(redis.url))).toBeLessThan(20);
  }, 15_000);

  test.each([
    ['kept', 'kept'],
    ['unkept', 'alone'],
    ['abandoned', 'lost'],
  ] as const)('a lost message that a call ended %s costs some hundred ms', async (landing, told) => {
    const [one, deaf] = await fleet(2);
    const { flight } = (await one!.board()) as Lead;
    const { ended } = (await deaf!.board()) as Follow;
    deaf!.topics.close();
    const startMs = systemClock.now();
    flight.end(landing);
    expect(await ended).toBe(told);
    expect(systemClock.now() - startMs).toBeLessThan(1_000);
    expect(deaf!.looked).toEqual(told === 'alone' ? [] : ['cache key']);
  });

  test('who waits long looks seldom, and many look no more often together', async () => {
    const [one, other] = await fleet(2, { leaseMs: 30_000 });
    const keys = Array.from({ length: 1_000 }, (_, place) => `key ${place}`);
    await one!.board();
    await other!.board();
    await Promise.all(keys.map((key) => one!.board({ key })));
    const before = await commandCounts(redis.url);
    await Bun.sleep(1_500);
    // At 0.25, 0.5, 0.75 and 1.1 s.
    expect(wireCommands(before, await commandCounts(redis.url))).toBeLessThanOrEqual(5);
    await Promise.all(keys.map((key) => other!.board({ key })));
    const busy = await commandCounts(redis.url);
    await Bun.sleep(1_500);
    expect(wireCommands(busy, await commandCounts(redis.url))).toBeLessThanOrEqual(310);
  }, 15_000);

  test('a slow moment of Redis leaves no flight behind that nobody makes', async () => {
    const [one, other] = await fleet(2);
    for (const { board } of [one!, other!])
      ((await board({ key: `warm ${++nodes}` })) as Lead).flight.end('failed');
    await one!.link.commands.call('CLIENT', 'PAUSE', '400', 'ALL');
    // Without an answer in time: it calls on its own.
    expect((await one!.board()).kind).toBe('alone');
    // Answered when it is over.
    await other!.link.commands.ping();
    // Then nobody is to be waited for.
    expect((await other!.board()).kind).toBe('lead');
  }, 10_000);

  test('a slow moment of Redis does not send those who wait on their own', async () => {
    const [one, other] = await fleet(2);
    const { flight } = (await one!.board()) as Lead;
    const { ended } = (await other!.board()) as Follow;
    await one!.link.commands.call('CLIENT', 'PAUSE', '700', 'ALL');
    await Bun.sleep(900);
    flight.end('kept');
    expect(await ended).toBe('kept');
  }, 10_000);

  test('a lease whose renewal failed once is renewed before it ends', async () => {
    const real = await linkTo(redis.url);
    ends.push(() => real.close());
    let isUp = true;
    const blinking = {
      commands: real.commands,
      subscriber: real.subscriber,
      get isUp() {
        return isUp;
      },
      onChange: () => () => {},
    };
    const one = await node({ link: blinking, leaseMs: 1_000 });
    const other = await node();
    expect((await one.board()).kind).toBe('lead');
    // Away for a blink, when it would be renewed (at 0.5 s).
    await Bun.sleep(400);
    isUp = false;
    await Bun.sleep(200);
    isUp = true;
    await Bun.sleep(600);
    // The call is still under way: a second one must not begin.
    expect((await other.board()).kind).toBe('follow');
  }, 20_000);

  test('a call that ends after its deadline is told as long as its lease lasts', async () => {
    const [one, other] = await fleet(2, { leaseMs: 1_000 });
    const { flight } = (await one!.board({ deadlineMs: systemClock.now() + 300 })) as Lead;
    const { ended } = (await other!.board()) as Follow;
    // It would have been renewed at 0.5 s.
    await Bun.sleep(700);
    flight.end('kept');
    expect(await ended).toBe('kept');
  });

  test('without Redis everybody is alone at once, and who waits, too', async () => {
    const [one, other] = await fleet(2);
    await one!.board();
    const { ended } = (await other!.board()) as Follow;
    await redis.kill();
    expect(await ended).toBe('alone');
    expect((await other!.board()).kind).toBe('alone');
    expect(other!.flights.counters.unshared).toBe(1);
  });

  test('flights are bounded', async () => {
    const [one] = await fleet(1, { maxFlights: 2 });
    const kinds = [];
    for (let count = 0; count < 3; count++) kinds.push((await one!.board({ key: `key ${count}` })).kind);
    expect(kinds).toEqual(['lead', 'lead', 'alone']);
  });

  test('who leaves waits no more, and leaves nothing behind', async () => {
    const [one, other] = await fleet(2);
    await one!.board();
    const follow = (await other!.board()) as Follow;
    follow.leave();
    expect(await follow.ended).toBe('alone');
  });

  async function flightOf({ link }: Awaited<ReturnType<typeof node>>): Promise<string> {
    return (await link.commands.keys('{comporta:flight:*'))[0]!;
  }
});
