import { expect, test } from 'bun:test';
import { Fixture } from '../ports.fixture.ts';
import { fixtureRoutes } from './called-route.fixture.ts';

test('routes are listed with what a call of each needs', async () => {
  const fixture = new Fixture();
  fixture.routes = fixtureRoutes();
  const { status, json } = await fixture.call('GET', '/routes');
  expect(status).toBe(200);
  expect(json.items.map(({ path }: { path: string }) => path)).toEqual([
    '/proxy/score',
    '/data',
    '/data',
    '/free/*',
    '/free/score/*',
    '/named',
  ]);
  expect(json.items[0]).toEqual({
    path: '/proxy/score',
    methods: ['GET'],
    upstream: 'score',
    sandbox: true,
    params: [
      { name: 'cpf', required: true, pattern: 'cpf', personal: true, control: null },
      { name: 'priority', required: false, pattern: null, personal: false, control: 'urgency' },
    ],
    cached: true,
    body: null,
    urgency: 3,
    client_required: true,
    client_limit: null,
    timeout_ms: 10_000,
  });
  expect(json.items[1]).toMatchObject({ body: 'json', client_limit: '10 per 1m', cached: false });
  expect(json.items[3]).toMatchObject({ methods: ['*'], sandbox: false, urgency: 5, client_required: false });
});
