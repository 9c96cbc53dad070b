import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { createAdminApp } from './app.ts';
import { BuiltDashboard } from './dashboard/built-dashboard.fixture.ts';
import { Fixture, LOCAL, PORT } from './ports.fixture.ts';

/** The dashboard and the API on one port: who is let in where, below which path. */

let built: BuiltDashboard;
beforeEach(() => {
  built = new BuiltDashboard().build();
});
afterEach(() => built.remove());

const TOKENS = { operator: 'op-secret', viewer: 'view-secret' };

function site(basePath?: string, tokens: ConstructorParameters<typeof Fixture>[0] = undefined) {
  const fixture = new Fixture(tokens);
  const app = createAdminApp(fixture.ports, {
    dashboardFolder: built.folder,
    ...(basePath === undefined ? {} : { basePath }),
  });
  const ask = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
    app.fetch(
      new Request(`http://127.0.0.1:${PORT}${path}`, {
        ...init,
        headers: { Host: `127.0.0.1:${PORT}`, ...init.headers },
      }),
      LOCAL,
    );
  return { app, ask, fixture };
}

const codeOf = async (answer: Response): Promise<unknown> => [answer.status, (await answer.json()).code];

describe('every page', () => {
  test.each([
    ['/', 200],
    ['/assets/main-1a2b3c4d.js', 200],
    ['/nothing', 404],
  ])('%s has the headers that close it in', async (path, status) => {
    const answer = await site().ask(path);
    const { headers } = answer;
    expect(answer.status).toBe(status);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('permissions-policy')).toBe('camera=(), geolocation=(), microphone=()');
    expect(headers.get('x-request-id')).not.toBeNull();
  });

  test('that is not there is a problem, not the page', async () => {
    const answer = await site().ask('/upstreams');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await codeOf(answer)).toEqual([404, 'not_found']);
  });

  test('answers HEAD with the headers of GET', async () => {
    const { ask } = site();
    const [get, head] = [await ask('/'), await ask('/', { method: 'HEAD' })];
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('etag')).toBe(get.headers.get('etag')!);
    expect(head.headers.get('content-type')).toBe(get.headers.get('content-type')!);
  });

  test('refuses POST', async () => {
    const answer = await site().ask('/', { method: 'POST' });
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
    expect(await codeOf(answer)).toEqual([405, 'method_not_allowed']);
  });

  test('a folder that cannot be served is a defect, told to the log', async () => {
    built.write('assets/large-22222222.txt', 'x'.repeat(21 * 1_048_576));
    const { ask, fixture } = site();
    expect(await codeOf(await ask('/'))).toEqual([500, 'internal']);
    expect(String(fixture.defects[0])).toContain('larger than 20 MB');
  });
});

describe('who is let in', () => {
  test('files need no token, the API does', async () => {
    const { ask } = site('/', TOKENS);
    expect((await ask('/')).status).toBe(200);
    expect((await ask('/assets/main-1a2b3c4d.js')).status).toBe(200);
    expect((await ask('/nothing')).status).toBe(404);
    for (const path of ['/api', '/api/', '/api/v1', '/api/v1/overview', '/api/nothing']) {
      expect([path, await codeOf(await ask(path))]).toEqual([path, [401, 'unauthorized']]);
    }
  });

  test('without a token the Host must be this machine’s', async () => {
    const headers = { Host: `evil.example:${PORT}` };
    for (const path of ['/', '/assets/main-1a2b3c4d.js', '/nothing']) {
      expect(await codeOf(await site().ask(path, { headers }))).toEqual([403, 'foreign_request']);
    }
    expect((await site('/', TOKENS).ask('/', { headers: { Host: 'comporta.example' } })).status).toBe(200);
  });

  test('a link in a chat opens the page, and does not call the API', async () => {
    const { ask } = site();
    const headers = {
      'Sec-Fetch-Site': 'cross-site',
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-Dest': 'document',
    };
    expect((await ask('/', { headers })).status).toBe(200);
    expect(await codeOf(await ask('/api/v1/overview', { headers }))).toEqual([403, 'foreign_request']);
    expect(await codeOf(await ask('/', { headers, method: 'POST' }))).toEqual([403, 'foreign_request']);
  });

  test('another site’s page may not take the files', async () => {
    const headers = {
      'Sec-Fetch-Site': 'cross-site',
      'Sec-Fetch-Mode': 'no-cors',
      'Sec-Fetch-Dest': 'script',
    };
    const answer = await site().ask('/assets/main-1a2b3c4d.js', { headers });
    expect(await codeOf(answer)).toEqual([403, 'foreign_request']);
  });
});

