import { expect, test } from 'bun:test';
import { settle } from '../../../shared/virtual-clock.ts';
import { Fixture } from '../ports.fixture.ts';

/** One call went; `a` to `d` of two clients wait. */
function waiting(): Fixture {
  const fixture = new Fixture();
  fixture.score.call('first');
  fixture.clock.advance(100);
  for (const [index, id] of ['a', 'b', 'c', 'd'].entries())
    fixture.score.call(id, index % 2 === 0 ? 'x' : 'y');
  fixture.clock.advance(50);
  return fixture;
}

test('the list tells who waits, by page', async () => {
  const fixture = waiting();
  const all = await fixture.call('GET', '/upstreams/score/queue');
  expect(all.json.total).toBe(4);
  expect(all.json.items[0]).toEqual({
    position: 0,
    id: 'a',
    client: 'x',
    urgency: 3,
    age_ms: 50,
    eta_ms: 870,
  });
  expect(all.json.items[3].eta_ms).toBe(870 + 3 * 1_020);
  const page = await fixture.call('GET', '/upstreams/score/queue?limit=2&offset=1');
  expect(page.json.items.map(({ id, position }: { id: string; position: number }) => [id, position])).toEqual(
    [
      ['b', 1],
      ['c', 2],
    ],
  );
});

test('one urgency is listed with its places in the whole queue, and its own total', async () => {
  const fixture = waiting();
  fixture.score.call('u7', 'z', 7);
  fixture.score.call('u0', 'z', 0);
  fixture.score.call('w0', 'z', 0);
  const all = await fixture.call('GET', '/upstreams/score/queue');
  expect(all.json.items.map(({ id }: { id: string }) => id)).toEqual(['u0', 'w0', 'a', 'b', 'c', 'd', 'u7']);
  const placesOf = async (query: string) => {
    const { json } = await fixture.call('GET', `/upstreams/score/queue?${query}`);
    return [
      json.total,
      json.items.map(({ id, position }: { id: string; position: number }) => [id, position]),
    ];
  };
  expect(await placesOf('urgency=7')).toEqual([1, [['u7', 6]]]);
  expect(await placesOf('urgency=0')).toEqual([
    2,
    [
      ['u0', 0],
      ['w0', 1],
    ],
  ]);
  expect(await placesOf('urgency=3&offset=1&limit=2')).toEqual([
    4,
    [
      ['b', 3],
      ['c', 4],
    ],
  ]);
  expect(await placesOf('urgency=5')).toEqual([0, []]);
});

test.each(['8', '-1', '1.5', 'low', ''])('a list of urgency %p is 400', async (urgency) => {
  const { status, json } = await waiting().call('GET', `/upstreams/score/queue?urgency=${urgency}`);
  expect([status, json.errors[0].field]).toEqual([400, 'urgency']);
});

test('one is shown by its id, wherever it stands', async () => {
  const fixture = waiting();
  const { status, json } = await fixture.call('GET', '/upstreams/score/queue/c');
  const expected = { position: 2, id: 'c', client: 'x', urgency: 3, age_ms: 50, eta_ms: 870 + 2 * 1_020 };
  expect([status, json]).toEqual([200, expected]);
  const other = await fixture.call('GET', '/upstreams/score/queue/first');
  expect([other.status, other.json.code]).toEqual([404, 'not_found']);
});

test('how many clearing would refuse is what it then refuses', async () => {
  const fixture = waiting();
  const { status, json } = await fixture.call('GET', '/upstreams/score/queue/holders');
  expect([status, json]).toEqual([200, { requests: 4, clients: 2 }]);
  expect(fixture.score.snapshot().waiting).toBe(4);
  expect((await fixture.call('DELETE', '/upstreams/score/queue')).json).toEqual(json);
  const after = await fixture.call('GET', '/upstreams/score/queue/holders');
  expect(after.json).toEqual({ requests: 0, clients: 0 });
});

test('`holders` is no request, even where one has that id; it can still be removed', async () => {
  const fixture = waiting();
  fixture.score.call('holders');
  const { json } = await fixture.call('GET', '/upstreams/score/queue/holders');
  expect(json).toEqual({ requests: 5, clients: 3 });
  expect((await fixture.call('DELETE', '/upstreams/score/queue/holders')).status).toBe(204);
});

test('a client that names itself by its tax id is masked, an address is not', async () => {
  const fixture = waiting();
  fixture.score.call('by-number', '529.982.247-25');
  fixture.score.call('by-address', '192.168.100.200');
  const { json } = await fixture.call('GET', '/upstreams/score/queue?offset=4');
  expect(json.items.map(({ client }: { client: string }) => client)).toEqual(['***', '192.168.100.200']);
  expect((await fixture.call('GET', '/upstreams/score/queue/by-number')).json.client).toBe('***');
});

test('nobody knows how long a pause without an end takes', async () => {
  const fixture = waiting();
  fixture.score.pause(undefined, 'by hand');
  const { json } = await fixture.call('GET', '/upstreams/score/queue');
  expect(json.items[0].eta_ms).toBeNull();
});

test('clearing refuses everybody and says how many of how many clients', async () => {
  const fixture = waiting();
  const { status, json } = await fixture.call('DELETE', '/upstreams/score/queue');
  expect([status, json]).toEqual([200, { requests: 4, clients: 2 }]);
  await settle();
  expect(fixture.score.told).toEqual(['a', 'b', 'c', 'd'].map((id) => `${id} upstream_paused`));
  expect(fixture.audit[0]).toMatchObject({ action: 'queue.clear', before: { requests: 4, clients: 2 } });
});

test('one is removed by its id', async () => {
  const fixture = waiting();
  expect((await fixture.call('DELETE', '/upstreams/score/queue/b')).status).toBe(204);
  await settle();
  expect(fixture.score.told).toEqual(['b upstream_paused']);
  expect(fixture.audit[0]).toMatchObject({
    action: 'queue.remove',
    subject: 'upstream/score',
    before: { id: 'b' },
  });
  const again = await fixture.call('DELETE', '/upstreams/score/queue/b');
  expect([again.status, again.json.code]).toEqual([404, 'not_found']);
  expect(fixture.audit).toHaveLength(1);
});

test('one is promoted', async () => {
  const fixture = waiting();
  const { status, json } = await fixture.call('POST', '/upstreams/score/queue/d/promote', {
    body: { urgency: 0 },
  });
  expect([status, json]).toEqual([200, { id: 'd', urgency: 0 }]);
  expect(fixture.audit[0]).toMatchObject({ action: 'queue.promote', after: { id: 'd', urgency: 0 } });
  expect(
    (await fixture.call('POST', '/upstreams/score/queue/zz/promote', { body: { urgency: 0 } })).status,
  ).toBe(404);
});

test.each([8, -1, 1.5, '0', null])('urgency %p is 400', async (urgency) => {
  const { status, json } = await waiting().call('POST', '/upstreams/score/queue/d/promote', {
    body: { urgency },
  });
  expect([status, json.errors[0].field]).toEqual([400, 'urgency']);
  expect(json.detail).toContain('expected a whole number from 0 to 7');
});

test('an id with characters that paths give a meaning is found when it is percent-encoded', async () => {
  const fixture = waiting();
  const id = 'a:b.c_-9';
  fixture.score.call(id);
  expect((await fixture.call('DELETE', `/upstreams/score/queue/${encodeURIComponent(id)}`)).status).toBe(204);
});
