import { afterEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { ok, startRawUpstream } from '../../../test/support/raw-upstream.ts';
import { GatewayError } from '../../shared/errors.ts';
import { isStaleConnection } from './transport.ts';
import { Caller, eventually, textOf } from './upstream-call.fixture.ts';

const opened: Array<() => void> = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

const pem = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../../test/support/tls/${name}`, import.meta.url)), 'utf8');
const CA = pem('localhost-cert.pem');

type Answer = Parameters<typeof startRawUpstream>[0];

async function setUp(answer: Answer, more: ConstructorParameters<typeof Caller>[2] = {}) {
  const upstream = await startRawUpstream(answer);
  const caller = new Caller('paced', upstream.url, more);
  opened.push(() => {
    caller.close();
    upstream.stop();
  });
  return { upstream, caller };
}

const errorOf = (call: Promise<unknown>): Promise<GatewayError> =>
  call.then(
    () => {
      throw new Error('it went through');
    },
    (error: GatewayError) => error,
  );

const answers =
  (headers = ''): Answer =>
  (_request, socket) =>
    void socket.write(ok('{}', headers));

describe('connections of a paced upstream', () => {
  test('one is used again while the upstream keeps it', async () => {
    const { caller, upstream } = await setUp(answers());
    for (let index = 0; index < 5; index++) {
      expect((await caller.send()).status).toBe(200);
      expect(await eventually(() => caller.pool.counts.idle === 1)).toBe(true);
    }
    expect(upstream.connections()).toBe(1);
    expect(upstream.requests.at(-1)?.onConnection).toBe(5);
  });

  test('also after answers without a body, chunked ones and long ones', async () => {
    const texts = [
      'HTTP/1.1 204 No Content\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      ok('x'.repeat(100_000)),
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n',
    ];
    let next = 0;
    const { caller, upstream } = await setUp((_request, socket) => void socket.write(texts[next++]!));
    for (const method of ['GET', 'GET', 'GET', 'HEAD']) {
      await textOf(await caller.send({ method }));
      expect(await eventually(() => caller.pool.counts.idle === 1)).toBe(true);
    }
    expect(upstream.connections()).toBe(1);
  });

  test('`Connection: close` is obeyed', async () => {
    const { caller, upstream } = await setUp((_request, socket) => {
      socket.end(ok('{}', 'Connection: close\r\n'));
    });
    for (let index = 0; index < 3; index++) expect(await textOf(await caller.send())).toBe('{}');
    expect(upstream.connections()).toBe(3);
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
  });

  test('`Keep-Alive: timeout` is obeyed with a margin', async () => {
    const { caller } = await setUp(answers('Connection: keep-alive\r\nKeep-Alive: timeout=1\r\n'));
    await caller.send();
    expect(await eventually(() => caller.pool.counts.idle === 1)).toBe(true);
    expect(await eventually(() => caller.pool.counts.open === 0, 900)).toBe(true);
  });

  test('one that was idle for `keepalive` is closed', async () => {
    const { caller } = await setUp(answers(), { keepaliveMs: 50 });
    await caller.send();
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
  });

  test('one that the upstream closes while it is idle is never used', async () => {
    const { caller, upstream } = await setUp((_request, socket) => {
      socket.write(ok('{}'));
      setTimeout(() => socket.end(), 20);
    });
    await caller.send();
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
    expect((await caller.send()).status).toBe(200);
    expect(upstream.connections()).toBe(2);
  });

  test('what an idle one is told unasked is no answer to the next request', async () => {
    const { caller, upstream } = await setUp((request, socket) => {
      socket.write(ok(request.target));
      if (request.onConnection === 1) {
        setTimeout(() => socket.write('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n'), 20);
      }
    });
    expect(await textOf(await caller.send({ target: '/one' }))).toBe('/one');
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
    const reply = await caller.send({ target: '/two' });
    expect([reply.status, await textOf(reply)]).toEqual([200, '/two']);
    expect(upstream.connections()).toBe(2);
  });

  test('a reused one that closes on the request is stale; a new one is not', async () => {
    let count = 0;
    const { caller } = await setUp((_request, socket) => {
      if (++count === 1) socket.write(ok('{}'));
      else socket.destroy();
    });
    await caller.send();
    expect(await eventually(() => caller.pool.counts.idle === 1)).toBe(true);
    expect(isStaleConnection(await errorOf(caller.send()))).toBe(true);
    expect(isStaleConnection(await errorOf(caller.send()))).toBe(false);
  });

  test('a reused one that answers nonsense, or not in time, is not stale', async () => {
    let count = 0;
    const { caller } = await setUp((_request, socket) => {
      count++;
      if (count === 2) socket.end('nonsense\r\n\r\n');
      else if (count !== 4) socket.write(ok('{}'));
    });
    await caller.send();
    expect(await eventually(() => caller.pool.counts.idle === 1)).toBe(true);
    expect(isStaleConnection(await errorOf(caller.send()))).toBe(false);
    await caller.send();
    expect(await eventually(() => caller.pool.counts.idle === 1)).toBe(true);
    const late = await errorOf(caller.send({ timeoutMs: 60 }));
    expect([late.code, isStaleConnection(late)]).toEqual(['upstream_timeout', false]);
  });

  test('no more are open than allowed; room that becomes free is told', async () => {
    const { caller } = await setUp(answers(), { maxConnections: 2 });
    caller.pool.expect(10);
    expect(caller.pool.counts.connecting).toBe(2);
    expect(await eventually(() => caller.pool.counts.idle === 2)).toBe(true);
    const line = await caller.line();
    let told = 0;
    caller.pool.onChange(() => void told++);
    line.close();
    expect(await eventually(() => caller.pool.counts.open === 1)).toBe(true);
    expect(told).toBeGreaterThanOrEqual(1);
  });

  test('a connection that could not be made is handed on as its failure, once', async () => {
    const upstream = await startRawUpstream(answers());
    upstream.stop();
    const caller = new Caller('paced', upstream.url);
    opened.push(() => caller.close());
    caller.pool.expect(1);
    expect(await eventually(() => caller.pool.counts.connecting === 0)).toBe(true);
    expect(caller.pool.take()?.outcome.kind).toBe('failed');
    expect(caller.pool.take()).toBeUndefined();
    const error = await errorOf(caller.send());
    expect(error).toMatchObject({
      code: 'upstream_unreachable',
      message: 'The upstream refused the connection.',
    });
  });

  test('a handshake that does not end: refused after the connect timeout', async () => {
    const silent = net.createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    opened.push(() => silent.close());
    const { port } = silent.address() as net.AddressInfo;
    const caller = new Caller('paced', `https://localhost:${port}`, { connectTimeoutMs: 80, ca: CA });
    opened.push(() => caller.close());
    const error = await errorOf(caller.send());
    expect(error).toMatchObject({
      code: 'upstream_unreachable',
      message: 'The upstream did not accept the connection in time.',
    });
    expect(caller.pool.counts).toEqual({ idle: 0, connecting: 0, open: 0 });
  });

  test('closing the pool closes what is idle and what is still being made', async () => {
    const { caller } = await setUp(answers());
    caller.pool.expect(1);
    expect(await eventually(() => caller.pool.counts.idle === 1)).toBe(true);
    caller.pool.expect(3);
    caller.close();
    expect(await eventually(() => caller.pool.counts.open === 0 && caller.pool.counts.connecting === 0)).toBe(
      true,
    );
    caller.pool.expect(1);
    expect(caller.pool.counts.connecting).toBe(0);
  });
});

