import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../shared/errors.ts';
import { settle } from '../../shared/virtual-clock.ts';
import type {
  Boarding,
  FlightPlan,
  FollowedEnd,
  Landing,
  SharedFlights,
} from '../../state/flights-contract.ts';
import type { CommandFacts } from '../command.ts';
import { headerOf, type Reply } from '../reply.ts';
import { deferred, Fixture, replyOf, routeOf, streamOf, textOf } from './cached-route.fixture.ts';

type Answer = 'lead' | 'kept' | 'alone' | 'follow';

/** Another node's side, by hand. */
class FakeFlights implements SharedFlights {
  readonly plans: FlightPlan[] = [];
  readonly insisted: boolean[] = [];
  readonly landings: Landing[] = [];
  readonly follows: Array<{ end(end: FollowedEnd): void; hasLeft: boolean }> = [];

  constructor(readonly answers: Answer[]) {}

  async board(plan: FlightPlan, insist: boolean): Promise<Boarding> {
    this.plans.push(plan);
    this.insisted.push(insist);
    const kind = this.answers.shift() ?? 'lead';
    if (kind === 'lead') {
      const landing = deferred<Landing>();
      void landing.promise.then((landed) => this.landings.push(landed));
      return { kind, flight: { end: landing.resolve } };
    }
    if (kind !== 'follow') return { kind };
    const { promise: ended, resolve } = deferred<FollowedEnd>();
    const follow = { end: resolve, hasLeft: false };
    this.follows.push(follow);
    return {
      kind,
      ticketId: 'theirs',
      urgency: 3,
      ended,
      leave: () => {
        follow.hasLeft = true;
      },
    };
  }
}

function node(answers: Answer[], route = routeOf()) {
  const fixture = new Fixture(route);
  const flights = new FakeFlights(answers);
  Object.assign(fixture.services, { flights });
  const upstream: Array<ReturnType<typeof deferred<Reply>>> = [];
  const handle = fixture.pipeline(() => {
    upstream.push(deferred<Reply>());
    return upstream.at(-1)!.promise;
  });
  const ask = (facts: Partial<CommandFacts> & { headers?: Record<string, string> } = {}) => {
    const abort = new AbortController();
    const command = fixture.command({ abort, ...facts });
    const answer = Promise.resolve(handle(command));
    answer.catch(() => undefined);
    return { command, answer, abort };
  };
  /** As if another node had stored its answer 10 s ago. */
  const storedElsewhere = async (body = 'theirs') => {
    const other = new Fixture(route);
    const reply = await other.pipeline(() => replyOf([['ETag', '"1"']], body))(other.command());
    const key = flights.plans[0]!.cacheKey;
    const entry = other.cache.find(key, new Headers(), other.clock.now())!;
    fixture.cache.put(key, entry, new Headers(), fixture.clock.now());
    fixture.clock.advance(10_000);
    return reply;
  };
  return { fixture, flights, upstream, ask, storedElsewhere };
}

