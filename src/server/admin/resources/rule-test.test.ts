import { expect, test } from 'bun:test';
import { Fixture } from '../ports.fixture.ts';

const QUESTION = { ip: '10.0.0.1', method: 'GET', path: '/ml/items/1' };

async function withRules(): Promise<Fixture> {
  const fixture = new Fixture();
  const rules = [
    { id: 'everybody', limit: '100 per 1m' },
    { id: 'one', client: '10.0.0.1', path: '/ml/items/*', limit: '2 per 1m', algorithm: 'fixed_window' },
    { id: 'watch', client: '10.0.0.0/8', action: 'deny', shadow: true },
  ];
  await fixture.call('POST', '/rules/import', { body: rules });
  return fixture;
}

test('tells which rule wins, why, and how it stands now, and counts nothing', async () => {
  const fixture = await withRules();
  const request = { ip: '10.0.0.1', clientId: undefined, path: '/ml/items/1', method: 'GET' };
  fixture.access.check(request);
  for (let index = 0; index < 5; index++) await fixture.call('POST', '/rules/test', { body: QUESTION });
  const { status, json } = await fixture.call('POST', '/rules/test', { body: QUESTION });
  expect(status).toBe(200);
  expect(json).toMatchObject({
    decision: 'pass',
    winner: 'one',
    retry_in_ms: null,
    counters: { matched: 1, refused: 0 },
    deny_list: null,
    shadow: { rule: 'watch', limit: null },
    path: '/ml/items/1',
    other_readings: [],
    rules_omitted: 0,
  });
  expect(json.limit).toMatchObject({ count: 2, window_ms: 60_000 });
  expect(json.rules.map(({ id, outcome }: { id: string; outcome: string }) => [id, outcome])).toEqual([
    ['one', 'wins'],
    ['watch', 'shadow'],
    ['everybody', 'loses'],
  ]);
  expect(json.rules[2]).toMatchObject({
    lost_by: 'client',
    reason: 'client * is less specific than 10.0.0.1 of rule one',
  });
  expect(fixture.audit).toHaveLength(1);
});

test('tells when a refused client would pass', async () => {
  const fixture = await withRules();
  const request = { ip: '10.0.0.1', clientId: undefined, path: '/ml/items/1', method: 'GET' };
  for (let index = 0; index < 2; index++) fixture.access.check(request);
  fixture.clock.advance(20_000);
  const { json } = await fixture.call('POST', '/rules/test', { body: QUESTION });
  expect([json.decision, json.winner, json.retry_in_ms]).toEqual(['throttled', 'one', 40_000]);
});

test('tells that the deny list decides', async () => {
  const fixture = await withRules();
  fixture.access.deny('10.0.0.1', 60_000, 'one');
  const { json } = await fixture.call('POST', '/rules/test', { body: QUESTION });
  expect(json).toMatchObject({
    decision: 'denied',
    deny_list: { client: '10.0.0.1', rule: 'one' },
    retry_in_ms: 60_000,
  });
});

test('tells the path as the rules read it', async () => {
  const fixture = await withRules();
  const { json } = await fixture.call('POST', '/rules/test', {
    body: { ...QUESTION, path: '/x/../ml//items/%31' },
  });
  expect([json.winner, json.path]).toEqual(['one', '/ml/items/1']);
});

test.each([
  [{ ip: 'localhost' }, 'ip'],
  [{ ip: undefined }, 'ip'],
  [{ path: 'items' }, 'path'],
  [{ path: '/items?cpf=1' }, 'path'],
  [{ method: 'G ET' }, 'method'],
  [{ client_id: '' }, 'client_id'],
  [{ adress: '10.0.0.1' }, 'adress'],
])('%j is 400 at %s', async (change, field) => {
  const { status, json } = await new Fixture().call('POST', '/rules/test', {
    body: { ...QUESTION, ...change },
  });
  expect([status, json.errors.map((error: { field: string }) => error.field)]).toEqual([400, [field]]);
});
