import { afterEach, describe, expect, test } from 'bun:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { seededRandom } from '../shared/random.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import { CallDesk, MOST_CALLS } from './call-desk.ts';
import { routeRequest } from './route-request.ts';
import { type CallEvent, followCall, type Place, serverTimings } from './single-call.ts';

let server: ReturnType<typeof Bun.serve> | undefined;
afterEach(() => server?.stop(true));

function serve(answer: (request: Request) => Response | Promise<Response>): URL {
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: answer });
  return new URL('/x', server.url);
}

function follow(url: URL, place: () => Place | undefined = () => undefined, clock = new VirtualClock()) {
  const events: CallEvent[] = [];
  const stop = new AbortController();
  const ended = followCall(
    { method: 'GET', url, headers: {} },
    {
      clock,
      timeoutMs: 5_000,
      signal: stop.signal,
      place: async () => place(),
      onEvent: (event) => void events.push(event),
    },
  );
  return { clock, events, stop, ended };
}

async function answerOf(url: URL) {
  const { events, ended } = follow(url);
  await ended;
  const last = events.at(-1);
  if (last?.kind !== 'answered') throw new Error(`it was not answered: ${JSON.stringify(last)}`);
  return last;
}

describe('the life of a request', () => {
  test('queued at each new place, sent once it waits no more, answered', async () => {
    let answer: (response: Response) => void = () => {};
    let arrived = false;
    const url = serve(() => {
      arrived = true;
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    let place: Place | undefined = { position: 2, etaMs: 1_500 };
    const { clock, events, ended } = follow(url, () => place);
    while (!arrived) await Bun.sleep(1);
    await clock.advanceAsync(20);
    await clock.advanceAsync(400);
    place = { position: 0, etaMs: undefined };
    await clock.advanceAsync(200);
    place = undefined;
    await clock.advanceAsync(400);
    answer(new Response('done', { headers: { 'server-timing': 'queue;dur=620.0, upstream;dur=300' } }));
    await ended;
    expect(events.slice(0, 3)).toEqual([
      { kind: 'queued', atMs: 20, position: 2, etaMs: 1_500 },
      { kind: 'queued', atMs: 620, position: 0, etaMs: undefined },
      { kind: 'sent', atMs: 820 },
    ]);
    expect(events[3]).toMatchObject({ kind: 'answered', atMs: 1_020, status: 200, bodyBytes: 4 });
    expect(events).toHaveLength(4);
    expect(clock.timers).toBe(0);
  });

  test('at once: sent is known from the upstream’s time', async () => {
    const url = serve(
      () => new Response('{}', { headers: { 'server-timing': 'queue;dur=0, upstream;dur=5' } }),
    );
    const { events, ended } = follow(url);
    await ended;
    expect(events.map(({ kind }) => kind)).toEqual(['sent', 'answered']);
  });

  test('a refusal from the queue was never sent', async () => {
    let refuse: () => void = () => {};
    const url = serve(
      () =>
        new Promise((resolve) => {
          refuse = () => resolve(new Response('{}', { status: 503 }));
        }),
    );
    let place: Place | undefined = { position: 0, etaMs: 100 };
    const { clock, events, ended } = follow(url, () => place);
    await clock.advanceAsync(20);
    place = undefined;
    await clock.advanceAsync(200);
    while (events.length === 0) await Bun.sleep(1);
    await Bun.sleep(5);
    refuse();
    await ended;
    expect(events.map(({ kind }) => kind)).toEqual(['queued', 'answered']);
  });

  test('failed: nobody there, too late, aborted', async () => {
    const url = serve(() => new Promise<Response>(() => {}));
    const late = follow(url);
    await late.clock.advanceAsync(5_000);
    await late.ended;
    expect(late.events.at(-1)).toEqual({ kind: 'failed', atMs: 5_000, code: 'timeout' });
    const left = follow(url);
    left.stop.abort();
    await left.ended;
    expect(left.events).toEqual([{ kind: 'failed', atMs: 0, code: 'aborted' }]);
    await server?.stop(true);
    const nobody = follow(url);
    await nobody.ended;
    expect(nobody.events).toEqual([{ kind: 'failed', atMs: 0, code: 'connection_refused' }]);
  });

  test('a redirect is an answer, and not followed', async () => {
    let calls = 0;
    const url = serve(() => {
      calls += 1;
      return new Response(null, { status: 302, headers: { location: '/elsewhere' } });
    });
    expect(await answerOf(url)).toMatchObject({ status: 302 });
    expect(calls).toBe(1);
  });
});

describe('the body', () => {
  test.each([
    ['gzip', gzipSync('olá')],
    ['br', brotliCompressSync('olá')],
    ['deflate', deflateSync('olá')],
    ['identity', Buffer.from('olá')],
  ])('%s is unpacked', async (encoding, packed) => {
    const url = serve(() => new Response(packed, { headers: { 'content-encoding': encoding } }));
    const { body, bodyBytes } = await answerOf(url);
    expect([body, bodyBytes]).toEqual([{ text: 'olá', cut: false }, packed.length]);
  });

  test.each([
    ['not packed at all', 'gzip', Buffer.from('plain')],
    ['packed in a way that nobody knows', 'zstd', Buffer.from('plain')],
    ['bytes', 'identity', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
  ])('%s: no text', async (_, encoding, bytes) => {
    const url = serve(() => new Response(bytes, { headers: { 'content-encoding': encoding } }));
    expect((await answerOf(url)).body.text).toBeUndefined();
  });

  test('other charsets are read as such', async () => {
    const headers = { 'content-type': 'text/plain; charset=iso-8859-1' };
    const url = serve(() => new Response(Buffer.from('olá', 'latin1'), { headers }));
    expect((await answerOf(url)).body.text).toBe('olá');
  });

  test('only its beginning is kept, however large, and however small it was packed', async () => {
    const large = serve(() => new Response('é'.repeat(500_000)));
    const plain = await answerOf(large);
    expect([plain.body.cut, plain.bodyBytes]).toEqual([true, 1_000_000]);
    expect(plain.body.text).toMatch(/^é{32000,33000}$/);
    await server?.stop(true);
    const bomb = gzipSync(Buffer.alloc(200_000_000, 'a'));
    const packed = await answerOf(
      serve(() => new Response(bomb, { headers: { 'content-encoding': 'gzip' } })),
    );
    expect(packed.body.cut).toBe(true);
    expect(packed.body.text).toMatch(/^a{65536,65700}$/);
    expect(packed.bodyBytes).toBe(bomb.length);
  }, 20_000);
});

test('Server-Timing of any form', () => {
  const of = (...values: string[]) =>
    serverTimings({ headers: values.map((value) => ['Server-Timing', value] as const) });
  expect(of('queue;dur=1.5, upstream;dur=20')).toEqual([
    { name: 'queue', ms: 1.5 },
    { name: 'upstream', ms: 20 },
  ]);
  expect(of('db;desc="x";dur="3"', 'miss', 'bad;dur=x', 'total ; dur = 4')).toEqual([
    { name: 'db', ms: 3 },
    { name: 'total', ms: 4 },
  ]);
  expect(of(Array(100).fill('a;dur=1').join(','))).toHaveLength(32);
});

describe('CallDesk', () => {
  function desk() {
    const ids: (string | null)[] = [];
    const url = serve((request) => {
      ids.push(request.headers.get('x-request-id'));
      return new Promise<Response>(() => {});
    });
    const calls = new CallDesk({ clock: new VirtualClock(), random: seededRandom(1) });
    const start = () =>
      calls.follow(
        { method: 'GET', url, headers: {} },
        {
          timeoutMs: 5_000,
          signal: new AbortController().signal,
          place: async () => undefined,
          onEvent: () => {},
        },
      );
    return { ids, calls, start };
  }

  test('so many at once, each under an id of its own; the next is turned away', async () => {
    const { ids, calls, start } = desk();
    const running = Array.from({ length: MOST_CALLS }, () => start()!);
    expect(start()).toBeUndefined();
    expect([calls.running, calls.turnedAway]).toEqual([MOST_CALLS, 1]);
    while (ids.length < MOST_CALLS) await Bun.sleep(1);
    expect(new Set(ids)).toEqual(new Set(running.map(({ requestId }) => requestId)));
    calls.close();
    await Promise.all(running.map(({ ended }) => ended));
    expect(calls.running).toBe(0);
  });
});

test.each(['POST', 'DELETE', 'OPTIONS'])('%s brings its body along', async (method) => {
  let seen: string | undefined;
  const { origin } = serve(async (request) => {
    seen = await request.text();
    return new Response('{}');
  });
  const route = { path: '/x', params: {}, client: undefined };
  const call = { method, rest: undefined, params: {}, client: undefined, urgency: undefined, headers: {} };
  const request = routeRequest(origin, route, { ...call, body: '{"é":1}' });
  const signal = new AbortController().signal;
  const place = async () => undefined;
  await followCall(request, {
    clock: new VirtualClock(),
    timeoutMs: 5_000,
    signal,
    place,
    onEvent: () => {},
  });
  expect(seen).toBe('{"é":1}');
});
