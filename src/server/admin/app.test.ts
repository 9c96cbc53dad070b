import { describe, expect, test } from 'bun:test';
import { createAdminApp } from './app.ts';
import { operations } from './operations.ts';
import { Fixture, LOCAL, PORT } from './ports.fixture.ts';

const TOKENS = { operator: 'op-secret', viewer: 'view-secret' };

describe('errors', () => {
  test('are problem details with a stable code and the request’s id', async () => {
    const { status, headers, json } = await new Fixture().call('GET', '/nothing', {
      headers: { 'X-Request-Id': 'mine' },
    });
    expect(status).toBe(404);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(json).toEqual({
      type: 'urn:comporta:error:not_found',
      title: 'There is no such thing',
      status: 404,
      detail: 'There is no such path.',
      code: 'not_found',
      request_id: 'mine',
    });
  });

  test('405 names the methods', async () => {
    const fixture = new Fixture();
    const wrong = await fixture.call('PUT', '/upstreams/score');
    expect([wrong.status, wrong.json.code, wrong.headers.get('allow')]).toEqual([
      405,
      'method_not_allowed',
      'GET, HEAD, PATCH',
    ]);
    expect((await fixture.call('OPTIONS', '/overview')).status).toBe(405);
    expect((await fixture.call('POST', '/openapi.json')).headers.get('allow')).toBe('GET, HEAD');
  });

  test('415 for another type, charset or encoding', async () => {
    const fixture = new Fixture();
    const types = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json; charset=latin1',
      'json',
    ];
    for (const type of types) {
      const answer = await fixture.call('POST', '/rules/test', {
        body: '{}',
        headers: { 'Content-Type': type },
      });
      expect([type, answer.status, answer.json.code]).toEqual([type, 415, 'unsupported_media_type']);
    }
    const zipped = await fixture.call('POST', '/rules/test', {
      body: '{}',
      headers: { 'Content-Encoding': 'gzip' },
    });
    expect(zipped.status).toBe(415);
  });

  test('JSON that is none is told with its place', async () => {
    const { status, json } = await new Fixture().call('POST', '/rules/test', { body: '{"ip":\n  10.0.0.1}' });
    expect(status).toBe(400);
    expect(json.errors).toEqual([
      { field: '', line: 2, column: 3, message: 'not valid JSON: expected a value, got "1"' },
    ]);
  });

  test('a body that is not UTF-8', async () => {
    const fixture = new Fixture();
    const request = new Request(`http://127.0.0.1:${PORT}/api/v1/rules/test`, {
      method: 'POST',
      headers: { Host: `127.0.0.1:${PORT}`, 'Content-Type': 'application/json' },
      body: new Uint8Array([0x22, 0xff, 0x22]),
    });
    const answer = await fixture.app.fetch(request, LOCAL);
    expect([answer.status, (await answer.json()).detail]).toEqual([400, 'the body is not valid UTF-8']);
  });

  test('413 for more than 1 MB, whether announced or not', async () => {
    const fixture = new Fixture();
    const body = JSON.stringify({ ip: '1'.repeat(1_048_576) });
    expect((await fixture.call('POST', '/rules/test', { body })).json.code).toBe('body_too_large');
    const chunks = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    });
    const request = new Request(`http://127.0.0.1:${PORT}/api/v1/rules/test`, {
      method: 'POST',
      headers: { Host: `127.0.0.1:${PORT}`, 'Content-Type': 'application/json' },
      body: chunks,
    });
    expect((await fixture.app.fetch(request, LOCAL)).status).toBe(413);
  });

  test('an unknown query parameter is named, with what was meant', async () => {
    const fixture = new Fixture();
    const near = await fixture.call('GET', '/audit?limti=5');
    expect(near.json.errors).toEqual([
      { field: 'limti', message: 'unknown key `limti`; did you mean `limit`?' },
    ]);
    expect((await fixture.call('GET', '/overview?x=1')).json.errors).toEqual([
      { field: 'x', message: 'takes no query parameters' },
    ]);
    expect((await fixture.call('GET', '/audit?limit=1&limit=2')).status).toBe(400);
    expect((await fixture.call('GET', '/audit?limit=0')).json.detail).toBe(
      '`limit`: expected a whole number from 1 to 1,000, got `0`',
    );
  });

  test('a defect is 500 without its cause, which the log gets', async () => {
    const fixture = new Fixture();
    fixture.usageAnswer = () => Promise.reject(new Error('password is hunter2'));
    const { status, text } = await fixture.call('GET', '/usage');
    expect(status).toBe(500);
    expect(text).not.toContain('hunter2');
    expect(String(fixture.defects[0])).toContain('hunter2');
  });

  test('a ledger that is away is 503', async () => {
    const fixture = new Fixture();
    fixture.ledgerAway = true;
    const { status, json, headers } = await fixture.call('GET', '/audit');
    expect([status, json.code, headers.get('retry-after')]).toEqual([503, 'ledger_unavailable', '5']);
    expect(fixture.defects).toEqual([]);
  });
});

