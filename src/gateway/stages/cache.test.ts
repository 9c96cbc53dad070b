import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../shared/errors.ts';
import type { CacheStore } from '../../state/cache-contract.ts';
import { headerOf, type Reply } from '../reply.ts';
import { cacheStage } from './cache.ts';
import { cached, deferred, Fixture, replyOf, routeOf, textOf } from './cached-route.fixture.ts';

const cc = (value: string): readonly [string, string] => ['Cache-Control', value];

test('a route without a cache is left alone', () => {
  const next = () => replyOf();
  const route = routeOf();
  Object.assign(route.config, { cache: undefined });
  expect(cacheStage(route, new Fixture().services)(next)).toBe(next);
});

describe('a hit', () => {
  test('is the identical reply, at once, without reading the signal', async () => {
    const { ask, fixture, handle, clock } = cached([replyOf([['Age', '5']])]);
    await ask();
    clock.advance(12_500);
    const abort = {
      get signal(): AbortSignal {
        throw new Error('a hit waits for nothing');
      },
    };
    const [one, other] = [fixture.command({ abort }), fixture.command({ abort })];
    const reply = handle(one);
    expect(reply).not.toBeInstanceOf(Promise);
    expect(handle(other)).toBe(reply);
    expect(one.cacheStatus).toBe('hit; ttl=42');
    expect(one.extraHeaders).toEqual([['Age', '17']]);
    expect(other.extraHeaders).toBe(one.extraHeaders);
    expect(headerOf((reply as Reply).headers, 'age')).toBeUndefined();
    expect(fixture.calls).toHaveLength(1);
    expect(fixture.cache.stats()).toMatchObject({ hits: 2, misses: 1, stores: 1 });
  });

  test('keeps the headers that other stages gave', async () => {
    const { ask, fixture, handle } = cached([replyOf()]);
    await ask();
    const command = fixture.command();
    command.extraHeaders = [['RateLimit', 'a']];
    handle(command);
    expect(command.extraHeaders).toEqual([
      ['RateLimit', 'a'],
      ['Age', '0'],
    ]);
  });

  test('ends with the freshness, to the millisecond', async () => {
    const { ask, clock } = cached([replyOf()]);
    await ask();
    clock.advance(59_999);
    expect((await ask()).status).toBe('hit; ttl=0');
    clock.advance(1);
    expect((await ask()).status).toBe('fwd=miss; stored');
  });

  test('answers HEAD without a body; the answer to a HEAD itself is not stored', async () => {
    const { ask, calls } = cached([replyOf([], undefined), replyOf([['Content-Length', '6']], 'answer')]);
    expect((await ask({ method: 'HEAD' })).status).toBe('fwd=miss');
    await ask();
    const { reply, status } = await ask({ method: 'HEAD' });
    expect(status).toBe('hit; ttl=60');
    expect(reply).toMatchObject({ status: 200, body: undefined, headers: [['Content-Length', '6']] });
    expect(calls.map((call) => call.method)).toEqual(['HEAD', 'GET']);
  });
});

