import { describe, expect, test } from 'bun:test';
import { type ErrorCode, GatewayError } from '../../shared/errors.ts';
import { settle } from '../../shared/virtual-clock.ts';
import type { Command } from '../command.ts';
import { coalesced, replyOf, streamOf, textOf } from './cached-route.fixture.ts';

const error = (code: ErrorCode) => new GatewayError(code, { detail: code });

describe('clients that leave', () => {
  test('one, leader or follower, hurts nobody and is told at once', async () => {
    for (const leaving of [0, 1]) {
      const { ask, fixture, upstream } = coalesced();
      const all = [ask(), ask(), ask()];
      const reason = new Error('gone');
      all[leaving]!.abort.abort(reason);
      await expect(all[leaving]!.answer).rejects.toBe(reason);
      expect(fixture.calls[0]?.signal.aborted).toBe(false);
      upstream[0]!.resolve(replyOf());
      const others = all.filter((_, place) => place !== leaving);
      expect((await Promise.all(others.map(({ answer }) => answer))).map(textOf)).toEqual([
        'answer',
        'answer',
      ]);
    }
  });

  test('the last one ends the call, and the next request begins another', async () => {
    const { ask, fixture, upstream, shared } = coalesced();
    const all = [ask(), ask()];
    all[0]!.abort.abort();
    all[1]!.abort.abort(new Error('last'));
    expect(fixture.calls[0]?.signal.aborted).toBe(true);
    expect(fixture.calls[0]?.signal.reason).toMatchObject({ message: 'last' });
    expect(shared.inFlight.size).toBe(0);
    const next = ask();
    expect(fixture.calls).toHaveLength(2);
    // The end of the one before does not remove its successor.
    upstream[0]!.reject(fixture.calls[0]?.signal.reason);
    await settle();
    expect(shared.inFlight.size).toBe(1);
    upstream[1]!.resolve(replyOf());
    expect(textOf(await next.answer)).toBe('answer');
  });

  test('one that is gone already begins nothing and joins nothing', async () => {
    const { ask, fixture, handle } = coalesced();
    const abort = new AbortController();
    abort.abort(new Error('gone'));
    expect(() => handle(fixture.command({ abort }))).toThrow('gone');
    expect(fixture.calls).toHaveLength(0);
    ask();
    await expect(ask({ abort }).answer).rejects.toThrow('gone');
  });

  test('nobody listens any more once the call has ended', async () => {
    const { ask, upstream, fixture } = coalesced();
    const all = [ask(), ask()];
    upstream[0]!.resolve(replyOf());
    await Promise.all(all.map(({ answer }) => answer));
    for (const { abort } of all) abort.abort();
    expect(fixture.calls[0]?.signal.aborted).toBe(false);
  });
});

describe('urgency', () => {
  test('a more urgent follower raises the call', () => {
    const { ask, fixture } = coalesced();
    const leader = ask({ urgency: 5 });
    ask({ urgency: 5 });
    ask({ urgency: 2 });
    ask({ urgency: 3 });
    ask({ urgency: 0 });
    expect(fixture.gate.promoted).toEqual([
      [leader.command.id, 2],
      [leader.command.id, 0],
    ]);
    expect(fixture.calls[0]?.ticket.id).toBe(leader.command.id);
  });

  test('a call that did not wait may be raised by the next', () => {
    const { ask, fixture } = coalesced();
    fixture.gate.isWaiting = false;
    ask();
    ask({ urgency: 2 });
    ask({ urgency: 2 });
    expect(fixture.gate.promoted).toHaveLength(2);
  });
});

describe('progress', () => {
  const work = (call: Command) => {
    call.attempts = 2;
    call.queueMs = 70;
    call.upstreamMs = 30;
  };

  test('is the leader’s; a follower made no attempt and waited', async () => {
    const { ask, fixture, upstream } = coalesced();
    const leader = ask();
    fixture.clock.advance(60);
    const follower = ask();
    fixture.clock.advance(40);
    work(fixture.calls[0]!);
    upstream[0]!.resolve(replyOf());
    await Promise.all([leader.answer, follower.answer]);
    expect(leader.command).toMatchObject({ attempts: 2, queueMs: 70, upstreamMs: 30 });
    expect(follower.command).toMatchObject({ attempts: 0, queueMs: 40, upstreamMs: undefined });
    expect(follower.command.cacheStatus).toBeUndefined();
  });

  test('comes to the leader also when the call fails, or it leaves', async () => {
    const { ask, fixture, upstream } = coalesced();
    const [failing, leaving] = [ask(), ask({ target: '/b' })];
    for (const call of fixture.calls) work(call);
    upstream[0]!.reject(error('upstream_timeout'));
    leaving.abort.abort();
    await settle();
    for (const { command } of [failing, leaving]) expect(command.attempts).toBe(2);
  });
});

describe('answers that cannot be shared', () => {
  test('a stream goes to the leader; the others call themselves', async () => {
    const { ask, fixture, upstream, shared } = coalesced();
    const all = [ask(), ask(), ask()];
    const { body, source } = streamOf(['large']);
    upstream[0]!.resolve(replyOf([], body));
    expect((await all[0]!.answer).body).toBe(body);
    await settle();
    expect(fixture.calls.slice(1)).toEqual([all[1]!.command, all[2]!.command]);
    upstream[1]!.resolve(replyOf([], 'two'));
    upstream[2]!.resolve(replyOf([], 'three'));
    expect(textOf(await all[1]!.answer)).toBe('two');
    expect(textOf(await all[2]!.answer)).toBe('three');
    expect([shared.counters.unshareable, source.cancelledWith]).toEqual([2, undefined]);
  });

  test('when the leader has left, the first who still waits gets it', async () => {
    const { ask, fixture, upstream } = coalesced();
    const all = [ask(), ask(), ask()];
    all[0]!.abort.abort();
    const { body } = streamOf(['large']);
    upstream[0]!.resolve(replyOf([], body));
    expect((await all[1]!.answer).body).toBe(body);
    expect(fixture.calls).toHaveLength(2);
  });

  test('a stream that is for none of those who are left is cancelled', async () => {
    const { ask, upstream } = coalesced();
    const all = [ask(), ask(), ask()];
    all[0]!.abort.abort();
    const { body, source } = streamOf(['large']);
    upstream[0]!.resolve(replyOf([['Set-Cookie', 'a=1']], body));
    await settle();
    expect(source.cancelledWith).toBeInstanceOf(Error);
  });

  test('a cookie is for one; what varies is for those alike', async () => {
    const { ask, fixture, upstream } = coalesced();
    const leader = ask({ headers: { 'x-tenant': 'a' } });
    const alike = ask({ headers: { 'x-tenant': 'a' } });
    const other = ask({ headers: { 'x-tenant': 'b' } });
    upstream[0]!.resolve(replyOf([['Vary', 'X-Tenant']]));
    await Promise.all([leader.answer, alike.answer]);
    expect(fixture.calls).toHaveLength(2);
    upstream[1]!.resolve(replyOf([], 'b'));
    expect(textOf(await other.answer)).toBe('b');
  });
});
