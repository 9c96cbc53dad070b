import { afterEach, describe, expect, test } from 'bun:test';
import { cpfAt } from '../../src/shared/cpf.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { ok, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { type Answer, call, SHIPPED, score, until, wrongCpf } from '../support/score.ts';

const CPF = '52998224725';

let gateway: TestGateway;
let upstream: RawUpstream;

afterEach(async () => {
  await gateway.stop();
  upstream.stop();
});

async function startScore(
  env: Record<string, string> = {},
  answer: Parameters<typeof startRawUpstream>[0] = (_request, socket) =>
    socket.write(ok(`{"score":700}`, 'X-Score: yes\r\n')),
): Promise<string> {
  upstream = await startRawUpstream(answer);
  gateway = await startGateway({
    file: SHIPPED,
    env: { RATE_LIMIT_SECONDS: '0.01', SCORE_API_URL: upstream.url, ...env },
    sandboxUrl: upstream.url,
  });
  return `${gateway.url}/proxy/score`;
}

const clientIdsSent = (): string[] =>
  upstream.requests.map(
    ({ headerLines }) => /^client-id: (.*)$/im.exec(headerLines.join('\n'))?.[1] ?? '(none)',
  );

describe('what the upstream gets', () => {
  test('GET /api/score with the CPF and the header client-id, and the answer as it came', async () => {
    const url = await startScore();
    const answer = await call(`${url}?cpf=${CPF}`, { headers: { 'client-id': 'shop' } });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"score":700}');
    expect(answer.headers.get('x-score')).toBe('yes');
    expect(answer.headers.get('content-type')).toBe('application/json');
    const [request] = upstream.requests;
    expect(request!.method).toBe('GET');
    expect(request!.target).toBe(`/api/score?cpf=${CPF}`);
    expect(request!.headerLines).toContain(`Host: 127.0.0.1:${upstream.port}`);
    expect(clientIdsSent()).toEqual(['shop']);
  });

  test('punctuation in a CPF is allowed, and the upstream sees digits', async () => {
    const url = await startScore();
    for (const written of ['529.982.247-25', '529982247-25', '529.982.24725', '529%2E982%2E247%2D25']) {
      const answer = await call(`${url}?cpf=${written}`, { headers: { 'client-id': written } });
      expect(answer.status).toBe(200);
    }
    expect(new Set(upstream.requests.map(({ target }) => target))).toEqual(
      new Set([`/api/score?cpf=${CPF}`]),
    );
  });

  test('the client comes from the header, else from client_id, else from CLIENT_ID', async () => {
    const url = await startScore({ CLIENT_ID: 'from-env' });
    await call(`${url}?cpf=${CPF}&client_id=from-query`, { headers: { 'client-id': 'from-header' } });
    await call(`${url}?cpf=${CPF}&client_id=from-query`);
    await call(`${url}?cpf=${CPF}`);
    expect(clientIdsSent()).toEqual(['from-header', 'from-query', 'from-env']);
    // client_id and priority are the gateway's: they go no further.
    expect(new Set(upstream.requests.map(({ target }) => target)).size).toBe(1);
  });

  test('without any of them the call is 400, names what is missing, and never leaves', async () => {
    const url = await startScore();
    for (const query of [`?cpf=${CPF}`, `?cpf=${CPF}&client_id=`]) {
      const answer = await call(url + query);
      expect(answer.status).toBe(400);
      expect(answer.json.code).toBe('invalid_request');
      expect(answer.json.detail).toContain('client-id');
    }
    expect(upstream.requests).toHaveLength(0);
  });

  test('other parameters and headers pass', async () => {
    const url = await startScore();
    await call(`${url}?a=1&cpf=${CPF}&b=%20x&priority=5`, {
      headers: { 'client-id': 'me', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    });
    const [request] = upstream.requests;
    expect(request!.target).toBe(`/api/score?a=1&cpf=${CPF}&b=%20x`);
    expect(request!.headerLines.join('\n')).toContain('traceparent: 00-0af7651916cd43dd8448eb211c80319c');
  });
});

describe('the headers of an answer', () => {
  test('X-Request-Id, Cache-Status and Server-Timing', async () => {
    await startScore();
    const miss = await score(gateway.url, CPF);
    expect(miss.headers.get('x-request-id')).toMatch(/^[\w-]{8,}$/);
    expect(miss.headers.get('cache-status')).toMatch(/^comporta; fwd=(uri-)?miss/);
    expect(miss.headers.get('server-timing')).toMatch(/^queue;dur=[\d.]+, upstream;dur=[\d.]+$/);
    const hit = await score(gateway.url, CPF);
    expect(hit.headers.get('cache-status')).toMatch(/^comporta; hit; ttl=(59|60)$/);
    expect(hit.headers.get('x-request-id')).not.toBe(miss.headers.get('x-request-id'));
    expect(hit.text).toBe(miss.text);
    expect(upstream.requests).toHaveLength(1);
  });

  test('an X-Request-Id of the client is kept where it is plain, and replaced where it is not', async () => {
    await startScore();
    expect((await score(gateway.url, CPF, '', { 'X-Request-Id': 'abc-1' })).headers.get('x-request-id')).toBe(
      'abc-1',
    );
    const odd = await score(gateway.url, CPF, '', { 'X-Request-Id': 'a b"<script>' });
    expect(odd.headers.get('x-request-id')).toMatch(/^[\w-]+$/);
  });
});