describe('the node that makes the call', () => {
  test('calls, stores, and tells the others then', async () => {
    const { fixture, flights, upstream, ask } = node(['lead']);
    const { command, answer } = ask({ urgency: 5 });
    await settle();
    expect(flights.plans).toMatchObject([
      { ticketId: command.id, urgency: 5, deadlineMs: command.deadlineMs },
    ]);
    expect(flights.landings).toEqual([]);
    upstream[0]!.resolve(replyOf());
    expect(textOf(await answer)).toBe('answer');
    await settle();
    expect(flights.landings).toEqual(['kept']);
    expect(command.cacheStatus).toBe('fwd=miss; stored');
    expect(fixture.cache.stats().stores).toBe(1);
  });

  test('makes one call for all of its own, and asks the others once', async () => {
    const { fixture, flights, upstream, ask } = node(['lead']);
    const all = Array.from({ length: 10 }, () => ask());
    await settle();
    expect([fixture.calls.length, flights.plans.length]).toEqual([1, 1]);
    upstream[0]!.resolve(replyOf());
    await Promise.all(all.map(({ answer }) => answer));
    await settle();
    expect(flights.landings).toEqual(['kept']);
  });

  test.each([
    ['of one client', replyOf([['Set-Cookie', 'a=1']]), 'unkept'],
    ['not to be stored', replyOf([['Cache-Control', 'no-store']]), 'unkept'],
    ['that is an error', replyOf([], 'broken', 503), 'failed'],
    ['that is too large', replyOf([], streamOf(['x'.repeat(60_000), 'x'.repeat(60_000)]).body), 'unkept'],
    ['in pieces', replyOf([], streamOf(['an', 'swer']).body), 'kept'],
  ] as const)('an answer %s', async (_, reply, landing) => {
    const { flights, upstream, ask } = node(['lead']);
    const { answer } = ask();
    await settle();
    upstream[0]!.resolve(reply);
    await answer;
    await settle();
    expect(flights.landings).toEqual([landing]);
  });

  test.each([
    ['upstream_timeout', 'failed'],
    ['queue_timeout', 'abandoned'],
    ['deadline_unmeetable', 'abandoned'],
  ] as const)('%s is %s', async (code, landing) => {
    const { flights, upstream, ask } = node(['lead']);
    const { answer } = ask();
    await settle();
    upstream[0]!.reject(new GatewayError(code, { detail: code }));
    await expect(answer).rejects.toMatchObject({ code });
    expect(flights.landings).toEqual([landing]);
  });

  test('when its clients have gone another one may', async () => {
    const { fixture, flights, upstream, ask } = node(['lead']);
    const { answer, abort } = ask();
    await settle();
    abort.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
    expect(fixture.calls[0]!.signal.aborted).toBe(true);
    upstream[0]!.reject(fixture.calls[0]!.signal.reason);
    await settle();
    expect(flights.landings).toEqual(['abandoned']);
  });

  test('a stored answer that a 304 confirms is kept, too', async () => {
    const { flights, upstream, ask, fixture } = node(['lead', 'lead']);
    const first = ask();
    await settle();
    upstream[0]!.resolve(replyOf([['ETag', '"1"']]));
    await first.answer;
    fixture.clock.advance(61_000);
    const second = ask();
    await settle();
    upstream[1]!.resolve(replyOf([['ETag', '"1"']], undefined, 304));
    expect(textOf(await second.answer)).toBe('answer');
    await settle();
    expect(flights.landings).toEqual(['kept', 'kept']);
  });
});

