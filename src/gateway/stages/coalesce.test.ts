import { describe, expect, test } from 'bun:test';
import { type ErrorCode, GatewayError } from '../../shared/errors.ts';
import { settle } from '../../shared/virtual-clock.ts';
import { coalesced, Fixture, replyOf, routeOf, textOf } from './cached-route.fixture.ts';
import { coalesceStage, SharedCalls } from './coalesce.ts';

const error = (code: ErrorCode) => new GatewayError(code, { detail: code });

test('a route that does not coalesce is left alone', () => {
  const next = () => replyOf();
  expect(coalesceStage(routeOf({}, { coalesce: false }), new Fixture().services)(next)).toBe(next);
});

describe('identical reads in flight', () => {
  test('20 of them are one call, and all get the one reply', async () => {
    const { ask, fixture, upstream, shared } = coalesced();
    const all = Array.from({ length: 20 }, () => ask());
    expect(fixture.calls).toHaveLength(1);
    const reply = replyOf();
    upstream[0]!.resolve(reply);
    const answers = await Promise.all(all.map(({ answer }) => answer));
    expect(answers.every((answer) => answer === reply)).toBe(true);
    expect(shared.counters).toEqual({ calls: 1, followers: 19, unshareable: 0, unshared: 0 });
    expect(shared.inFlight.size).toBe(0);
  });

  test('through the cache: one call, one store, and the followers say so', async () => {
    const { ask, fixture, upstream } = coalesced({ stages: ['cache', 'fallback', 'coalesce'] });
    const all = Array.from({ length: 20 }, () => ask());
    upstream[0]!.resolve(replyOf());
    await Promise.all(all.map(({ answer }) => answer));
    expect(fixture.calls).toHaveLength(1);
    expect(fixture.cache.stats()).toMatchObject({ stores: 1, misses: 20 });
    const statuses = all.map(({ command }) => command.cacheStatus);
    expect(statuses[0]).toBe('fwd=miss; stored');
    expect(statuses.slice(1)).toEqual(Array(19).fill('fwd=miss; collapsed'));
  });

  test('many at once on a stale entry are one question, and the entry is renewed once', async () => {
    const { ask, fixture, upstream } = coalesced({ stages: ['cache', 'fallback', 'coalesce'] });
    const first = ask();
    upstream[0]!.resolve(replyOf([['ETag', '"1"']], 'body'));
    await first.answer;
    fixture.clock.advance(61_000);
    const all = Array.from({ length: 5 }, () => ask());
    upstream[1]!.resolve(replyOf([['ETag', '"1"']], undefined, 304));
    expect((await Promise.all(all.map(({ answer }) => answer))).map(textOf)).toEqual(Array(5).fill('body'));
    expect(all[1]?.command.cacheStatus).toBe('fwd=stale; collapsed; fwd-status=304');
    expect([fixture.calls.length, fixture.cache.stats().revalidated]).toEqual([2, 1]);
  });

  test('are told apart by key, method, credentials and what negotiates', () => {
    const { ask, fixture } = coalesced();
    const different: Array<Parameters<typeof ask>[0]> = [
      {},
      { target: '/api/score?cpf=2' },
      { method: 'HEAD' },
      { headers: { authorization: 'Bearer a' } },
      { headers: { authorization: 'Bearer b' } },
      { headers: { 'accept-encoding': 'gzip' } },
      { headers: { range: 'bytes=0-1' } },
      { headers: { 'if-none-match': '"1"' } },
    ];
    for (const facts of different) ask(facts);
    expect(fixture.calls).toHaveLength(different.length);
  });

  test('without a cache every header that may matter counts', () => {
    const { ask, fixture } = coalesced({ cache: false });
    ask({ headers: { 'x-tenant': 'a', 'x-request-id': '1' } });
    ask({ headers: { 'x-tenant': 'a', 'x-request-id': '2' } });
    expect(fixture.calls).toHaveLength(1);
    ask({ headers: { 'x-tenant': 'b' } });
    expect(fixture.calls).toHaveLength(2);
  });

  test('only reads without a body are shared', () => {
    const { ask, fixture } = coalesced();
    const body = { kind: 'bytes', bytes: new Uint8Array(1) } as const;
    for (const facts of [{ method: 'POST' }, { method: 'OPTIONS' }, { body }]) {
      ask(facts);
      ask(facts);
    }
    expect(fixture.calls).toHaveLength(6);
  });

  test('a call that has ended is not joined', async () => {
    const { ask, fixture, upstream } = coalesced();
    const first = ask();
    upstream[0]!.resolve(replyOf());
    await first.answer;
    ask();
    expect(fixture.calls).toHaveLength(2);
  });

  test('an answer at hand is given without a promise', () => {
    const fixture = new Fixture();
    const reply = replyOf();
    const handle = fixture.pipeline(() => reply, ['coalesce']);
    expect(handle(fixture.command())).toBe(reply);
    expect(fixture.sharedCalls.inFlight.size).toBe(0);
  });
});

