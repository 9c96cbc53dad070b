import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import net from 'node:net';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { bodyOf, fieldsOf, rawRequest, statusOf } from '../support/raw-client.ts';
import { ok, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { call, SHIPPED } from '../support/score.ts';

/** Requests as nobody should write them, over a raw socket: a 4xx, or routed normalised; never a crash or a stack. */

let gateway: TestGateway;
let upstream: RawUpstream;

beforeAll(async () => {
  upstream = await startRawUpstream((_request, socket) => socket.write(ok('{"up":true}')));
  gateway = await startGateway({
    file: SHIPPED,
    env: {
      RATE_LIMIT_SECONDS: '0.01',
      SCORE_API_URL: upstream.url,
      EXTERNAL_SERVICE_URL: upstream.url,
      MERCADOLIBRE_URL: upstream.url,
      RATE_LIMIT_MAX_REQUESTS: '1000',
    },
  });
});

afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

const HEAD = 'Host: gw\r\nConnection: close\r\n';

/** Nothing of ours shows, and the gateway goes on. */
async function expectUnharmed(raw: string): Promise<void> {
  expect(raw).not.toMatch(/\.ts:\d+|node_modules| at .*\(|Error:/);
  expect((await call(`${gateway.url}/health`)).status).toBe(200);
}

describe('requests that are no HTTP', () => {
  const malformed: ReadonlyArray<readonly [what: string, bytes: string]> = [
    ['no Host', 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['nonsense', 'nonsense\r\n\r\n'],
    ['a space before the colon', `GET /health HTTP/1.1\r\n${HEAD}X-A : 1\r\n\r\n`],
    ['no name of a header', `GET /health HTTP/1.1\r\n${HEAD}: 1\r\n\r\n`],
    [
      'two lengths',
      `POST /api/proxy/data HTTP/1.1\r\n${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}}`,
    ],
    ['a negative length', `POST /api/proxy/data HTTP/1.1\r\n${HEAD}Content-Length: -1\r\n\r\n`],
    ['a length that is no number', `POST /api/proxy/data HTTP/1.1\r\n${HEAD}Content-Length: 2x\r\n\r\n{}`],
    [
      'a length and chunks (request smuggling)',
      `POST /api/proxy/data HTTP/1.1\r\n${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    ],
    [
      'a chunk size that is none',
      `POST /api/proxy/data HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
    ],
    ['an unknown version', `GET /health HTTP/9.9\r\n${HEAD}\r\n`],
    ['a bare line feed in a value', `GET /health HTTP/1.1\r\n${HEAD}X-A: 1\n X-B: 2\r\n\r\n`],
    ['a NUL in a value', `GET /health HTTP/1.1\r\n${HEAD}X-A: a\0b\r\n\r\n`],
  ];
  for (const [what, bytes] of malformed) {
    test(`${what}: refused or closed`, async () => {
      const before = upstream.requests.length;
      const raw = await rawRequest(gateway.url, bytes);
      const status = statusOf(raw);
      // Closing without a word is an answer too.
      if (status !== undefined && status !== 505) expect(status).toBeWithin(400, 500);
      expect(upstream.requests.length).toBe(before);
      await expectUnharmed(raw);
    });
  }
});

describe('what cannot be passed on', () => {
  test.each([
    ['with a length', 'Content-Length: 4\r\n\r\nbody'],
    ['chunked', 'Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n'],
  ])('GET with a body, %s: refused; it went out without its body', async (_name, rest) => {
    const before = upstream.requests.length;
    const raw = await rawRequest(gateway.url, `GET /ml/search HTTP/1.1\r\n${HEAD}${rest}`);
    expect(statusOf(raw)).toBe(400);
    expect(bodyOf(raw)).toContain('"code":"invalid_request"');
    expect(upstream.requests.length).toBe(before);
    await expectUnharmed(raw);
  });

  test('CONNECT is 405, and reaches nobody', async () => {
    const before = upstream.requests.length;
    const raw = await rawRequest(gateway.url, `CONNECT /ml/x HTTP/1.1\r\n${HEAD}\r\n`);
    expect(statusOf(raw)).toBe(405);
    expect(fieldsOf(raw, 'allow')).toEqual(['GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']);
    expect(upstream.requests.length).toBe(before);
  });
});

describe('targets', () => {
  test('HTTP/1.0 without Host is served', async () => {
    const raw = await rawRequest(gateway.url, 'GET /health HTTP/1.0\r\n\r\n');
    expect([200, 400]).toContain(statusOf(raw)!);
    await expectUnharmed(raw);
  });

  test('a Host that is none does not change the route', async () => {
    for (const host of ['[', 'a b', 'gw/../..', '%', 'gw:99999', '\u00e9', 'gw#x', 'gw?x=', '@', 'user@gw']) {
      const raw = await rawRequest(
        gateway.url,
        `GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      expect([200, 400, 404]).toContain(statusOf(raw) ?? 400);
      const route = await rawRequest(
        gateway.url,
        `GET /nowhere HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      expect([400, 404]).toContain(statusOf(route) ?? 400);
      await expectUnharmed(raw + route);
    }
  });

  test('two Hosts are refused: two servers would read them differently', async () => {
    const raw = await rawRequest(
      gateway.url,
      'GET /ml/x HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n',
    );
    expect(statusOf(raw)).toBe(400);
    await expectUnharmed(raw);
  });

  test('the absolute form is routed by its path', async () => {
    const raw = await rawRequest(gateway.url, `GET http://elsewhere.example/health HTTP/1.1\r\n${HEAD}\r\n`);
    expect([200, 400]).toContain(statusOf(raw)!);
    await expectUnharmed(raw);
    const before = upstream.requests.length;
    await rawRequest(gateway.url, `GET http://elsewhere.example/ml/x HTTP/1.1\r\n${HEAD}\r\n`);
    for (const { target, headerLines } of upstream.requests.slice(before)) {
      expect(target).toBe('/x');
      expect(headerLines).toContain(`Host: 127.0.0.1:${upstream.port}`);
    }
  });

  /** No spelling of a path gets past a route into another part of the upstream. */
  test('dot segments, encoded or not, do not leave the route', async () => {
    const spellings = [
      '/ml/../admin',
      '/ml/%2e%2e/admin',
      '/ml/.%2E/admin',
      '/ml/..%2fadmin',
      '/ml/..%5cadmin',
      '/ml/..\\admin',
      '/ml\\..\\admin',
      '/ml/./../admin',
      '/ml/a/../../admin',
      '/ml//../../admin',
    ];
    for (const path of spellings) {
      const before = upstream.requests.length;
      const raw = await rawRequest(gateway.url, `GET ${path} HTTP/1.1\r\n${HEAD}\r\n`);
      for (const { target } of upstream.requests.slice(before)) {
        expect({
          path,
          target,
          leaves: /(^|[\\/])\.\.?([\\/]|$)/.test(decodeURIComponent(target)),
        }).toMatchObject(path.includes('%2f') || path.includes('%5c') ? { path } : { leaves: false });
        expect({ path, target }).not.toEqual({ path, target: '/admin' });
      }
      const passed = upstream.requests.length > before;
      expect({ path, status: statusOf(raw) }).toEqual({ path, status: passed ? 200 : 404 });
      await expectUnharmed(raw);
    }
  });

  test('a fragment, a double slash, a bare * and CONNECT are answered', async () => {
    for (const line of [
      'GET /health#fragment HTTP/1.1',
      'GET //health HTTP/1.1',
      'OPTIONS * HTTP/1.1',
      'CONNECT gw:443 HTTP/1.1',
      'GET ?x HTTP/1.1',
      `GET /${'%'.repeat(50)} HTTP/1.1`,
      'GET /\x7f HTTP/1.1',
    ]) {
      const raw = await rawRequest(gateway.url, `${line}\r\n${HEAD}\r\n`);
      const status = statusOf(raw);
      if (status !== undefined) expect(status, line).toBeWithin(200, 500);
      await expectUnharmed(raw);
    }
  });

  test('Upgrade and Expect: 100-continue do no harm', async () => {
    const upgrade = await rawRequest(
      gateway.url,
      'GET /ml/x HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    expect(statusOf(upgrade)).toBe(200);
    expect(upstream.requests.at(-1)!.headerLines.join('\n')).not.toMatch(/^upgrade:/im);
    const expecting = await rawRequest(
      gateway.url,
      `POST /api/proxy/data HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`,
    );
    expect(expecting).toContain('HTTP/1.1 200');
  });
});

describe('sizes', () => {
  test('a body over the limit is 413, by its Content-Length before it is sent', async () => {
    const raw = await rawRequest(
      gateway.url,
      `POST /api/proxy/data HTTP/1.1\r\n${HEAD}Content-Length: 2000000\r\n\r\n{"a":`,
    );
    expect(statusOf(raw)).toBe(413);
    expect(JSON.parse(bodyOf(raw))).toMatchObject({ status: 'error' });
    await expectUnharmed(raw);
  });

  test('in chunks it is 413 once it is over', async () => {
    for (const path of ['/api/proxy/data', '/ml/upload']) {
      const before = upstream.requests.length;
      const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
      const raw = await rawRequest(
        gateway.url,
        `POST ${path} HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}0\r\n\r\n`,
        2_000,
      );
      expect({ path, status: statusOf(raw) }).toEqual({ path, status: 413 });
      expect(upstream.requests.length).toBe(before);
      await expectUnharmed(raw);
    }
  });

  test('headers over the limit are 431', async () => {
    for (const headers of [`X-Long: ${'x'.repeat(100_000)}\r\n`, 'X-Many: 1\r\n'.repeat(5_000)]) {
      const raw = await rawRequest(gateway.url, `GET /health HTTP/1.1\r\n${HEAD}${headers}\r\n`);
      expect(statusOf(raw)).toBe(431);
      await expectUnharmed(raw);
    }
  });

  test('a target without end is refused', async () => {
    const raw = await rawRequest(gateway.url, `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n${HEAD}\r\n`);
    expect([404, 414, 431]).toContain(statusOf(raw)!);
    await expectUnharmed(raw);
  });

  test('a body that stops half-way reaches no paced upstream, and leaves nothing behind', async () => {
    const before = upstream.requests.length;
    const { hostname, port } = new URL(gateway.url);
    await new Promise<void>((resolve) => {
      const socket = net.connect(Number(port), hostname, () => {
        socket.write(`POST /api/proxy/data HTTP/1.1\r\n${HEAD}Content-Length: 100\r\n\r\n{"a":`, () =>
          socket.end(),
        );
      });
      socket.resume();
      socket.on('error', () => {});
      socket.on('close', () => resolve());
    });
    expect(upstream.requests.length).toBe(before);
    expect((await gateway.metrics()).in_flight).toBe(0);
  });

  test('pipelined requests are answered in order', async () => {
    const one = 'GET /health HTTP/1.1\r\nHost: gw\r\n\r\n';
    const raw = await rawRequest(gateway.url, `${one}GET /nowhere HTTP/1.1\r\nHost: gw\r\n\r\n${one}`);
    expect([...raw.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)).toEqual([
      '200',
      '404',
      '200',
    ]);
    expect(fieldsOf(raw, 'x-request-id')).toHaveLength(1);
  });
});
