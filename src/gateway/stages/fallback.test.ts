import { describe, expect, test } from 'bun:test';
import { type ErrorCode, errorTable, GatewayError } from '../../shared/errors.ts';
import type { Reply } from '../reply.ts';
import { Fixture, replyOf, routeOf, streamOf, textOf } from './cached-route.fixture.ts';
import { fallbackStage } from './fallback.ts';

const hour = routeOf({ staleIfErrorMs: 3_600_000 });
const cc = (value: string): readonly [string, string] => ['Cache-Control', value];
const error = (code: ErrorCode) => new GatewayError(code, { detail: code });

/** Stores `first`, waits, and asks again while the upstream does `after`. */
async function afterwards({
  first = replyOf([], 'stored'),
  after,
  route = hour,
  waitMs = 472_000,
  facts = {},
}: {
  first?: Reply;
  after: () => Reply | Promise<Reply>;
  route?: ReturnType<typeof routeOf>;
  waitMs?: number;
  facts?: Parameters<Fixture['command']>[0];
}) {
  const fixture = new Fixture(route);
  const handle = fixture.pipeline((_, count) => (count === 1 ? first : after()), ['cache', 'fallback']);
  await handle(fixture.command());
  fixture.clock.advance(waitMs);
  const command = fixture.command(facts);
  const answer = (async () => handle(command))();
  return { fixture, command, answer };
}

test('a route that never gives stale answers is left alone', () => {
  const next = () => replyOf();
  const { services } = new Fixture();
  const uncached = routeOf();
  Object.assign(uncached.config, { cache: undefined });
  expect(fallbackStage(uncached, services)(next)).toBe(next);
  expect(fallbackStage(routeOf({ honorUpstream: false }), services)(next)).toBe(next);
});

describe('errors', () => {
  const hidden: readonly ErrorCode[] = [
    'queue_full',
    'circuit_open',
    'upstream_paused',
    'deadline_unmeetable',
    'queue_timeout',
    'state_unavailable',
    'upstream_timeout',
    'upstream_unreachable',
    'draining',
  ];
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    for (const way of ['thrown', 'rejected']) {
      test(`${code}, ${way}, ${hidden.includes(code) ? 'is answered stale' : 'is told'}`, async () => {
        const failure = error(code);
        const { answer, command, fixture } = await afterwards({
          after: () => {
            if (way === 'thrown') throw failure;
            return Promise.reject(failure);
          },
        });
        if (!hidden.includes(code)) return await expect(answer).rejects.toBe(failure);
        expect(textOf(await answer)).toBe('stored');
        expect(command.cacheStatus).toBe(`hit; ttl=-412; detail=${code}`);
        expect(command.extraHeaders).toEqual([['Age', '472']]);
        expect(command.errorCode).toBe(code);
        expect(fixture.cache.stats()).toMatchObject({ stale: 1, staleIfError: 1, stores: 1 });
      });
    }
  }

  test('what is not a GatewayError is told', async () => {
    const gone = new DOMException('the client is gone', 'AbortError');
    const { answer } = await afterwards({ after: () => Promise.reject(gone) });
    await expect(answer).rejects.toBe(gone);
  });

  test('a client that is gone gets nothing', async () => {
    const failure = error('queue_timeout');
    const abort = new AbortController();
    abort.abort();
    const { answer } = await afterwards({ after: () => Promise.reject(failure), facts: { abort } });
    await expect(answer).rejects.toBe(failure);
  });

  test('without a stored answer they are told', async () => {
    const failure = error('circuit_open');
    const { answer } = await afterwards({
      after: () => Promise.reject(failure),
      facts: { target: '/api/score?cpf=2' },
    });
    await expect(answer).rejects.toBe(failure);
  });

  test('a refusal without a promise is answered without one', async () => {
    const fixture = new Fixture(hour);
    const handle = fixture.pipeline((_, count) => {
      if (count > 1) throw error('circuit_open');
      return replyOf();
    });
    await handle(fixture.command());
    fixture.clock.advance(61_000);
    expect(handle(fixture.command())).not.toBeInstanceOf(Promise);
  });
});

