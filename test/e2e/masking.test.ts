import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { rawRequest } from '../support/raw-client.ts';
import { ok, type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { call, postData, SHIPPED, score } from '../support/score.ts';

/** Whatever is asked, and however it fails: no CPF and no secret in a log line, a metric or an error of ours. */

const CPF = '52998224725';
const PUNCTUATED = '529.982.247-25';
const SECRETS = ['s3cr3t-bearer', 's3cr3t-cookie', 's3cr3t-param', 's3cr3t-key'];

let gateway: TestGateway;
let upstream: RawUpstream;
const errorBodies: string[] = [];

beforeAll(async () => {
  upstream = await startRawUpstream(({ target }, socket) => {
    if (target.includes('hangup')) socket.destroy();
    else if (target.includes('garbage')) socket.end(`HTTP/1.1 200 OK\r\nBad Header ${CPF}\r\n\r\n`);
    else socket.write(ok('{}'));
  });
  gateway = await startGateway({
    yaml: readFileSync(SHIPPED, 'utf8').replace('access: errors', 'access: all'),
    env: {
      LOG_LEVEL: 'info',
      RATE_LIMIT_SECONDS: '0.01',
      CIRCUIT_BREAKER_FAIL_MAX: '100',
      SCORE_API_URL: upstream.url,
      EXTERNAL_SERVICE_URL: upstream.url,
      MERCADOLIBRE_URL: upstream.url,
    },
  });
  const { url } = gateway;
  const secret = {
    Authorization: `Bearer ${SECRETS[0]}`,
    Cookie: `session=${SECRETS[1]}`,
    'X-Api-Key': SECRETS[3]!,
  };
  const answers = [
    await score(url, CPF, '', secret),
    await score(url, CPF),
    await score(url, PUNCTUATED, '', { 'client-id': 'other' }),
    await score(url, `${CPF}&x=hangup`, '', { 'client-id': 'a' }),
    await score(url, `${CPF}&x=garbage`, '', { 'client-id': 'b' }),
    await score(url, `${CPF}9`),
    await score(url, `${CPF}&priority=${CPF}`),
    await score(url, CPF, `&token=${SECRETS[2]}&api_key=${SECRETS[3]}`, { 'client-id': 'c' }),
    await score(url, CPF, '', { 'client-id': CPF }),
    await call(`${url}/proxy/score?cpf=${CPF}&client_id=${PUNCTUATED}`),
    await call(`${url}/proxy/score/${CPF}?cpf=${CPF}`),
    await call(`${url}/ml/people/${CPF}?document=${PUNCTUATED}`, { headers: secret }),
    await call(`${url}/ml/hangup/${CPF}`),
    await call(`${url}/ml/garbage/${CPF}?access_token=${SECRETS[2]}`),
    await postData(url, { cpf: CPF }),
    await call(`${url}/api/proxy/data`, { method: 'POST', body: `{"cpf": "${CPF}` }),
    await call(`${url}/api/proxy/data?cpf=${CPF}`, { method: 'PUT', body: '{}' }),
  ];
  errorBodies.push(...answers.filter(({ status }) => status >= 400).map(({ text }) => text));
  errorBodies.push(
    await rawRequest(url, `GET /nowhere/${CPF} HTTP/1.1\r\nHost: ${CPF}\r\nConnection: close\r\n\r\n`),
  );
});

afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

/** Eleven digits in a row, or as a CPF is written; and the secrets that were sent. */
function expectClean(text: string): void {
  expect(text.match(/(?<!\d)\d{11,12}(?!\d)|\d{3}\.\d{3}\.\d{3}-\d{2}/g)).toBeNull();
  for (const secret of SECRETS) expect(text).not.toContain(secret);
}

describe('with every request logged', () => {
  test('each has its line, with an id, and with the parameter masked', () => {
    const lines = gateway.logLines.map((line) => JSON.parse(line));
    const requests = lines.filter(({ route }) => route !== undefined);
    expect(requests.length).toBeGreaterThanOrEqual(9);
    expect(requests.every(({ request_id, time }) => request_id && time)).toBe(true);
    expect(requests[0]).toMatchObject({
      level: 'info',
      route: '/proxy/score',
      method: 'GET',
      target: '/api/score?cpf=***',
      client: 'me',
      outcome: 'success',
      status: 200,
      attempts: 1,
    });
    expect(requests.some(({ code }) => code === 'upstream_unreachable')).toBe(true);
  });

  test('no line has a CPF or a secret', () => {
    for (const line of gateway.logLines) expectClean(line);
  });
});

test('no error body has a CPF or a secret', () => {
  expect(errorBodies.length).toBeGreaterThanOrEqual(8);
  for (const body of errorBodies) expectClean(body.replace(/"request_id":"[^"]*"/, ''));
});

test('no metric has one, in any of the three formats', async () => {
  for (const accept of ['application/json', 'text/plain', 'application/openmetrics-text']) {
    const { text } = await call(`${gateway.url}/metrics`, { headers: { accept } });
    for (const secret of [...SECRETS, CPF, PUNCTUATED]) expect(text).not.toContain(secret);
  }
});

test('LOG_LEVEL=silent writes nothing at all', async () => {
  const silent = await startGateway({
    file: SHIPPED,
    env: { LOG_LEVEL: 'silent', SCORE_API_URL: upstream.url },
    sandboxUrl: upstream.url,
  });
  await score(silent.url, `${CPF}&x=hangup`);
  expect(silent.logLines).toEqual([]);
  await silent.stop();
});