describe('below a path', () => {
  test('are the page, its files and the API', async () => {
    const { ask } = site('/ops/comporta/');
    expect(await (await ask('/ops/comporta/')).text()).toContain('<title>Comporta</title>');
    expect((await ask('/ops/comporta/assets/main-1a2b3c4d.js')).status).toBe(200);
    const overview = await ask('/ops/comporta/api/v1/overview');
    expect([overview.status, (await overview.json()).version]).toEqual([200, '0.1.0']);
  });

  test('nothing is beside it', async () => {
    const { ask } = site('/ops/comporta/');
    for (const path of [
      '/',
      '/ops',
      '/ops/',
      '/ops/comportas/',
      '/assets/main-1a2b3c4d.js',
      '/api/v1/overview',
      '/index.html',
      '//ops/comporta/',
      '/OPS/comporta/',
    ]) {
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    }
  });

  test('the path without its last / leads there, whatever is before it and after it', async () => {
    const { ask } = site('/ops/comporta/');
    const answer = await ask('/ops/comporta?theme=dark');
    expect([answer.status, answer.headers.get('location')]).toEqual([308, './comporta/?theme=dark']);
    const seen = new URL(
      answer.headers.get('location')!,
      'https://proxy.example/outer/ops/comporta?theme=dark',
    );
    expect(seen.href).toBe('https://proxy.example/outer/ops/comporta/?theme=dark');
    expect((await ask('/ops/comporta/')).status).toBe(200);
  });

  test('the API still needs its token, and its unknown paths and methods are told', async () => {
    const { ask } = site('/comporta/', TOKENS);
    expect(await codeOf(await ask('/comporta/api/v1/overview'))).toEqual([401, 'unauthorized']);
    const headers = { Authorization: 'Bearer op-secret' };
    expect(await codeOf(await ask('/comporta/api/v1/nothing', { headers }))).toEqual([404, 'not_found']);
    const wrong = await ask('/comporta/api/v1/overview', { headers, method: 'DELETE' });
    expect(wrong.headers.get('allow')).toBe('GET, HEAD');
    expect(wrong.status).toBe(405);
  });

  test('the OpenAPI document says where the API is', async () => {
    const { ask } = site('/comporta/');
    const document = await (await ask('/comporta/api/v1/openapi.json')).json();
    expect(document.servers[0].url).toBe('/comporta');
    expect(document.paths['/api/v1/overview']).toBeDefined();
  });

  test('the path of a new rule is found from that of the request', async () => {
    const { ask } = site('/comporta/');
    const created = await ask('/comporta/api/v1/rules', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ id: 'slow', client: '10.0.0.1', limit: '5 per 1m' }),
    });
    expect(created.status).toBe(201);
    const { pathname } = new URL(created.headers.get('location')!, 'http://host/comporta/api/v1/rules');
    expect((await ask(pathname)).status).toBe(200);
  });
});

test('without a dashboard its paths are unknown', async () => {
  const { app } = new Fixture();
  const request = new Request(`http://127.0.0.1:${PORT}/`, { headers: { Host: `127.0.0.1:${PORT}` } });
  expect((await app.fetch(request, LOCAL)).status).toBe(404);
});
