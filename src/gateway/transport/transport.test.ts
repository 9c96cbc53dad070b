import { afterEach, describe, expect, test } from 'bun:test';
import { gzipSync } from 'node:zlib';
import {
  ok,
  type RawRequest,
  type RawUpstream,
  startRawUpstream,
} from '../../../test/support/raw-upstream.ts';
import { GatewayError } from '../../shared/errors.ts';
import { StreamBody } from '../body.ts';
import { isStaleConnection } from './transport.ts';
import {
  bytesOf,
  Caller,
  type CallFacts,
  eventually,
  PLAIN_HEADERS,
  streamOf,
  textOf,
  WatchedSignal,
  type Way,
} from './upstream-call.fixture.ts';

const opened: Array<() => void> = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

type Answer = Parameters<typeof startRawUpstream>[0];

async function setUp(
  way: Way,
  answer: Answer,
  more: ConstructorParameters<typeof Caller>[2] = {},
): Promise<{ upstream: RawUpstream; caller: Caller }> {
  const upstream = await startRawUpstream(answer);
  const caller = new Caller(way, upstream.url, more);
  opened.push(() => {
    caller.close();
    upstream.stop();
  });
  return { upstream, caller };
}

async function failureOf(call: Promise<unknown>): Promise<GatewayError> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(GatewayError);
  return outcome as GatewayError;
}

const says =
  (text: string): Answer =>
  (_request, socket) =>
    void socket.write(text, 'latin1');
const sorted = (request: RawRequest) => [...request.headerLines].map((line) => line.toLowerCase()).sort();
const WAYS: Way[] = ['paced', 'exact', 'fetch'];

describe.each(WAYS)('requests, %s', (way) => {
  const sendTo = async (facts: CallFacts) => {
    const { upstream, caller } = await setUp(way, says(ok('{}')));
    expect((await caller.send(facts)).status).toBe(200);
    expect(upstream.requests.length).toBe(1);
    return { request: upstream.requests[0]!, host: `host: 127.0.0.1:${upstream.port}`, caller };
  };

  test('nothing is invented where the client sent no header at all', async () => {
    const { request, host } = await sendTo({ headers: [] });
    expect(request).toMatchObject({ method: 'GET', target: '/a?b=c', body: '' });
    expect(sorted(request)).toEqual(['connection: keep-alive', host]);
  });

  test('nothing is added to what the client sent: no Accept-Encoding', async () => {
    const { request, host } = await sendTo({ headers: PLAIN_HEADERS });
    expect(sorted(request)).toEqual(['accept: */*', 'connection: keep-alive', host, 'user-agent: test/1']);
  });

  test('end-to-end headers go out as they came; hop-by-hop ones and those that Connection names do not', async () => {
    const { request, host } = await sendTo({
      headers: [
        ...PLAIN_HEADERS,
        ['accept-encoding', 'br;q=0.5'],
        ['authorization', 'Bearer x'],
        ['connection', 'x-hop, close'],
        ['cookie', 'a=1; b=2'],
        ['expect', '100-continue'],
        ['host', 'client.example'],
        ['keep-alive', 'timeout=3'],
        ['proxy-authorization', 'Basic x'],
        ['te', 'trailers'],
        ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
        ['upgrade', 'websocket'],
        ['x-hop', '1'],
        ['x-latin', 'caf\u00e9'],
      ],
    });
    expect(sorted(request)).toEqual([
      'accept-encoding: br;q=0.5',
      'accept: */*',
      'authorization: bearer x',
      'connection: keep-alive',
      'cookie: a=1; b=2',
      host,
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'user-agent: test/1',
      'x-latin: caf\u00e9',
    ]);
  });

  test('a held body goes out with its length', async () => {
    const bytes = new TextEncoder().encode('{"a":1}');
    const headers = [...PLAIN_HEADERS, ['content-type', 'application/json']] as const;
    const { request, caller } = await sendTo({ method: 'POST', headers, body: { kind: 'bytes', bytes } });
    expect(request.body).toBe('{"a":1}');
    expect(sorted(request)).toContain('content-length: 7');
    expect(sorted(request)).toContain('content-type: application/json');
    expect(caller.sent).toBeGreaterThanOrEqual(1);
  });

  test('a streamed body with a length is not chunked', async () => {
    const { request } = await sendTo({ method: 'POST', body: streamOf(['one,', 'two'], 7) });
    expect(request.body).toBe('one,two');
    expect(sorted(request)).toContain('content-length: 7');
    expect(sorted(request).join()).not.toContain('transfer-encoding');
  });

  test('a streamed body of unknown length is chunked', async () => {
    const { request } = await sendTo({ method: 'PUT', body: streamOf(['one,', 'two']) });
    expect(request.body).toBe('one,two');
    expect(sorted(request)).toContain('transfer-encoding: chunked');
    expect(sorted(request).join()).not.toContain('content-length');
  });

  test('a body with GET goes along', async () => {
    const { request } = await sendTo({ body: { kind: 'bytes', bytes: new TextEncoder().encode('why') } });
    expect(request).toMatchObject({ method: 'GET', body: 'why' });
  });

  test('a POST without a body says so', async () => {
    const { request } = await sendTo({ method: 'POST' });
    expect(sorted(request)).toContain('content-length: 0');
  });
});

