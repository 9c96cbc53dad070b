import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../shared/errors.ts';
import { type HeaderList, headerOf, type Reply } from '../reply.ts';
import { cached, deferred, Fixture, replyOf, routeOf, streamOf, textOf } from './cached-route.fixture.ts';

const cc = (value: string): readonly [string, string] => ['Cache-Control', value];
const MONDAY = 'Mon, 07 Jan 2030 00:00:00 GMT';

describe('the client’s conditions', () => {
  const etag = ['ETag', '"v1"'] as const;

  test('a fresh answer that it has is a 304', async () => {
    const { ask, calls } = cached([replyOf([etag, ['Content-Type', 'a/b'], cc('max-age=60')])]);
    await ask();
    const { reply, status, age } = await ask({ headers: { 'if-none-match': 'W/"v1"' } });
    expect(reply).toMatchObject({ status: 304, body: undefined, headers: [etag, cc('max-age=60')] });
    expect([status, age]).toEqual(['hit; ttl=60', '0']);
    expect((await ask({ headers: { 'if-none-match': '"v0"' } })).reply.status).toBe(200);
    expect(calls).toHaveLength(1);
  });

  test('they do not travel, so that a whole answer comes; it is applied to them', async () => {
    const { ask, calls } = cached([replyOf([etag, ['Last-Modified', MONDAY]])]);
    const headers = { 'if-none-match': '"v1"', 'if-modified-since': MONDAY, 'x-other': 'a' };
    const { reply, status } = await ask({ headers });
    expect([...calls[0]!.incoming]).toEqual([['x-other', 'a']]);
    expect([reply.status, status]).toEqual([304, 'fwd=miss; stored']);
    expect((await ask()).reply.status).toBe(200);
  });

  test('what was found out on the way comes back to the client’s command', async () => {
    const fixture = new Fixture();
    const refusal = new GatewayError('upstream_timeout', { detail: 'late' });
    const handle = fixture.pipeline(
      async (call, count) => {
        call.attempts = 2;
        call.queueMs = 30;
        call.upstreamMs = 40;
        if (count === 2) throw refusal;
        return replyOf();
      },
      ['cache'],
    );
    const headers = { 'if-none-match': '"v1"' };
    for (const target of ['/a', '/b']) {
      const command = fixture.command({ headers, target });
      await Promise.resolve(handle(command)).catch(() => undefined);
      expect(fixture.calls.at(-1)).not.toBe(command);
      expect(command).toMatchObject({ attempts: 2, queueMs: 30, upstreamMs: 40 });
    }
  });

  test('with HEAD they travel, since nothing will be stored', async () => {
    const { ask, calls } = cached([replyOf([], undefined, 304)]);
    const { reply } = await ask({ method: 'HEAD', headers: { 'if-none-match': '"v1"' } });
    expect(reply.status).toBe(304);
    expect(calls[0]?.incoming.get('if-none-match')).toBe('"v1"');
  });
});

