import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { bodyOf, fieldsOf, rawRequest, statusOf } from '../support/raw-client.ts';
import { type RawRequest, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { call, SHIPPED, until } from '../support/score.ts';

/** `/ml/*` against an upstream that speaks bytes: what arrives and what comes back, exactly. */

let gateway: TestGateway;
let upstream: RawUpstream;
let answer: (request: RawRequest, socket: Socket) => void;

beforeEach(async () => {
  answer = (_request, socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  upstream = await startRawUpstream((request, socket) => answer(request, socket));
  gateway = await startGateway({
    file: SHIPPED,
    env: { MERCADOLIBRE_URL: upstream.url },
    sandboxUrl: upstream.url,
  });
});

afterEach(async () => {
  await gateway.stop();
  upstream.stop();
});

const get = (path: string, more = '', method = 'GET'): Promise<string> =>
  rawRequest(
    gateway.url,
    `${method} ${path} HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n${more}\r\n`,
    2_000,
  );

describe('the request', () => {
  test('loses its prefix, keeps its query byte for byte', async () => {
    const targets: ReadonlyArray<readonly [string, string]> = [
      ['/ml/items/1', '/items/1'],
      ['/ml/items/1?a=1&b=%20c&a=2&empty=&flag', '/items/1?a=1&b=%20c&a=2&empty=&flag'],
      ['/ml/sites/MLB/search?q=caf%C3%A9%2Bleite', '/sites/MLB/search?q=caf%C3%A9%2Bleite'],
      ['/ml/a%2Fb/c', '/a%2Fb/c'],
      ['/ml/', '/'],
      ['/ml', '/'],
    ];
    for (const [asked, expected] of targets) {
      expect(statusOf(await get(asked))).toBe(200);
      expect(upstream.requests.at(-1)!.target).toBe(expected);
    }
  });

  test('takes nothing along that the client did not send, but for Host', async () => {
    await get('/ml/items/1', 'X-One: 1\r\nAuthorization: Bearer t\r\n');
    const { headerLines } = upstream.requests[0]!;
    const names = headerLines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase()).sort();
    expect(names.filter((name) => name !== 'connection')).toEqual(['authorization', 'host', 'x-one']);
    expect(headerLines).toContain(`Host: 127.0.0.1:${upstream.port}`);
  });

  test('takes every end-to-end header along, and no hop-by-hop one', async () => {
    await get(
      '/ml/items/1',
      [
        'User-Agent: me/1',
        'Accept: a/b',
        'Accept-Encoding: gzip',
        'Cookie: a=1; b=2',
        'TE: trailers',
        'Keep-Alive: timeout=5',
        'Proxy-Authorization: Basic x',
        'Upgrade: h2c',
        'X-Custom: yes',
        '',
      ].join('\r\n'),
    );
    const sent = upstream.requests[0]!.headerLines.map((line) => line.toLowerCase());
    for (const line of [
      'user-agent: me/1',
      'accept: a/b',
      'accept-encoding: gzip',
      'cookie: a=1; b=2',
      'x-custom: yes',
    ]) {
      expect(sent).toContain(line);
    }
    for (const name of ['te', 'keep-alive', 'proxy-authorization', 'upgrade']) {
      expect(sent.some((line) => line.startsWith(`${name}:`))).toBe(false);
    }
  });

  test('keeps its method and its body, whatever they are', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const reply = await call(`${gateway.url}/ml/things`, { method, body: `{"m":"${method}"}` });
      expect(reply.status).toBe(200);
      expect(upstream.requests.at(-1)).toMatchObject({ method, body: `{"m":"${method}"}` });
    }
    expect((await call(`${gateway.url}/ml/things`, { method: 'OPTIONS' })).status).toBe(200);
    expect(upstream.requests.at(-1)!.method).toBe('OPTIONS');
  });

  test('streams a large body through, in chunks or with a length', async () => {
    const body = Buffer.alloc(1_000_000, 'abcdefghij');
    const digest = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
    const withLength = await call(`${gateway.url}/ml/upload`, { method: 'PUT', body });
    expect(withLength.status).toBe(200);
    const inChunks = await call(`${gateway.url}/ml/upload`, {
      method: 'PUT',
      body: new Blob([body]).stream(),
    });
    expect(inChunks.status).toBe(200);
    expect(upstream.requests.map((request) => digest(request.body))).toEqual([digest(body), digest(body)]);
  }, 20_000);
});

