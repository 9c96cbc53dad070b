import { expect, test } from 'bun:test';
import { Fixture } from '../ports.fixture.ts';

test('GET tells the counters and the cached routes', async () => {
  const { json } = await new Fixture().call('GET', '/cache');
  expect(json).toMatchObject({ entries: 2, bytes: 300, hits: 5, routes: ['/proxy/score'] });
});

test('DELETE forgets everything, or what one route stored', async () => {
  const fixture = new Fixture();
  expect((await fixture.call('DELETE', '/cache')).json).toEqual({ purged: 2 });
  expect((await fixture.call('DELETE', '/cache?route=/proxy/score')).json).toEqual({ purged: 2 });
  expect(fixture.purged).toEqual([undefined, '/proxy/score']);
  expect(fixture.audit.map(({ action, subject }) => [action, subject])).toEqual([
    ['cache.purge', 'cache/proxy/score'],
    ['cache.purge', 'cache'],
  ]);
});

test('a route that has no cache is 400, and nothing is forgotten', async () => {
  const fixture = new Fixture();
  const { status, json } = await fixture.call('DELETE', '/cache?route=/proxy/scor');
  expect([status, json.errors]).toEqual([
    400,
    [{ field: 'route', message: 'no cached route has this path; did you mean `/proxy/score`?' }],
  ]);
  expect((await fixture.call('DELETE', '/cache?rout=/proxy/score')).status).toBe(400);
  expect(fixture.purged).toEqual([]);
});