describe('failures', () => {
  test('are told to all and kept by nobody', async () => {
    const { ask, fixture, upstream, shared } = coalesced();
    const all = [ask(), ask(), ask()];
    const failure = error('upstream_timeout');
    upstream[0]!.reject(failure);
    for (const { answer } of all) await expect(answer).rejects.toBe(failure);
    expect(shared.inFlight.size).toBe(0);
    ask();
    expect(fixture.calls).toHaveLength(2);
  });

  test('thrown at once they are the leader’s alone', () => {
    const fixture = new Fixture();
    const handle = fixture.pipeline(() => {
      throw error('circuit_open');
    }, ['coalesce']);
    expect(() => handle(fixture.command())).toThrow('circuit_open');
    expect(fixture.sharedCalls.inFlight.size).toBe(0);
  });
});

describe('deadlines', () => {
  test('who has more time than the call had begins or joins another', async () => {
    for (const code of ['queue_timeout', 'deadline_unmeetable'] as const) {
      const { ask, fixture, upstream } = coalesced();
      const leader = ask();
      fixture.clock.advance(10_000);
      const [one, other] = [ask(), ask()];
      fixture.clock.advance(20_000);
      upstream[0]!.reject(error(code));
      await expect(leader.answer).rejects.toMatchObject({ code });
      await settle();
      expect(fixture.calls).toHaveLength(2);
      fixture.clock.advance(5_000);
      fixture.calls[1]!.queueMs = (fixture.calls[1]!.queueMs ?? 0) + 5_000;
      upstream[1]!.resolve(replyOf());
      expect(textOf(await one.answer)).toBe('answer');
      expect(textOf(await other.answer)).toBe('answer');
      expect([one.command.queueMs, other.command.queueMs]).toEqual([25_000, 25_000]);
    }
  });

  test('who has no more is told', async () => {
    const { ask, fixture, upstream } = coalesced();
    const all = [ask(), ask()];
    upstream[0]!.reject(error('queue_timeout'));
    for (const { answer } of all) await expect(answer).rejects.toMatchObject({ code: 'queue_timeout' });
    expect(fixture.calls).toHaveLength(1);
  });

  test('other failures are not tried again', async () => {
    const { ask, fixture, upstream } = coalesced();
    ask();
    fixture.clock.advance(10);
    const follower = ask();
    upstream[0]!.reject(error('queue_full'));
    await expect(follower.answer).rejects.toMatchObject({ code: 'queue_full' });
    expect(fixture.calls).toHaveLength(1);
  });

  test('joining is bounded: in the end everybody who has time calls alone', async () => {
    const { ask, fixture, upstream, shared } = coalesced();
    const all = Array.from({ length: 7 }, (_, place) => ask({ deadlineMs: 10_000 + place }));
    for (let round = 0; round < 3; round++) {
      expect(fixture.calls).toHaveLength(round + 1);
      upstream[round]!.reject(error('queue_timeout'));
      await expect(all[round]!.answer).rejects.toMatchObject({ code: 'queue_timeout' });
      await settle();
    }
    expect(fixture.calls.slice(3)).toEqual(all.slice(3).map(({ command }) => command));
    expect(shared.counters).toMatchObject({ calls: 3, unshared: 4 });
    for (const { resolve } of upstream.slice(3)) resolve(replyOf());
    await Promise.all(all.slice(3).map(({ answer }) => answer));
  });

  test('who has less is told in time, as long as the call waits for its first turn', async () => {
    const { ask, fixture, upstream } = coalesced();
    const leader = ask();
    const hurried = ask({ deadlineMs: fixture.clock.now() + 100 });
    await fixture.clock.advanceAsync(99);
    await fixture.clock.advanceAsync(1);
    await expect(hurried.answer).rejects.toMatchObject({ code: 'queue_timeout', retryAfterMs: 2_000 });
    upstream[0]!.resolve(replyOf());
    expect(textOf(await leader.answer)).toBe('answer');
  });

  test('who leaves takes its timer along', () => {
    const { ask, fixture } = coalesced();
    ask();
    const hurried = ask({ deadlineMs: fixture.clock.now() + 100 });
    expect(fixture.clock.timers).toBe(1);
    hurried.abort.abort();
    expect(fixture.clock.timers).toBe(0);
  });

  test('a call that has had its turn is waited for', async () => {
    const { ask, fixture, upstream } = coalesced();
    ask();
    const hurried = ask({ deadlineMs: fixture.clock.now() + 100 });
    fixture.calls[0]!.attempts = 1;
    await fixture.clock.advanceAsync(200);
    upstream[0]!.resolve(replyOf());
    expect(textOf(await hurried.answer)).toBe('answer');
    expect(fixture.clock.timers).toBe(0);
  });
});

test('shared calls are bounded: further ones go unshared and are counted', async () => {
  const { ask, fixture, shared } = coalesced({ maxCalls: 2 });
  for (const cpf of [1, 2, 3, 3, 1]) ask({ target: `/api/score?cpf=${cpf}` });
  expect(fixture.calls).toHaveLength(4);
  expect(shared.inFlight.size).toBe(2);
  expect(shared.counters).toMatchObject({ calls: 2, unshared: 2 });
  expect(() => new SharedCalls(0)).toThrow(RangeError);
});