describe.each(WAYS)('answers, %s', (way) => {
  const answered = async (text: string, facts: CallFacts = {}, more = {}) => {
    const { caller, upstream } = await setUp(way, says(text), more);
    return { reply: await caller.send(facts), caller, upstream };
  };

  test('repeated Set-Cookie stays apart; hop-by-hop headers go no further', async () => {
    const { reply } = await answered(
      'HTTP/1.1 201 Created\r\nSet-Cookie: a=1\r\nX-One: 1\r\nSet-Cookie: b=2; Path=/\r\nKeep-Alive: timeout=5\r\n' +
        'Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nContent-Length: 2\r\n\r\nok',
    );
    expect(reply.status).toBe(201);
    const headers = reply.headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`).sort();
    expect(headers).toEqual(['content-length: 2', 'set-cookie: a=1', 'set-cookie: b=2; Path=/', 'x-one: 1']);
    expect(await textOf(reply)).toBe('ok');
  });

  test('a chunked answer', async () => {
    const { reply } = await answered(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n',
    );
    expect(reply.body).toBeInstanceOf(StreamBody);
    expect(await textOf(reply)).toBe('hello, world');
    expect(reply.headers.some(([name]) => name.toLowerCase() === 'transfer-encoding')).toBe(false);
  });

  test('an answer that ends with its connection', async () => {
    const { caller } = await setUp(
      way,
      (_request, socket) => void socket.end('HTTP/1.0 200 OK\r\n\r\nall of it'),
    );
    expect(await textOf(await caller.send())).toBe('all of it');
  });

  test('gzip is not unpacked', async () => {
    const packed = gzipSync('hello '.repeat(100));
    const { reply } = await answered(
      `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.byteLength}\r\n\r\n${packed.toString('latin1')}`,
    );
    expect(Buffer.from(await bytesOf(reply)).equals(packed)).toBe(true);
    expect(reply.headers.some(([name]) => name.toLowerCase() === 'content-encoding')).toBe(true);
  });

  test('a redirect is an answer like any other', async () => {
    const { reply, upstream } = await answered(
      'HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n',
    );
    expect(reply.status).toBe(302);
    expect(upstream.requests.length).toBe(1);
  });

  test.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n', 200],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', 204],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 1234\r\n\r\n', 304],
  ])('%s answered %p has no body', async (method, text, status) => {
    const { reply } = await answered(text, { method });
    expect(reply).toMatchObject({ status, body: undefined });
  });

  test('interim answers are passed over', async () => {
    const { reply } = await answered(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok('{}')}`,
    );
    expect(reply.status).toBe(200);
    expect(await textOf(reply)).toBe('{}');
  });

  test('a longer answer than may be held streams', async () => {
    const body = 'x'.repeat(200_000);
    const { reply } = await answered(ok(body), {}, { bufferBytes: 1_000 });
    expect(reply.body).toBeInstanceOf(StreamBody);
    expect(await textOf(reply)).toBe(body);
  });

  test('an answer that comes before the body was read', async () => {
    const { caller } = await setUp(way, () => {});
    caller.close();
    const early = await startEarlyAnswer();
    const other = new Caller(way, early.url);
    opened.push(() => other.close());
    const reply = await other.send({
      method: 'POST',
      body: streamOf(Array(50).fill('x'.repeat(10_000)), 500_000),
    });
    expect(reply.status).toBe(413);
    expect(await textOf(reply)).toBe('no');
  });
});

/** Answers as soon as it has seen the head. */
async function startEarlyAnswer(): Promise<{ url: string }> {
  const server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data: (socket) => {
        socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno');
        socket.flush();
      },
    },
  });
  opened.push(() => server.stop(true));
  return { url: `http://127.0.0.1:${server.port}` };
}

