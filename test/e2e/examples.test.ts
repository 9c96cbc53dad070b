import { afterEach, describe, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cpfAt } from '../../src/shared/cpf.ts';
import { ROOT, runCli } from '../support/cli.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { ok, type RawRequest, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { call, postData, score, until } from '../support/score.ts';

const FOLDER = join(ROOT, 'examples');

let gateway: TestGateway;
let upstream: RawUpstream;

afterEach(async () => {
  await gateway.stop();
  upstream.stop();
});

async function start(
  example: string,
  variable: string,
  answer: (request: RawRequest) => string = () => ok('{"ok":true}'),
): Promise<string> {
  upstream = await startRawUpstream((request, socket) => void socket.write(answer(request)));
  gateway = await startGateway({ file: join(FOLDER, example), env: { [variable]: upstream.url } });
  return gateway.url;
}

const TESTED = ['mercadolibre.yaml', 'score.yaml', 'service-proxy.yaml'];

describe('score.yaml', () => {
  test('paces a score API by URL, caches, and passes the client on', async () => {
    const url = await start('score.yaml', 'SCORE_API_URL', () => ok('{"score":650}'));
    const answers = await Promise.all([score(url, cpfAt(1)), score(url, cpfAt(2)), score(url, cpfAt(1))]);
    expect(answers.map(({ text }) => text)).toEqual(Array(3).fill('{"score":650}'));
    expect(upstream.requests.map(({ target }) => target).sort()).toEqual(
      [1, 2].map((index) => `/api/score?cpf=${cpfAt(index)}`),
    );
    expect(upstream.requests[1]!.atMs - upstream.requests[0]!.atMs).toBeGreaterThanOrEqual(950);
    expect(upstream.requests[0]!.headerLines.join('\n')).toContain('client-id: me');
    expect((await call(`${url}/proxy/score?cpf=1&client_id=a`)).status).toBe(400);
  });

  test('does not start without SCORE_API_URL, and says so with a place', async () => {
    await start('score.yaml', 'SCORE_API_URL');
    const { code, stderr } = await runCli(['check', 'examples/score.yaml']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^examples\/score\.yaml:\d+:\d+ .*SCORE_API_URL/m);
  });

  test('leaves the API alone for its penalty after a 429 that names no time', async () => {
    let calls = 0;
    const url = await start('score.yaml', 'SCORE_API_URL', () => {
      calls++;
      return calls === 1 ? ok('{}').replace('200 OK', '429 Too Many Requests') : ok('{"score":1}');
    });
    await Promise.all([score(url, cpfAt(1)), score(url, cpfAt(2))]);
    expect(upstream.requests[1]!.atMs - upstream.requests[0]!.atMs).toBeGreaterThanOrEqual(2_000);
  }, 10_000);
});

describe('service-proxy.yaml', () => {
  test('wraps answers, retries what fails, limits each address', async () => {
    let calls = 0;
    const url = await start('service-proxy.yaml', 'EXTERNAL_SERVICE_URL', () => {
      calls++;
      return calls === 1 ? ok('{}').replace('200 OK', '502 Bad Gateway') : ok('{"done":1}');
    });
    const first = await postData(url, { value: 1 });
    expect(first.json).toMatchObject({ status: 'success', external_response: { done: 1 } });
    expect(upstream.requests).toHaveLength(2);
    expect(upstream.requests.map(({ target, body }) => `${target} ${body}`)).toEqual(
      Array(2).fill('/external-api/process {"value":1}'),
    );
    const more: number[] = [];
    for (let count = 0; count < 10; count++) more.push((await postData(url, {})).status);
    expect(more).toEqual([...Array(9).fill(200), 429]);
  });

  test('takes bodies up to 256 KiB', async () => {
    const url = await start('service-proxy.yaml', 'EXTERNAL_SERVICE_URL');
    expect((await postData(url, 'x'.repeat(200_000))).status).toBe(200);
    expect((await postData(url, 'x'.repeat(300_000))).status).toBe(413);
    expect(upstream.requests).toHaveLength(1);
  });
});

describe('mercadolibre.yaml', () => {
  test('passes every path through, and caches categories only', async () => {
    const url = await start('mercadolibre.yaml', 'MERCADOLIBRE_URL', ({ target }) =>
      ok(`{"at":"${target}"}`),
    );
    for (let count = 0; count < 2; count++) {
      expect((await call(`${url}/categories/MLB1`)).json.at).toBe('/categories/MLB1');
      expect((await call(`${url}/items/1?x=y`)).json.at).toBe('/items/1?x=y');
    }
    expect(upstream.requests.map(({ target }) => target)).toEqual([
      '/categories/MLB1',
      '/items/1?x=y',
      '/items/1?x=y',
    ]);
    const deleted = await call(`${url}/items/1`, { method: 'DELETE' });
    expect({ status: deleted.status, method: upstream.requests.at(-1)!.method }).toEqual({
      status: 200,
      method: 'DELETE',
    });
  });

  test('keeps answers apart where credentials travel', async () => {
    const url = await start('mercadolibre.yaml', 'MERCADOLIBRE_URL', ({ headerLines }) =>
      ok(`{"who":"${headerLines.find((line) => /^authorization/i.test(line))}"}`),
    );
    const asking = (token: string) =>
      call(`${url}/categories/mine`, { headers: { Authorization: `Bearer ${token}` } });
    expect((await asking('one')).json.who).toContain('one');
    expect((await asking('two')).json.who).toContain('two');
    expect(upstream.requests).toHaveLength(2);
  });

  test('each address may ask a hundred times a minute', async () => {
    const url = await start('mercadolibre.yaml', 'MERCADOLIBRE_URL');
    const statuses: number[] = [];
    await until(async () => {
      statuses.push((await call(`${url}/items/1`)).status);
      return statuses.at(-1) === 429;
    });
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(100);
    expect(statuses.length).toBeLessThanOrEqual(105);
  });
});

test('every example has its test here', async () => {
  await start('mercadolibre.yaml', 'MERCADOLIBRE_URL');
  expect(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith('.yaml'))
      .sort(),
  ).toEqual(TESTED);
});