describe('a miss', () => {
  test('passes the answer on as it came, and says that it was stored', async () => {
    const answer = replyOf([['Age', '3'], cc('max-age=60')]);
    const { ask } = cached([answer]);
    const { reply, status, command } = await ask();
    expect(reply).toEqual(answer);
    expect(status).toBe('fwd=miss; stored');
    expect(command.extraHeaders).toBeUndefined();
  });

  test('says so too when the call below is refused', async () => {
    const fixture = new Fixture();
    const refusal = new GatewayError('queue_full', { detail: 'full' });
    const handle = fixture.pipeline(() => Promise.reject(refusal), ['cache']);
    const command = fixture.command();
    await expect(Promise.resolve(handle(command))).rejects.toBe(refusal);
    expect(command.cacheStatus).toBe('fwd=miss');
  });

  test('an answer that may not be kept is fetched every time', async () => {
    const { ask, calls } = cached([replyOf([cc('no-store')])]);
    expect((await ask()).status).toBe('fwd=miss');
    expect((await ask()).status).toBe('fwd=miss');
    expect(calls).toHaveLength(2);
  });

  test('an answer of our own is not kept', async () => {
    const { ask, calls } = cached([{ ...replyOf(), origin: 'gateway' }]);
    await ask();
    await ask();
    expect(calls).toHaveLength(2);
  });

  test('one reply that many share is stored once', async () => {
    const fixture = new Fixture();
    const { promise, resolve } = deferred<Reply>();
    const handle = fixture.pipeline(() => promise, ['cache']);
    const commands = Array.from({ length: 20 }, () => fixture.command());
    const answers = commands.map((command) => handle(command));
    resolve(replyOf());
    await Promise.all(answers);
    expect(fixture.cache.stats()).toMatchObject({ stores: 1, misses: 20 });
    expect(commands.filter(({ cacheStatus }) => cacheStatus === 'fwd=miss; stored')).toHaveLength(1);
  });
});

describe('keys', () => {
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  test('credentials keep answers apart', async () => {
    const { ask, calls } = cached([replyOf([], 'a'), replyOf([], 'b')]);
    await ask(bearer('a'));
    expect(textOf((await ask(bearer('b'))).reply)).toBe('b');
    expect(textOf((await ask(bearer('a'))).reply)).toBe('a');
    expect(calls).toHaveLength(2);
  });

  test('a shared route keeps only what the upstream lets it share', async () => {
    const { ask, calls } = cached([replyOf(), replyOf([cc('public')], 'for all')], routeOf({ shared: true }));
    expect((await ask(bearer('a'))).status).toBe('fwd=miss');
    expect((await ask(bearer('a'))).status).toBe('fwd=miss; stored');
    expect(textOf((await ask(bearer('b'))).reply)).toBe('for all');
    expect(calls).toHaveLength(2);
  });

  test('what the upstream gives one anonymous client in private is for no other', async () => {
    const { ask, calls } = cached([replyOf([cc('private, max-age=60')])]);
    await ask();
    await ask();
    expect(calls).toHaveLength(2);
    await ask({ headers: { 'client-id': 'a' } });
    expect((await ask({ headers: { 'client-id': 'a' } })).status).toBe('hit; ttl=60');
  });

  test('only the configured parts count', async () => {
    const route = routeOf({ key: [{ kind: 'query', name: 'cpf' }] });
    const { ask, calls } = cached([replyOf()], route);
    await ask({ target: '/api/score?cpf=1&a=1' });
    expect((await ask({ target: '/api/score?a=2&cpf=1' })).status).toBe('hit; ttl=60');
    await ask({ target: '/api/score?cpf=2' });
    expect(calls).toHaveLength(2);
  });

  test('Vary keeps variants', async () => {
    const inLanguage = (language: string) => ({ headers: { 'accept-language': language } });
    const vary = [['Vary', 'Accept-Language']] as const;
    const { ask, calls } = cached([replyOf(vary, 'en'), replyOf(vary, 'pt')]);
    await ask(inLanguage('en'));
    expect((await ask(inLanguage('pt'))).status).toBe('fwd=miss; stored');
    expect(textOf((await ask(inLanguage('en'))).reply)).toBe('en');
    expect(textOf((await ask(inLanguage('pt'))).reply)).toBe('pt');
    expect(calls).toHaveLength(2);
  });
});