describe.each(WAYS)('failures, %s', (way) => {
  test('a truncated answer that is held: upstream_unreachable', async () => {
    const { caller } = await setUp(way, (_request, socket) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    });
    expect((await failureOf(caller.send())).code).toBe('upstream_unreachable');
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
  });

  test.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf'],
    ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('a truncated answer that streams, %s: the stream errs', async (_name, text) => {
    const { caller } = await setUp(way, (_request, socket) => void socket.end(text), { bufferBytes: 10 });
    const reply = await caller.send();
    expect((await failureOf(textOf(reply))).code).toBe('upstream_unreachable');
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
  });

  test('no answer in time', async () => {
    const client = new WatchedSignal();
    const { caller } = await setUp(way, () => {});
    expect((await failureOf(caller.send({ timeoutMs: 80, signal: client.signal }))).code).toBe(
      'upstream_timeout',
    );
    expect(client.listeners).toBe(0);
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
  });

  test.each([
    ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    // What was broken: destroyed at its time limit, it ended as if it were whole.
    ['that ends with its connection', 'HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\nhalf'],
  ])('silence in the middle of an answer %s', async (_name, text) => {
    const client = new WatchedSignal();
    const { caller } = await setUp(way, says(text));
    const reply = await caller.send({ timeoutMs: 80, signal: client.signal });
    expect((await failureOf(textOf(reply))).code).toBe('upstream_timeout');
    expect(client.listeners).toBe(0);
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
  });

  test.each([
    ['garbage', 'I speak no HTTP\r\n\r\n'],
    ['a status that HTTP does not know', 'HTTP/1.1 999 Strange\r\nContent-Length: 0\r\n\r\n'],
    [
      'a switch of protocols',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    ],
  ])('%s', async (_name, text) => {
    const { caller } = await setUp(way, (_request, socket) => void socket.end(text));
    expect((await failureOf(caller.send({ timeoutMs: 1_000 }))).code).toBe('upstream_unreachable');
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
  });

  test('a connection that is closed without an answer', async () => {
    const { caller } = await setUp(way, (_request, socket) => void socket.end());
    const error = await failureOf(caller.send({ method: 'POST' }));
    expect(error.code).toBe('upstream_unreachable');
    expect(isStaleConnection(error)).toBe(false);
  });

  test('nobody listens there', async () => {
    const upstream = await startRawUpstream(() => {});
    upstream.stop();
    const caller = new Caller(way, upstream.url);
    opened.push(() => caller.close());
    const error = await failureOf(caller.send());
    expect(error).toMatchObject({
      code: 'upstream_unreachable',
      message: 'The upstream refused the connection.',
    });
  });

  test('a name that nobody has', async () => {
    const caller = new Caller(way, 'http://nowhere.invalid');
    opened.push(() => caller.close());
    expect((await failureOf(caller.send())).code).toBe('upstream_unreachable');
  });

  test('the client leaves before the answer', async () => {
    const client = new WatchedSignal();
    const { caller, upstream } = await setUp(way, () => {});
    const call = caller.send({ signal: client.signal });
    expect(await eventually(() => upstream.requests.length === 1)).toBe(true);
    const reason = new Error('gone');
    client.controller.abort(reason);
    expect(await call.catch((error: unknown) => error)).toBe(reason);
    expect(client.listeners).toBe(0);
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
  });

  test('the client has left before the call', async () => {
    const { caller, upstream } = await setUp(way, says(ok('{}')));
    const reason = new Error('gone');
    expect(await caller.send({ signal: AbortSignal.abort(reason) }).catch((error: unknown) => error)).toBe(
      reason,
    );
    expect(upstream.requests.length).toBe(0);
    if (way === 'paced') expect(caller.pool.counts).toMatchObject({ idle: 1, open: 1 });
  });

  test('the client leaves in the middle of the answer', async () => {
    const client = new WatchedSignal();
    const { caller } = await setUp(
      way,
      says('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
    );
    const reply = await caller.send({ signal: client.signal });
    const body = reply.body as StreamBody;
    expect(new TextDecoder().decode(await body.read())).toBe('half');
    const next = body.read();
    client.controller.abort(new Error('gone'));
    expect(await next.catch((error: unknown) => error)).toBeInstanceOf(Error);
    expect(client.listeners).toBe(0);
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
  });

  test('a streamed answer that nobody reads on is stopped at the upstream', async () => {
    const client = new WatchedSignal();
    let closed = false;
    const { caller } = await setUp(way, (_request, socket) => {
      socket.on('close', () => {
        closed = true;
      });
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    });
    const reply = await caller.send({ signal: client.signal });
    (reply.body as StreamBody).cancel(new Error('no more'));
    expect(await eventually(() => closed && caller.pool.counts.open === 0)).toBe(true);
    expect(client.listeners).toBe(0);
  });

  test('a client that breaks off its body ends the call', async () => {
    const { caller } = await setUp(way, says(ok('{}')));
    const call = caller.send({ method: 'POST', body: streamOf(['half', new Error('broken off')]) });
    expect(await call.catch((error: unknown) => error)).toBeInstanceOf(Error);
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
  });

  test('nothing is left listening after an answer', async () => {
    const client = new WatchedSignal();
    const { caller } = await setUp(way, says(ok('{}')));
    for (let index = 0; index < 15; index++) await caller.send({ signal: client.signal });
    expect(client.listeners).toBe(0);
  });
});