describe.each(['paced', 'exact', 'fetch'] as const)('TLS, %s', (way) => {
  const serve = async (): Promise<number> => {
    const server = tls.createServer({ key: pem('localhost-key.pem'), cert: CA }, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write(ok('{"secure":true}')));
    });
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push(() => server.close());
    return (server.address() as net.AddressInfo).port;
  };

  test('a certificate of a named authority is trusted, by name and by address', async () => {
    const port = await serve();
    for (const host of ['localhost', '127.0.0.1']) {
      const caller = new Caller(way, `https://${host}:${port}`, { ca: CA });
      opened.push(() => caller.close());
      expect(await textOf(await caller.send())).toBe('{"secure":true}');
    }
  });

  test('a certificate that nobody vouches for is not', async () => {
    const caller = new Caller(way, `https://localhost:${await serve()}`);
    opened.push(() => caller.close());
    const error = await errorOf(caller.send());
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({
      code: 'upstream_unreachable',
      message: 'The upstream’s TLS certificate was not accepted.',
    });
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
  });

  test('a server that speaks no TLS', async () => {
    const plain = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    opened.push(() => plain.close());
    const { port } = plain.address() as net.AddressInfo;
    const caller = new Caller(way, `https://localhost:${port}`, { ca: CA });
    opened.push(() => caller.close());
    expect((await errorOf(caller.send({ timeoutMs: 2_000 }))).code).toBe('upstream_unreachable');
  });
});