describe('revalidation', () => {
  const first = replyOf(
    [['ETag', '"v1"'], ['Last-Modified', MONDAY], ['X-A', '1'], cc('max-age=60')],
    'body',
  );

  async function revalidate(second: Reply, third = replyOf([], 'third')) {
    const subject = cached([first, second, third]);
    await subject.ask();
    subject.clock.advance(61_000);
    return { ...subject, ...(await subject.ask()) };
  }

  test('asks with both validators; a 304 renews headers and freshness, and the stored body answers', async () => {
    const { calls, reply, status, age, ask, cache } = await revalidate(
      replyOf([['ETag', '"v1"'], ['X-A', '2'], cc('max-age=90')], undefined, 304),
    );
    expect(calls[1]?.incoming.get('if-none-match')).toBe('"v1"');
    expect(calls[1]?.incoming.get('if-modified-since')).toBe(MONDAY);
    expect([reply.status, textOf(reply), headerOf(reply.headers, 'x-a')]).toEqual([200, 'body', '2']);
    expect([status, age]).toEqual(['fwd=stale; fwd-status=304; stored', '0']);
    expect((await ask()).status).toBe('hit; ttl=90');
    expect(cache.stats()).toMatchObject({ revalidated: 1, entries: 1 });
  });

  test('anything else replaces it', async () => {
    const { reply, status, ask } = await revalidate(replyOf([cc('max-age=5')], 'new'));
    expect([textOf(reply), status]).toEqual(['new', 'fwd=stale; fwd-status=200; stored']);
    expect(textOf((await ask()).reply)).toBe('new');
  });

  for (const status of [200, 404, 410]) {
    test(`a ${status} that may not be kept removes it`, async () => {
      const { cache } = await revalidate(replyOf([cc('no-store')], '', status));
      expect(cache.stats().entries).toBe(0);
    });
  }

  for (const status of [401, 429, 500, 503]) {
    test(`a ${status} leaves it`, async () => {
      const { reply, cache } = await revalidate(replyOf([], '', status));
      expect(reply.status).toBe(status);
      expect(cache.stats().entries).toBe(1);
    });
  }

  test('a 304 of another version is asked again without conditions', async () => {
    const { calls, reply } = await revalidate(replyOf([['ETag', '"v9"']], undefined, 304));
    expect([...(calls[2]?.incoming ?? [])]).toEqual([]);
    expect(textOf(reply)).toBe('third');
  });

  test('a cookie of the 304 is for who asked', async () => {
    const { reply, ask } = await revalidate(
      replyOf(
        [
          ['ETag', '"v1"'],
          ['Set-Cookie', 'a=1'],
        ],
        undefined,
        304,
      ),
    );
    expect(headerOf(reply.headers, 'set-cookie')).toBe('a=1');
    expect(headerOf((await ask()).reply.headers, 'set-cookie')).toBeUndefined();
  });

  test('a 304 that forbids keeping answers once more and removes it', async () => {
    const { reply, cache } = await revalidate(replyOf([['ETag', '"v1"'], cc('no-store')], undefined, 304));
    expect(textOf(reply)).toBe('body');
    expect(cache.stats().entries).toBe(0);
  });

  test('those who share one 304 renew the entry once', async () => {
    const fixture = new Fixture();
    const { promise, resolve } = deferred<Reply>();
    const handle = fixture.pipeline((_, count) => (count === 1 ? first : promise), ['cache']);
    await handle(fixture.command());
    fixture.clock.advance(61_000);
    const answers = Array.from({ length: 5 }, () => handle(fixture.command()));
    resolve(replyOf([['ETag', '"v1"']], undefined, 304));
    expect((await Promise.all(answers)).map(textOf)).toEqual(Array(5).fill('body'));
    expect(fixture.cache.stats()).toMatchObject({ revalidated: 1, stores: 2 });
  });

  test('the client’s own condition is answered from what was confirmed', async () => {
    const subject = cached([first, replyOf([['ETag', '"v1"']], undefined, 304)]);
    await subject.ask();
    subject.clock.advance(61_000);
    expect((await subject.ask({ headers: { 'if-none-match': '"v1"' } })).reply.status).toBe(304);
  });
});

describe('streamed answers', () => {
  const bounds = { maxEntryBytes: 10 };

  test('one within the bound is collected and stored', async () => {
    const { ask } = cached([replyOf([], streamOf(['12345', '67890']).body)], routeOf(), bounds);
    const { reply, status } = await ask();
    expect([textOf(reply), status]).toEqual(['1234567890', 'fwd=miss; stored']);
    expect((await ask()).status).toBe('hit; ttl=60');
  });

  test('a longer one passes whole, and is not stored', async () => {
    const { ask, cache } = cached([replyOf([], streamOf(['12345', '67890', 'x']).body)], routeOf(), bounds);
    const { reply, status } = await ask();
    expect(status).toBe('fwd=miss');
    expect(await new Response((reply.body as ReturnType<typeof streamOf>['body']).toStream()).text()).toBe(
      '1234567890x',
    );
    expect(cache.stats()).toMatchObject({ tooLarge: 1, entries: 0 });
  });

  for (const [what, headers] of [
    ['that may not be stored', [cc('no-store')]],
    ['that is too long by its headers', [['Content-Length', '11']]],
  ] as ReadonlyArray<readonly [string, HeaderList]>) {
    test(`one ${what} is not touched`, async () => {
      const { body, source } = streamOf(['12345']);
      const { ask } = cached([replyOf(headers, body)], routeOf(), bounds);
      expect((await ask()).reply.body).toBe(body);
      expect(source.reads).toBe(0);
    });
  }

  test('a truncated one is never stored', async () => {
    const broken = new GatewayError('upstream_unreachable', { detail: 'broke off' });
    const { ask, cache } = cached([replyOf([], streamOf(['1'], broken).body)], routeOf(), bounds);
    await expect(ask()).rejects.toBe(broken);
    expect(cache.stats().entries).toBe(0);
  });

  test('a held one above the bound passes, and is not stored', async () => {
    const { ask, cache } = cached([replyOf([], '12345678901')], routeOf(), bounds);
    expect((await ask()).status).toBe('fwd=miss');
    expect(cache.stats()).toMatchObject({ tooLarge: 1, entries: 0 });
  });
});
