import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createServer, type Server } from 'node:net';
import { systemClock } from '../shared/clock.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import { HttpCaller } from './http-caller.ts';

const problem = { 'content-type': 'application/problem+json' };
let http: ReturnType<typeof Bun.serve>;
/** The client-id of every request that arrived. */
let seen: (string | null)[] = [];
let held = 0;
let mostHeld = 0;
let release: () => void = () => {};

beforeAll(() => {
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  http = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      seen.push(request.headers.get('client-id'));
      switch (new URL(request.url).pathname) {
        case '/ok':
          return new Response('{}', { headers: { 'cache-status': 'comporta; hit; ttl=42' } });
        case '/miss':
          return new Response('{}', { headers: { 'cache-status': 'comporta; fwd=uri-miss; detail=no-hit' } });
        case '/problem':
          return new Response('{"code":"queue_full"}', { status: 503, headers: problem });
        case '/broken-problem':
          return new Response('{"code":', { status: 503, headers: problem });
        case '/plain':
          return new Response('{"code":"queue_full"}', { status: 429 });
        case '/held':
          held += 1;
          mostHeld = Math.max(mostHeld, held);
          if (held === 600) release();
          await released;
          return new Response('x');
        default:
          return new Promise<Response>(() => {});
      }
    },
  });
});

afterAll(() => http.stop(true));

function callerFor(url: URL, clock = systemClock, maxConnections = 10) {
  return new HttpCaller(url, {
    clock,
    timeoutMs: 5_000,
    maxConnections,
    keepAlive: true,
  });
}

const to = (url: URL) => ({ method: 'GET', url, headers: { 'client-id': 'me' } });

async function get(url: URL) {
  const caller = callerFor(url);
  const result = await caller.call(to(url), new AbortController().signal);
  caller.close();
  return result;
}

async function rawServer(answer: string | undefined): Promise<{ url: URL; server: Server }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => (answer === undefined ? socket.resetAndDestroy() : socket.end(answer)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: new URL(`http://127.0.0.1:${port}/`), server };
}

describe('HttpCaller', () => {
  test.each([
    ['/ok', { kind: 'ok' }, true],
    ['/miss', { kind: 'ok' }, false],
    ['/problem', { kind: 'failed', code: 'queue_full' }, false],
    ['/broken-problem', { kind: 'failed', code: 'http_503' }, false],
    ['/plain', { kind: 'failed', code: 'http_429' }, false],
  ] as const)('%s', async (path, outcome, cacheHit) => {
    seen = [];
    expect(await get(new URL(path, http.url))).toEqual({ outcome, cacheHit, latencyMs: expect.any(Number) });
    expect(seen).toEqual(['me']);
  });

  test('tells a refused connection from a reset and from an answer cut short', async () => {
    const reset = await rawServer(undefined);
    expect((await get(reset.url)).outcome).toEqual({ kind: 'failed', code: 'connection_reset' });
    reset.server.close();
    const cut = await rawServer('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    expect((await get(cut.url)).outcome).toEqual({ kind: 'failed', code: 'incomplete_answer' });
    await new Promise((resolve) => cut.server.close(resolve));
    expect((await get(cut.url)).outcome).toEqual({ kind: 'failed', code: 'connection_refused' });
  });

  test('gives up at its timeout, by the clock it was given', async () => {
    const clock = new VirtualClock();
    const url = new URL('/hang', http.url);
    seen = [];
    const pending = callerFor(url, clock).call(to(url), new AbortController().signal);
    while (seen.length === 0) await Bun.sleep(1);
    clock.advance(5_000);
    expect(await pending).toEqual({
      outcome: { kind: 'failed', code: 'timeout' },
      cacheHit: false,
      latencyMs: 5_000,
    });
    expect(clock.timers).toBe(0);
  });

  test('an abort ends a call in flight, and one that has not started', async () => {
    const url = new URL('/hang', http.url);
    const caller = callerFor(url);
    const stop = new AbortController();
    seen = [];
    const pending = caller.call(to(url), stop.signal);
    while (seen.length === 0) await Bun.sleep(1);
    stop.abort();
    expect((await pending).outcome).toEqual({ kind: 'aborted' });
    expect((await caller.call(to(url), stop.signal)).outcome).toEqual({ kind: 'aborted' });
    expect(seen).toHaveLength(1);
  });

  test('really has 600 calls in flight at once, above the 256 of Bun’s fetch', async () => {
    const url = new URL('/held', http.url);
    const caller = callerFor(url, systemClock, 600);
    const signal = new AbortController().signal;
    const results = await Promise.all(Array.from({ length: 600 }, () => caller.call(to(url), signal)));
    caller.close();
    expect(results.every((result) => result.outcome.kind === 'ok')).toBe(true);
    expect(mostHeld).toBe(600);
  });
});