test('a body of many pieces leaves no listeners behind: none is warned of', async () => {
  const warnings: string[] = [];
  const onWarning = ({ name }: Error): number => warnings.push(name);
  process.on('warning', onWarning);
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const raw = await rawRequest(
    gateway.url,
    `POST /ml/upload HTTP/1.1\r\nHost: gw\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(15)}0\r\n\r\n`,
    3_000,
  );
  expect(statusOf(raw)).toBe(200);
  expect(upstream.requests[0]!.body.length).toBe(15 * 0x10000);
  await Bun.sleep(0);
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});

describe('the answer', () => {
  test('keeps status, reason-free bytes, repeated Set-Cookie and every header', async () => {
    answer = (_request, socket) =>
      socket.write(
        'HTTP/1.1 203 Whatever\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2, c=3\r\nX-Odd: "q, r"\r\nETag: W/"x"\r\nServer: them\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: 5\r\n\r\nhello',
      );
    const raw = await get('/ml/x');
    expect(statusOf(raw)).toBe(203);
    expect(fieldsOf(raw, 'set-cookie')).toEqual(['a=1; Path=/', 'b=2, c=3']);
    expect(fieldsOf(raw, 'x-odd')).toEqual(['"q, r"']);
    expect(fieldsOf(raw, 'etag')).toEqual(['W/"x"']);
    expect(fieldsOf(raw, 'server')).toEqual(['them']);
    expect(fieldsOf(raw, 'date')).toEqual(['Thu, 01 Jan 2026 00:00:00 GMT']);
    expect(fieldsOf(raw, 'content-type')).toEqual([]);
    expect(fieldsOf(raw, 'content-length')).toEqual(['5']);
    expect(bodyOf(raw)).toBe('hello');
  });

  test('gains X-Request-Id and Server-Timing, and nothing else', async () => {
    answer = (_request, socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nX-A: 1\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: 2\r\n\r\nok',
      );
    const raw = await get('/ml/x');
    const names = raw
      .slice(0, raw.indexOf('\r\n\r\n'))
      .split('\r\n')
      .slice(1)
      .map((line) => line.slice(0, line.indexOf(':')).toLowerCase())
      .filter((name) => name !== 'connection');
    expect(names.sort()).toEqual(['content-length', 'date', 'server-timing', 'x-a', 'x-request-id']);
  });

  test('that is compressed stays compressed, byte for byte', async () => {
    const packed = Bun.gzipSync(Buffer.from('compressed '.repeat(50)));
    answer = (_request, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`);
      socket.write(packed);
    };
    for (const more of ['', 'Accept-Encoding: gzip\r\nUser-Agent: x\r\nAccept: */*\r\n']) {
      const raw = await get('/ml/x', more);
      expect(fieldsOf(raw, 'content-encoding')).toEqual(['gzip']);
      expect(Buffer.from(bodyOf(raw), 'latin1').equals(Buffer.from(packed))).toBe(true);
    }
  });

  test('that redirects is passed on, not followed', async () => {
    answer = (_request, socket) =>
      socket.write(
        'HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/x\r\nContent-Length: 0\r\n\r\n',
      );
    const raw = await get('/ml/x', 'User-Agent: x\r\nAccept: */*\r\n');
    expect(statusOf(raw)).toBe(302);
    expect(fieldsOf(raw, 'location')).toEqual(['https://elsewhere.example/x']);
    expect(upstream.requests).toHaveLength(1);
  });

  test('to HEAD keeps its Content-Length and has no body', async () => {
    answer = (_request, socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nX-A: 1\r\n\r\n');
    for (const more of ['', 'User-Agent: x\r\nAccept: */*\r\n']) {
      const raw = await get('/ml/x', more, 'HEAD');
      expect(statusOf(raw)).toBe(200);
      expect(fieldsOf(raw, 'content-length')).toEqual(['1234']);
      expect(bodyOf(raw)).toBe('');
    }
    expect(upstream.requests.every(({ method }) => method === 'HEAD')).toBe(true);
  });

  test('with an error status comes back as it is', async () => {
    for (const status of [400, 401, 404, 410, 418, 429, 500, 503]) {
      answer = (_request, socket) =>
        socket.write(`HTTP/1.1 ${status} X\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\noops`);
      const reply = await call(`${gateway.url}/ml/x${status}`);
      expect({ status: reply.status, text: reply.text }).toEqual({ status, text: 'oops' });
    }
  });

  test('204 and 304 have neither body nor Content-Type', async () => {
    for (const status of [204, 304]) {
      answer = (_request, socket) => socket.write(`HTTP/1.1 ${status} X\r\nETag: "1"\r\n\r\n`);
      const raw = await get('/ml/x');
      expect(statusOf(raw)).toBe(status);
      expect(fieldsOf(raw, 'etag')).toEqual(['"1"']);
      expect(fieldsOf(raw, 'content-type')).toEqual([]);
      expect(bodyOf(raw)).toBe('');
    }
  });

  test('that is large streams through whole', async () => {
    const piece = 'x'.repeat(1_000_000);
    answer = (_request, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${8 * piece.length}\r\n\r\n`);
      for (let count = 0; count < 8; count++) socket.write(piece);
    };
    const reply = await call(`${gateway.url}/ml/large`);
    expect(reply.text.length).toBe(8 * piece.length);
  }, 20_000);

  test('begins before it has ended: the first piece arrives while the upstream still writes', async () => {
    let open: Socket | undefined;
    answer = (_request, socket) => {
      open = socket;
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n');
    };
    const response = await fetch(`${gateway.url}/ml/stream`);
    const reader = response.body!.getReader();
    const first = await reader.read();
    expect(new TextDecoder().decode(first.value)).toBe('first');
    open!.write('6\r\nsecond\r\n0\r\n\r\n');
    const second = await reader.read();
    expect(new TextDecoder().decode(second.value)).toBe('second');
    expect((await reader.read()).done).toBe(true);
  });

  test('that breaks off stays broken: it is not made to look whole', async () => {
    for (const head of ['Content-Length: 1000', 'Transfer-Encoding: chunked']) {
      answer = (_request, socket) => {
        const piece = 'y'.repeat(500);
        socket.write(
          `HTTP/1.1 200 OK\r\n${head}\r\n\r\n${head.startsWith('T') ? `1f4\r\n${piece}\r\n` : piece}`,
        );
        setTimeout(() => socket.destroy(), 30);
      };
      const whole = await fetch(`${gateway.url}/ml/broken`).then(
        async (response) =>
          response.status === 200
            ? response.text().then(
                () => true,
                () => false,
              )
            : false,
        () => false,
      );
      expect({ head, whole }).toEqual({ head, whole: false });
    }
  });

  test('is not cached: every call reaches the upstream', async () => {
    answer = (_request, socket) =>
      socket.write('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok');
    for (let count = 0; count < 3; count++) {
      expect((await call(`${gateway.url}/ml/x`)).headers.get('cache-status')).toBeNull();
    }
    expect(upstream.requests).toHaveLength(3);
  });

  test('of a call whose client has gone is not waited for', async () => {
    let closed = false;
    answer = (_request, socket) => {
      socket.on('close', () => {
        closed = true;
      });
    };
    const { hostname, port } = new URL(gateway.url);
    const client = connect(Number(port), hostname, () =>
      client.write('GET /ml/hang HTTP/1.1\r\nHost: gw\r\n\r\n'),
    );
    await until(() => upstream.requests.length === 1);
    client.destroy();
    await until(() => closed);
    await until(async () => (await gateway.metrics()).in_flight === 0);
  });
});
