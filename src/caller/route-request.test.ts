import { expect, test } from 'bun:test';
import { type CalledRoute, cpfParams, routeRequest } from './route-request.ts';

const score: CalledRoute = {
  path: '/proxy/score',
  params: {
    cpf: { pattern: 'cpf', control: undefined },
    priority: { pattern: undefined, control: 'urgency' },
    client_id: { pattern: undefined, control: 'client' },
  },
  client: { header: 'client-id' },
};
const wildcard: CalledRoute = { path: '/ml/*', params: {}, client: { header: 'x-caller' } };
const plain = {
  method: 'GET',
  rest: undefined,
  params: {},
  client: undefined,
  urgency: undefined,
  headers: {},
  body: undefined,
};
const BASE = 'http://127.0.0.1:8000';

test('urgency and client go into the parameters that the route has for them', () => {
  const call = { ...plain, params: { cpf: '1' }, client: 'me & you', urgency: 0 };
  const { url, headers } = routeRequest(BASE, score, call);
  expect(url.href).toBe(`${BASE}/proxy/score?cpf=1&priority=0&client_id=me+%26+you`);
  expect(headers).toEqual({ accept: 'application/json' });
});

test('otherwise into headers', () => {
  const call = { ...plain, rest: 'items/1', client: 'me', urgency: 7, method: 'POST', body: '{}' };
  expect(routeRequest(BASE, wildcard, call)).toEqual({
    method: 'POST',
    url: new URL(`${BASE}/ml/items/1`),
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'content-length': '2',
      priority: 'u=7',
      'x-caller': 'me',
    },
    body: '{}',
  });
  const unnamed = routeRequest(BASE, { ...wildcard, client: undefined }, { ...plain, client: 'me' });
  expect(unnamed.headers['client-id']).toBe('me');
});

test('what is not said is not sent', () => {
  const { url, headers } = routeRequest(BASE, wildcard, plain);
  expect([url.href, headers]).toEqual([`${BASE}/ml/`, { accept: 'application/json' }]);
});

test('the rest of a path never names another host', () => {
  for (const rest of ['//evil.example/x', '@evil.example', '\\\\evil.example', 'http://evil.example']) {
    expect(routeRequest(BASE, { ...wildcard, path: '/*' }, { ...plain, rest }).url.host).toBe(
      '127.0.0.1:8000',
    );
  }
});

test('a CPF that is given is not made up', () => {
  expect(cpfParams(score, {})).toEqual(['cpf']);
  expect(cpfParams(score, { cpf: '1' })).toEqual([]);
});
