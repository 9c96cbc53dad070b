import { afterEach, describe, expect, test } from 'bun:test';
import { Fixture, LOCAL } from '../ports.fixture.ts';
import { fixtureRoutes } from './called-route.fixture.ts';
import { playgroundFrame } from './playground-frame.ts';

let server: ReturnType<typeof Bun.serve> | undefined;
afterEach(() => server?.stop(true));

function fixtureAt(answer: (request: Request) => Response | Promise<Response>): Fixture {
  const fixture = new Fixture();
  fixture.routes = fixtureRoutes();
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: answer });
  fixture.dataPlaneUrl = `http://127.0.0.1:${server.port}`;
  return fixture;
}

/** The stream, to be read to its end or closed. */
function open(fixture: Fixture, body: unknown): Promise<Response> {
  const request = new Request('http://127.0.0.1:8001/api/v1/playground', {
    method: 'POST',
    headers: { Host: '127.0.0.1:8001', 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return fixture.app.fetch(request, LOCAL);
}

/** The request as the gateway got it. */
async function sent(body: unknown): Promise<{ line: string; headers: Headers; text: string }> {
  let got: { line: string; headers: Headers; text: string } | undefined;
  const fixture = fixtureAt(async (request) => {
    const { pathname, search } = new URL(request.url);
    got = {
      line: `${request.method} ${pathname}${search}`,
      headers: new Headers(request.headers),
      text: await request.text(),
    };
    return new Response('{}');
  });
  const answer = await open(fixture, body);
  const events = await answer.text();
  if (got === undefined) throw new Error(events);
  return got;
}

describe('what is sent', () => {
  test('parameters, client, priority, headers and body, each in its place', async () => {
    const score = await sent({
      route: '/proxy/score',
      params: { cpf: 'not a cpf' },
      client: 'me',
      priority: 0,
      headers: { 'X-Own': 'a', Accept: 'text/plain' },
    });
    expect(score.line).toBe('GET /proxy/score?cpf=not+a+cpf&priority=0');
    expect([score.headers.get('client-id'), score.headers.get('x-own'), score.headers.get('accept')]).toEqual(
      ['me', 'a', 'text/plain'],
    );
    expect(score.headers.get('x-request-id')).toMatch(/^try-/);
    const data = await sent({ route: '/data', method: 'PUT', body: '{"a":1}', priority: 7 });
    expect([data.line, data.text, data.headers.get('priority')]).toEqual(['PUT /data', '{"a":1}', 'u=7']);
    const rest = await sent({ route: '/free/*', path: 'items/1', params: { q: 'x' } });
    expect([rest.line, rest.headers.get('client-id')]).toEqual(['GET /free/items/1?q=x', null]);
  });

  test.each([
    [{ params: { nope: '1' } }, 'params.nope'],
    [{ route: '/nope' }, 'route'],
    [{ priority: 8 }, 'priority'],
    [{ headers: { Host: 'evil.example' } }, 'headers.Host'],
    [{ headers: { 'x-request-id': 'mine' } }, 'headers.x-request-id'],
    [{ headers: { 'x y': '1' } }, 'headers["x y"]'],
    [{ headers: { x: 'a\r\nb: c' } }, 'headers.x'],
    [{ headers: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`x${index}`, ''])) }, 'headers'],
    [{ body: 'é'.repeat(32_769) }, 'body'],
    [{ client: '' }, 'client'],
    [{ path: 'x' }, 'path'],
  ])('%j is refused, and nothing sent', async (change, field) => {
    let calls = 0;
    const fixture = fixtureAt(() => {
      calls += 1;
      return new Response('{}');
    });
    const body = { route: '/proxy/score', ...change };
    const { status, json } = await fixture.call('POST', '/playground', { body });
    expect([status, json.errors[0].field]).toEqual([400, field]);
    expect(calls).toBe(0);
  });
});

test('sixteen at once; then it is said how many are under way', async () => {
  const fixture = fixtureAt(() => new Promise<Response>(() => {}));
  const body = { route: '/proxy/score' };
  const send = () => fixture.call('POST', '/playground', { body });
  const streams = await Promise.all(Array.from({ length: 16 }, () => open(fixture, body)));
  expect(streams.map(({ status }) => status)).toEqual(Array(16).fill(200));
  const refused = await send();
  expect([refused.status, refused.json.code]).toEqual([409, 'conflict']);
  expect(refused.json.detail).toContain('16 requests');
  // A page that closes its stream ends its request.
  await streams[0]!.body!.cancel();
  await Bun.sleep(5);
  expect((await send()).status).toBe(200);
  for (const stream of streams.slice(1)) await stream.body!.cancel();
});

describe('what is shown', () => {
  const shown = (text: string, headers: [string, string][] = [], cut = false) => {
    const frame = playgroundFrame({
      kind: 'answered',
      atMs: 12,
      status: 200,
      headers,
      body: { text, cut },
      bodyBytes: text.length,
    });
    return JSON.parse(/^data: (.*)$/m.exec(new TextDecoder().decode(frame))![1]!);
  };

  test('numbers of persons and secrets are masked, in the body and in headers', () => {
    const { body, headers } = shown('{"cpf":"52998224725","score":7}', [
      ['Location', '/people/529.982.247-25'],
      ['Set-Cookie', 'session=abc'],
      ['X-Auth-Token', 'abc'],
      ['ETag', '"abc"'],
    ]);
    expect(body).toBe('{"cpf":"***","score":7}');
    expect(headers).toEqual([
      ['Location', '/people/***'],
      ['Set-Cookie', '***'],
      ['X-Auth-Token', '***'],
      ['ETag', '"abc"'],
    ]);
  });

  test('a number that the cut tears apart does not stand there half', () => {
    for (let before = 65_520; before < 65_610; before++) {
      const text = `${'x'.repeat(before)}52998224725${'x'.repeat(64)}`.slice(0, 65_600);
      const { body } = shown(text, [], true);
      expect(body.length).toBeLessThanOrEqual(65_536);
      expect(body).not.toMatch(/\d/);
    }
  });

  test('timings and cache', () => {
    const { timing, cache } = shown('', [
      ['server-timing', 'queue;dur=1.5, upstream;dur=9'],
      ['cache-status', 'comporta; fwd=uri-miss'],
    ]);
    expect(timing).toEqual([
      { name: 'queue', ms: 1.5 },
      { name: 'upstream', ms: 9 },
      { name: 'total', ms: 12 },
    ]);
    expect(cache).toBe('comporta; fwd=uri-miss');
  });
});