describe('the cache', () => {
  test('CACHE_TTL_SECONDS=1: fresh for a second, then asked anew', async () => {
    await startScore({ CACHE_TTL_SECONDS: '1' });
    await score(gateway.url, CPF);
    expect((await score(gateway.url, CPF)).headers.get('cache-status')).toMatch(/hit/);
    await until(async () => {
      await score(gateway.url, CPF);
      return upstream.requests.length === 2;
    }, 3_000);
  });

  test('clients that name themselves are kept apart', async () => {
    await startScore();
    await score(gateway.url, CPF, '', { 'client-id': 'one' });
    const other = await score(gateway.url, CPF, '', { 'client-id': 'two' });
    expect(other.headers.get('cache-status')).not.toMatch(/hit/);
    expect(clientIdsSent()).toEqual(['one', 'two']);
  });

  test('a stale answer stands in for a failure, and says so', async () => {
    let failing = false;
    await startScore({ CACHE_TTL_SECONDS: '0' }, (_request, socket) =>
      socket.write(failing ? ok('{}').replace('200 OK', '503 Service Unavailable') : ok('{"score":1}')),
    );
    expect((await score(gateway.url, CPF)).text).toBe('{"score":1}');
    failing = true;
    const stale = await score(gateway.url, CPF);
    expect(stale.status).toBe(200);
    expect(stale.text).toBe('{"score":1}');
    expect(stale.headers.get('cache-status')).toMatch(/^comporta; hit; ttl=-\d+/);
    expect((await score(gateway.url, cpfAt(5))).status).toBe(503);
  });
});

describe('bad input', () => {
  const bad: ReadonlyArray<readonly [what: string, query: string, names: string]> = [
    ['no cpf', '', 'cpf'],
    ['an empty cpf', '?cpf=', 'cpf'],
    ['a short cpf', '?cpf=1234567890', 'cpf'],
    ['a long cpf', '?cpf=123456789012', 'cpf'],
    ['letters', '?cpf=5299822472x', 'cpf'],
    ['eleven letters', '?cpf=abcdefghijk', 'cpf'],
    ['full-width digits', `?cpf=${encodeURIComponent('５２９９８２２４７２５')}`, 'cpf'],
    ['a second value does not help', '?cpf=123&cpf=52998224725', 'cpf'],
    ['priority 8', `?cpf=${CPF}&priority=8`, 'priority'],
    ['priority -1', `?cpf=${CPF}&priority=-1`, 'priority'],
    ['priority x', `?cpf=${CPF}&priority=x`, 'priority'],
    ['priority 1.5', `?cpf=${CPF}&priority=1.5`, 'priority'],
    ['a client id of control characters', `?cpf=${CPF}&client_id=a%0d%0aX-Evil:%201`, 'client id'],
    ['a client id without end', `?cpf=${CPF}&client_id=${'x'.repeat(300)}`, 'client id'],
  ];

  test('each is 400 invalid_request, names the parameter, does not repeat the value, and never leaves', async () => {
    const url = await startScore({ CLIENT_ID: 'me' });
    for (const [what, query, names] of bad) {
      const answer: Answer = await call(url + query);
      expect(answer.status, what).toBe(400);
      expect(answer.headers.get('content-type'), what).toBe('application/problem+json');
      expect(answer.json.code, what).toBe('invalid_request');
      expect(answer.json.detail, what).toContain(names);
      expect(answer.json.request_id, what).toBe(answer.headers.get('x-request-id'));
      for (const [, value] of new URLSearchParams(query)) {
        if (value.length > 3) expect(answer.text, what).not.toContain(value);
      }
    }
    expect(upstream.requests).toHaveLength(0);
  });

  test('`Priority: u=9` is 400, a Priority header without an urgency is not', async () => {
    await startScore();
    for (const header of ['u=9', 'u=-1', 'u=x', 'i, u=8']) {
      const answer = await score(gateway.url, CPF, '', { Priority: header });
      expect({ header, status: answer.status }).toEqual({ header, status: 400 });
    }
    expect((await score(gateway.url, CPF, '', { Priority: 'i' })).status).toBe(200);
    expect((await score(gateway.url, CPF, '', { Priority: 'u=1, i' })).status).toBe(200);
  });

  test('wrong check digits are for the upstream to judge: they go there', async () => {
    await startScore();
    expect((await score(gateway.url, wrongCpf(1))).status).toBe(200);
    expect(upstream.requests).toHaveLength(1);
  });

  test('the wrong method is 405 with Allow, an unknown route 404', async () => {
    const url = await startScore();
    const wrongMethod = await call(`${url}?cpf=${CPF}`, { method: 'POST', body: 'x' });
    expect(wrongMethod.status).toBe(405);
    expect(wrongMethod.headers.get('allow')).toBe('GET');
    expect(wrongMethod.json.code).toBe('method_not_allowed');
    for (const path of ['/', '/proxy', '/proxy/score/', '/proxy/scores', '/api/proxy', '/Proxy/Score']) {
      const unknown = await call(`${gateway.url}${path}`);
      expect({ path, status: unknown.status, code: unknown.json.code }).toEqual({
        path,
        status: 404,
        code: 'route_not_found',
      });
    }
    expect(upstream.requests).toHaveLength(0);
  });
});
