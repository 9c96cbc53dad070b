import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../shared/errors.ts';
import { settle } from '../../shared/virtual-clock.ts';
import type { Reply } from '../reply.ts';
import { cached, deferred, Fixture, replyOf, routeOf, textOf } from './cached-route.fixture.ts';

const cc = (value: string): readonly [string, string] => ['Cache-Control', value];

describe('stale-while-revalidate', () => {
  const route = routeOf({ staleWhileRevalidateMs: 30_000 });

  test('answers stale at once and refreshes behind, once', async () => {
    const fixture = new Fixture(route);
    const { promise, resolve } = deferred<Reply>();
    const handle = fixture.pipeline((_, count) => (count === 1 ? replyOf([], 'old') : promise), ['cache']);
    await handle(fixture.command());
    fixture.clock.advance(64_001);
    const [one, other] = [fixture.command({ method: 'HEAD' }), fixture.command()];
    expect(handle(one)).not.toBeInstanceOf(Promise);
    expect(textOf(handle(other) as Reply)).toBe('old');
    expect(one.cacheStatus).toBe('hit; ttl=-5; detail=stale-while-revalidate');
    expect(other.extraHeaders).toEqual([['Age', '64']]);
    expect(fixture.calls).toHaveLength(2);
    expect(fixture.calls[1]).toMatchObject({
      id: `${one.id}-refresh`,
      method: 'GET',
      urgency: 7,
      arrivedAtMs: 65_001,
      deadlineMs: 125_001,
    });
    expect(fixture.calls[1]?.signal).not.toBe(one.signal);

    resolve(replyOf([], 'new'));
    await settle();
    const after = fixture.command();
    expect(textOf(handle(after) as Reply)).toBe('new');
    expect(after.cacheStatus).toBe('hit; ttl=60');
    expect(fixture.cache.stats()).toMatchObject({ stale: 2, refreshes: 1, refreshFailures: 0 });
  });

  test('the answer’s own directive counts too', async () => {
    const { ask, clock } = cached([replyOf([cc('max-age=10, stale-while-revalidate=5')])]);
    await ask();
    clock.advance(14_000);
    expect((await ask()).status).toBe('hit; ttl=-4; detail=stale-while-revalidate');
  });

  test('after the window it waits for the upstream', async () => {
    const { ask, clock } = cached([replyOf()], route);
    await ask();
    clock.advance(90_000);
    expect((await ask()).status).toBe('fwd=miss; stored');
  });

  test('a refresh asks with the validator', async () => {
    const { ask, clock, calls } = cached(
      [replyOf([['ETag', '"v1"']]), replyOf([['ETag', '"v1"']], undefined, 304)],
      route,
    );
    await ask();
    clock.advance(61_000);
    await ask();
    expect(calls[1]?.incoming.get('if-none-match')).toBe('"v1"');
    await settle();
    expect((await ask()).status).toBe('hit; ttl=60');
  });

  for (const [what, fail] of [
    ['rejects', () => Promise.reject(new GatewayError('upstream_timeout', { detail: 'late' }))],
    [
      'throws',
      () => {
        throw new GatewayError('circuit_open', { detail: 'open' });
      },
    ],
    ['is a 500', () => replyOf([], '', 500)],
  ] as const) {
    test(`a refresh that ${what} is counted, hurts nobody, and is tried again`, async () => {
      const fixture = new Fixture(route);
      const handle = fixture.pipeline((_, count) => (count === 1 ? replyOf([], 'old') : fail()), ['cache']);
      await handle(fixture.command());
      fixture.clock.advance(61_000);
      for (let time = 1; time <= 2; time++) {
        expect(textOf(await handle(fixture.command()))).toBe('old');
        await settle();
        expect(fixture.cache.stats()).toMatchObject({ refreshes: time, refreshFailures: time });
      }
    });
  }

  test('a client that wants no stale answer waits', async () => {
    const { ask, clock } = cached([replyOf()], route);
    await ask();
    clock.advance(61_000);
    expect((await ask({ headers: { 'cache-control': 'no-cache' } })).status).toBe('fwd=request; stored');
  });
});