describe('a node that waits for another', () => {
  test('gives what that one has stored, with its age, and does not store it anew', async () => {
    const { fixture, flights, ask, storedElsewhere } = node(['follow']);
    const [one, other] = [ask(), ask()];
    await settle();
    await storedElsewhere();
    const { stores } = fixture.cache.stats();
    flights.follows[0]!.end('kept');
    for (const { command, answer } of [one, other]) {
      expect(textOf(await answer)).toBe('theirs');
      expect(command.cacheStatus).toBe('hit; ttl=50; detail=collapsed');
      expect(headerOf(command.extraHeaders ?? [], 'age')).toBe('10');
      expect(command.queueMs).toBe(10_000);
    }
    expect(fixture.calls).toEqual([]);
    expect(fixture.cache.stats().stores).toBe(stores);
    expect(fixture.sharedCalls.inFlight.size).toBe(0);
    expect(fixture.clock.timers).toBe(0);
  });

  test('the client’s own condition is applied to it', async () => {
    const { flights, ask, storedElsewhere } = node(['follow']);
    const { answer } = ask({ headers: { 'if-none-match': '"1"' } });
    await settle();
    await storedElsewhere();
    flights.follows[0]!.end('kept');
    expect((await answer).status).toBe(304);
  });

  test('who is in more of a hurry promotes the other one’s ticket', async () => {
    const { fixture, ask } = node(['follow']);
    ask({ urgency: 0 });
    await settle();
    expect(fixture.gate.promoted).toEqual([['theirs', 0]]);
  });

  test('so does who joins it here later', async () => {
    const { fixture, ask } = node(['follow']);
    ask();
    await settle();
    ask({ urgency: 1 });
    ask({ urgency: 2 });
    expect(fixture.gate.promoted).toEqual([['theirs', 1]]);
  });

  test('calls itself where there is nothing to share', async () => {
    for (const answers of [['alone'], ['follow']] as Answer[][]) {
      const { fixture, flights, upstream, ask } = node(answers);
      const { answer } = ask();
      await settle();
      flights.follows[0]?.end('alone');
      await settle();
      expect(fixture.calls).toHaveLength(1);
      upstream[0]!.resolve(replyOf());
      expect(textOf(await answer)).toBe('answer');
    }
  });

  test('takes over when that one is lost', async () => {
    const { fixture, flights, upstream, ask } = node(['follow', 'lead']);
    const { answer } = ask();
    await settle();
    expect(fixture.calls).toHaveLength(0);
    flights.follows[0]!.end('lost');
    await settle();
    expect(fixture.calls).toHaveLength(1);
    upstream[0]!.resolve(replyOf());
    await answer;
    await settle();
    expect(flights.landings).toEqual(['kept']);
  });

  test('looks in the cache before it takes over: who is lost may have stored its answer', async () => {
    const { fixture, flights, ask, storedElsewhere } = node(['follow', 'lead']);
    const { answer } = ask();
    await settle();
    await storedElsewhere();
    flights.follows[0]!.end('lost');
    expect(textOf(await answer)).toBe('theirs');
    expect([fixture.calls.length, flights.plans.length]).toEqual([0, 1]);
  });

  test('leads when what was stored is not there, or not for it', async () => {
    const { fixture, flights, ask } = node(['kept', 'lead']);
    ask();
    await settle();
    expect(flights.insisted).toEqual([false, true]);
    expect(fixture.calls).toHaveLength(1);
  });

  test('does not wait for ever: in the end it calls itself', async () => {
    const { fixture, flights, ask } = node(['kept', 'kept', 'kept', 'kept']);
    ask();
    await settle();
    expect(flights.plans).toHaveLength(3);
    expect(fixture.calls).toHaveLength(1);
  });

  test('is told at its deadline, and leaves', async () => {
    const { fixture, flights, ask } = node(['follow']);
    const { answer } = ask({ deadlineMs: fixture.clock.now() + 100 });
    await fixture.clock.advanceAsync(99);
    expect(flights.follows[0]!.hasLeft).toBe(false);
    await fixture.clock.advanceAsync(1);
    await expect(answer).rejects.toMatchObject({ code: 'queue_timeout' });
    expect(flights.follows[0]!.hasLeft).toBe(true);
    expect(fixture.clock.timers).toBe(0);
  });

  test('leaves with its last client', async () => {
    const { fixture, flights, ask } = node(['follow']);
    const { answer, abort } = ask();
    await settle();
    abort.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
    await settle();
    expect(flights.follows[0]!.hasLeft).toBe(true);
    expect(fixture.clock.timers).toBe(0);
  });
});

describe('others are not asked', () => {
  test.each([
    ['a HEAD, whose answer is not stored', { method: 'HEAD' }],
    ['who wants an answer of the upstream', { headers: { 'cache-control': 'no-cache' } }],
    ['a part of an answer', { headers: { range: 'bytes=0-1' } }],
    ['an unsafe method', { method: 'POST' }],
  ] as const)('%s', async (_, facts) => {
    const { fixture, flights, ask } = node([]);
    ask(facts);
    await settle();
    expect([fixture.calls.length, flights.plans.length]).toEqual([1, 0]);
  });

  test('a route without a cache, or that does not coalesce', async () => {
    const uncached = routeOf();
    Object.assign(uncached.config, { cache: undefined });
    for (const route of [uncached, routeOf({}, { coalesce: false })]) {
      const { fixture, flights, ask } = node([], route);
      ask();
      await settle();
      expect([fixture.calls.length, flights.plans.length]).toEqual([1, 0]);
    }
  });
});