describe('what is not looked up', () => {
  test('a part, and an answer to a body', async () => {
    const { ask, cache } = cached([replyOf()]);
    await ask();
    const bytes = { kind: 'bytes', bytes: new Uint8Array(1) } as const;
    expect((await ask({ headers: { range: 'bytes=0-1' } })).status).toBe('fwd=bypass');
    expect((await ask({ body: bytes })).status).toBe('fwd=bypass');
    expect(cache.stats()).toMatchObject({ bypasses: 2, stores: 1 });
  });

  const methods: ReadonlyArray<readonly [method: string, status: number, isForgotten: boolean]> = [
    ['POST', 200, true],
    ['PUT', 204, true],
    ['DELETE', 303, true],
    ['ANYTHING', 200, true],
    ['POST', 400, false],
    ['POST', 503, false],
    ['OPTIONS', 200, false],
  ];
  for (const [method, status, isForgotten] of methods) {
    test(`${method} ${status} ${isForgotten ? 'forgets' : 'keeps'} what is stored`, async () => {
      const { ask } = cached([replyOf(), replyOf([], '', status), replyOf()]);
      await ask();
      expect((await ask({ method })).status).toBe('fwd=method');
      expect((await ask()).status).toBe(isForgotten ? 'fwd=miss; stored' : 'hit; ttl=60');
    });
  }
});

describe('the client’s Cache-Control', () => {
  const saying = (value: string) => ({ headers: { 'cache-control': value } });

  test('no-cache goes to the upstream, and what comes is stored', async () => {
    const { ask } = cached([replyOf([], '1'), replyOf([], '2')]);
    await ask();
    expect((await ask(saying('no-cache'))).status).toBe('fwd=request; stored');
    expect(textOf((await ask()).reply)).toBe('2');
  });

  test('max-age, min-fresh and Pragma', async () => {
    const { ask, clock } = cached([replyOf()]);
    await ask();
    clock.advance(10_000);
    expect((await ask(saying('max-age=10'))).status).toBe('hit; ttl=50');
    expect((await ask(saying('max-age=9'))).status).toBe('fwd=request; stored');
    expect((await ask(saying('min-fresh=61'))).status).toBe('fwd=request; stored');
    expect((await ask({ headers: { pragma: 'no-cache' } })).status).toBe('fwd=request; stored');
  });

  test('no-store keeps nothing', async () => {
    const { ask } = cached([replyOf()]);
    expect((await ask(saying('no-store'))).status).toBe('fwd=miss');
    expect((await ask()).status).toBe('fwd=miss; stored');
  });

  test('only-if-cached is 504 where nothing serves it, and calls nobody', async () => {
    const { ask, calls } = cached([replyOf()]);
    expect(ask(saying('only-if-cached'))).rejects.toMatchObject({ code: 'not_cached', status: 504 });
    expect(calls).toHaveLength(0);
    await ask();
    expect((await ask(saying('only-if-cached'))).status).toBe('hit; ttl=60');
  });

  test('max-stale takes a stale answer, unless the upstream forbids it', async () => {
    for (const [directives, expected] of [
      ['max-age=60', 'hit; ttl=-5; detail=max-stale'],
      ['max-age=60, must-revalidate', 'fwd=stale; fwd-status=200; stored'],
    ] as const) {
      const { ask, clock } = cached([replyOf([cc(directives), ['ETag', '"1"']])]);
      await ask();
      clock.advance(65_000);
      expect((await ask(saying('max-stale=5'))).status).toBe(expected);
    }
  });
});

describe('a store that is not in this process', () => {
  function remote(find: CacheStore['find']) {
    const fixture = new Fixture();
    Object.assign(fixture.services, { cache: Object.assign(Object.create(fixture.cache), { find }) });
    return { fixture, handle: fixture.pipeline(() => replyOf([], 'fetched'), ['cache']) };
  }

  test('answers with a promise', async () => {
    const { fixture, handle } = remote(async (...asked) => fixture.cache.find(...asked));
    await handle(fixture.command());
    const command = fixture.command();
    await handle(command);
    expect(command.cacheStatus).toBe('hit; ttl=60');
  });

  test('counts as empty when it fails', async () => {
    const { fixture, handle } = remote(() => Promise.reject(new Error('the store is away')));
    expect(textOf(await handle(fixture.command()))).toBe('fetched');
  });
});
