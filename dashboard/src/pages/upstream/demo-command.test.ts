import { expect, test } from 'bun:test';
import { routeWith } from '../../calls/route.fixture.ts';
import { demoCommand } from './demo-command.ts';

const cpf = { name: 'cpf', required: true, pattern: 'cpf', personal: true, control: null };

test('a route that needs a tax id is called by the load test, and none is shown', () => {
  const command = demoCommand([routeWith({ params: [cpf] })], 'score', 'http://127.0.0.1:8000/');
  expect(command).toBe('npx comporta burst -n 50 --url http://127.0.0.1:8000/proxy/score');
});

test('other routes are called by curl, with what they require', () => {
  const routes = [
    routeWith({ upstream: 'other' }),
    routeWith({
      path: '/api/*',
      methods: ['POST'],
      body: 'json',
      params: [{ ...cpf, name: 'kind', pattern: null }],
    }),
  ];
  const command = demoCommand(routes, 'score', 'http://gateway');
  expect(command).toContain('-X POST');
  expect(command).toContain("-d '{}'");
  expect(command).toContain("'http://gateway/api/?kind=1'");
});

test('an upstream without a route has no command', () => {
  expect(demoCommand([routeWith({})], 'external', 'http://gateway')).toBeUndefined();
});
