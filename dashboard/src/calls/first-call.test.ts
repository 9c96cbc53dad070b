import { expect, test } from 'bun:test';
import type { RouteView } from '../api/types.ts';
import { firstCall } from './first-call.ts';
import { routeWith } from './route.fixture.ts';

const route = (path: string, what: Partial<RouteView> = {}): RouteView => routeWith({ path, ...what });
const param = (name: string, control: 'urgency' | null = null) => ({
  name,
  required: true,
  pattern: null,
  personal: true,
  control,
});

test('a value of a person is a variable of the shell', () => {
  const score = route('/proxy/score', { params: [param('cpf')], cached: true, client_required: true });
  const call = firstCall([route('/free'), score], new Set(), 'http://127.0.0.1:8000/');
  expect(call?.variables).toEqual(['CPF']);
  expect(call?.curl).toContain("-H 'client-id: demo'");
  expect(call?.curl).toContain(`"http://127.0.0.1:8000/proxy/score?cpf=$\{CPF:?}"`);
  expect(call?.curl).not.toMatch(/\d{11}/);
});

test('cached before paced before the rest', () => {
  const routes = [route('/plain', { upstream: 'free' }), route('/paced'), route('/cached', { cached: true })];
  const url = (known: readonly RouteView[]) => firstCall(known, new Set(['score']), 'http://h')?.curl;
  expect(url(routes)).toContain('/cached"');
  expect(url(routes.slice(0, 2))).toContain('/paced"');
});

test('what cannot be called with a URL alone is no first call', () => {
  expect(
    firstCall([route('/data', { methods: ['POST'] }), route('/ml/*')], new Set(), 'http://h'),
  ).toBeUndefined();
});