describe('every answer', () => {
  test.each(['/overview', '/nothing', '/openapi.json'])(
    'of %s has the security headers and no CORS',
    async (path) => {
      const { headers } = await new Fixture().call('GET', path);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('x-request-id')).not.toBeNull();
    },
  );

  test('to HEAD has the headers of GET and no body', async () => {
    const { status, text, headers } = await new Fixture().call('HEAD', '/overview');
    expect([status, text, headers.get('content-type')]).toEqual([200, '', 'application/json']);
  });
});

describe('with tokens', () => {
  test('nothing is answered without one', async () => {
    const fixture = new Fixture(TOKENS);
    for (const path of ['/overview', '/openapi.json', '/nothing', '/rules/export']) {
      const { status, json, headers } = await fixture.call('GET', path);
      expect([path, status, json.code]).toEqual([path, 401, 'unauthorized']);
      expect(headers.get('www-authenticate')).toBe('Bearer realm="comporta"');
    }
  });

  test('both roles may look', async () => {
    const fixture = new Fixture(TOKENS);
    for (const token of Object.values(TOKENS)) {
      expect((await fixture.call('GET', '/overview', { token })).status).toBe(200);
      expect((await fixture.call('GET', '/openapi.json', { token })).json.openapi).toBe('3.1.0');
    }
  });

  test('a viewer may do nothing that changes anything, and everything else', async () => {
    const fixture = new Fixture(TOKENS);
    const paths = { name: 'score', id: 'x', ticketId: 'x', client: 'x' };
    for (const { document } of operations) {
      const path = document.path.replaceAll(/\{(\w+)\}/g, (_, name: keyof typeof paths) => paths[name]);
      const { status, json } = await fixture.call(document.method, path, { token: 'view-secret' });
      const changes = document.method !== 'GET' && !['testRules', 'forecastBurst'].includes(document.id);
      expect([document.id, status === 403, json?.code === 'forbidden']).toEqual([
        document.id,
        changes,
        changes,
      ]);
    }
    expect(fixture.audit).toEqual([]);
  });

  test('after ten wrong tokens the address is refused, even with the right one; others are not', async () => {
    const fixture = new Fixture(TOKENS);
    for (let index = 0; index < 10; index++) {
      expect((await fixture.call('GET', '/overview', { token: `guess-${index}` })).status).toBe(401);
    }
    const refused = await fixture.call('GET', '/overview', { token: 'op-secret' });
    expect([refused.status, refused.json.code, refused.headers.get('retry-after')]).toEqual([
      429,
      'too_many_attempts',
      '60',
    ]);
    const other = await fixture.call('GET', '/overview', { token: 'op-secret', address: '10.0.0.2' });
    expect(other.status).toBe(200);
    fixture.clock.advance(60_000);
    expect((await fixture.call('GET', '/overview', { token: 'op-secret' })).status).toBe(200);
  });

  test('requests without a token are not counted as wrong ones', async () => {
    const fixture = new Fixture(TOKENS);
    for (let index = 0; index < 20; index++) await fixture.call('GET', '/overview');
    expect((await fixture.call('GET', '/overview', { token: 'op-secret' })).status).toBe(200);
  });

  test('the audit log says the role and the address', async () => {
    const fixture = new Fixture(TOKENS);
    await fixture.call('DELETE', '/cache', { token: 'op-secret', address: '::ffff:10.0.0.7' });
    expect(fixture.audit[0]?.actor).toBe('operator@10.0.0.7');
  });

  test('the same token for both is refused at start', () => {
    const { ports } = new Fixture();
    expect(() => createAdminApp({ ...ports, tokens: { operator: 'x', viewer: 'x' } })).toThrow(RangeError);
  });
});

describe('without tokens', () => {
  test('whoever is on this machine is the operator', async () => {
    const fixture = new Fixture();
    expect((await fixture.call('DELETE', '/cache')).status).toBe(200);
    expect(fixture.audit[0]?.actor).toBe('local@127.0.0.1');
  });

  test('a foreign Host, Origin or site is refused, whatever is asked', async () => {
    const fixture = new Fixture();
    const foreign: Record<string, string>[] = [
      { Host: 'evil.example:8001' },
      { Host: '127.0.0.1:1' },
      { Origin: 'http://evil.example' },
      { 'Sec-Fetch-Site': 'cross-site' },
    ];
    for (const headers of foreign) {
      for (const [method, path] of [
        ['GET', '/overview'],
        ['DELETE', '/cache'],
        ['GET', '/nothing'],
      ] as const) {
        const { status, json } = await fixture.call(method, path, { headers });
        expect([headers, status, json.code]).toEqual([headers, 403, 'foreign_request']);
      }
    }
    expect(fixture.purged).toEqual([]);
  });
});