describe('answers of the upstream', () => {
  for (const status of [429, 500, 502, 503, 504]) {
    test(`${status} is answered stale`, async () => {
      const { answer, command } = await afterwards({ after: () => replyOf([], 'bad', status) });
      expect(textOf(await answer)).toBe('stored');
      expect(command.cacheStatus).toBe(`hit; ttl=-412; detail=status_${status}`);
      expect(command.errorCode).toBeUndefined();
    });
  }

  for (const status of [200, 400, 404, 501]) {
    test(`${status} is told`, async () => {
      const { answer } = await afterwards({ after: () => replyOf([cc('no-store')], 'other', status) });
      expect(textOf(await answer)).toBe('other');
    });
  }

  test('the streamed body of a hidden one is cancelled', async () => {
    const { body, source } = streamOf(['bad']);
    const { answer } = await afterwards({ after: async () => replyOf([], body, 503) });
    await answer;
    expect(source.cancelledWith).toBeInstanceOf(Error);
  });

  test('one without a stored answer is told untouched', async () => {
    const { body, source } = streamOf(['bad']);
    const { answer } = await afterwards({
      after: () => replyOf([], body, 503),
      facts: { target: '/api/score?cpf=2' },
    });
    expect((await answer).body).toBe(body);
    expect(source.cancelledWith).toBeUndefined();
  });
});

describe('how long', () => {
  const windows: ReadonlyArray<
    readonly [what: string, cache: Parameters<typeof routeOf>[0], says: string | undefined, lastMs: number]
  > = [
    ['the route’s', { staleIfErrorMs: 10_000 }, undefined, 70_000],
    ['the answer’s own', {}, 'max-age=60, stale-if-error=20', 80_000],
    ['none', {}, 'max-age=60', 60_000],
    [
      'none, as the answer must be revalidated',
      { staleIfErrorMs: 10_000 },
      'max-age=60, must-revalidate',
      60_000,
    ],
    ['the route’s, overruled', { staleIfErrorMs: 10_000, honorUpstream: false }, 'must-revalidate', 70_000],
  ];
  for (const [what, cache, says, lastMs] of windows) {
    test(what, async () => {
      const first = replyOf([['ETag', '"1"'], ...(says === undefined ? [] : [cc(says)])], 'stored');
      const failure = error('circuit_open');
      const after = () => Promise.reject(failure);
      const route = routeOf(cache);
      const within = await afterwards({ first, after, route, waitMs: lastMs - 1 });
      expect(textOf(await within.answer)).toBe('stored');
      const beyond = await afterwards({ first, after, route, waitMs: lastMs });
      await expect(beyond.answer).rejects.toBe(failure);
    });
  }

  test('no-cache of the upstream forbids it', async () => {
    const first = replyOf([['ETag', '"1"'], cc('no-cache')], 'stored');
    const failure = error('circuit_open');
    const { answer } = await afterwards({ first, after: () => Promise.reject(failure), waitMs: 1 });
    await expect(answer).rejects.toBe(failure);
  });
});

describe('for whom', () => {
  const after = () => Promise.reject(error('circuit_open'));

  test('HEAD gets it without a body', async () => {
    const { answer } = await afterwards({ after, facts: { method: 'HEAD' } });
    expect(await answer).toMatchObject({ status: 200, body: undefined });
  });

  test('a client that has it gets a 304', async () => {
    const first = replyOf([['ETag', '"1"']]);
    const { answer, command } = await afterwards({
      first,
      after,
      facts: { headers: { 'if-none-match': '"1"' } },
    });
    expect((await answer).status).toBe(304);
    expect([command.errorCode, command.extraHeaders]).toEqual(['circuit_open', [['Age', '472']]]);
  });

  test('another client’s stays another’s', async () => {
    const { answer } = await afterwards({ after, facts: { headers: { authorization: 'Bearer b' } } });
    await expect(answer).rejects.toMatchObject({ code: 'circuit_open' });
  });

  for (const facts of [{ method: 'POST' }, { headers: { range: 'bytes=0-1' } }]) {
    test(`not for ${JSON.stringify(facts)}`, async () => {
      const { answer } = await afterwards({ after, facts });
      await expect(answer).rejects.toMatchObject({ code: 'circuit_open' });
    });
  }
});

test('a refresh behind an answer that fails is not taken for one that succeeded', async () => {
  const route = routeOf({ staleIfErrorMs: 3_600_000, staleWhileRevalidateMs: 60_000 });
  const { answer, fixture } = await afterwards({
    after: () => Promise.reject(error('circuit_open')),
    route,
    waitMs: 61_000,
  });
  expect(textOf(await answer)).toBe('stored');
  await fixture.clock.advanceAsync(0);
  expect(fixture.cache.stats()).toMatchObject({ refreshes: 1, refreshFailures: 1, stores: 1 });
});
