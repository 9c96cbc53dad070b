import { expect, test } from 'bun:test';
import type { UsageSample } from '../../../usage/rollup.ts';
import { Fixture } from '../ports.fixture.ts';

const SAMPLE: UsageSample = {
  route: '/proxy/score',
  upstream: 'score',
  client: 'web',
  path: '/proxy/score',
  method: 'GET',
  outcome: 'success',
  status: 200,
  bytes: 42,
  totalMs: 8_512.34567,
  queueMs: 8_200,
  upstreamMs: undefined,
  attempts: 2,
  cache: 'miss',
  errorCode: undefined,
};

function build() {
  const fixture = new Fixture();
  const note = (change: Partial<UsageSample> = {}, { isCommand = true } = {}) =>
    fixture.tail.note(
      { ...SAMPLE, ...change },
      'id-1',
      '/proxy/score',
      isCommand ? 3 : undefined,
      fixture.clock.now(),
    );
  return { fixture, note };
}

test('a request is shown as documented', async () => {
  const { fixture, note } = build();
  note();
  note({ outcome: 'refused', status: 404, errorCode: 'route_not_found' }, { isCommand: false });
  const { json } = await fixture.call('GET', '/requests');
  expect(json).toMatchObject({ next: 2, missed: 0, omitted: 0, held: 2 });
  expect(json.items[0]).toMatchObject({ seq: 2, urgency: null, code: 'route_not_found', status: 404 });
  expect(json.items[1]).toEqual({
    seq: 1,
    id: 'id-1',
    ended_at: new Date(fixture.clock.wallNow()).toISOString(),
    route: '/proxy/score',
    upstream: 'score',
    method: 'GET',
    path: '/proxy/score',
    client: 'web',
    urgency: 3,
    outcome: 'success',
    status: 200,
    code: null,
    cache: 'miss',
    total_ms: 8_512.346,
    queue_ms: 8_200,
    upstream_ms: null,
    attempts: 2,
    bytes: 42,
  });
});

test('filters and pages come from the query', async () => {
  const { fixture, note } = build();
  note();
  note({ status: 503, outcome: 'refused', errorCode: 'queue_full', totalMs: 1 });
  note();
  const seqs = async (query: string) =>
    (await fixture.call('GET', `/requests?${query}`)).json.items.map(({ seq }: { seq: number }) => seq);
  expect(await seqs('limit=1')).toEqual([3]);
  expect(await seqs('after=1')).toEqual([3, 2]);
  expect(await seqs('status=5xx&code=queue_full&outcome=refused&client=we&route=/proxy/score')).toEqual([2]);
  expect(await seqs('min_ms=8000&cache=miss&method=GET&upstream=score&text=ID-')).toEqual([3, 1]);
  expect(await seqs('status=404')).toEqual([]);
});

test.each([
  ['status=600', '`status`: expected a status such as 404, or a class such as 4xx'],
  ['limit=201', '`limit`: expected a whole number from 1 to 200'],
  ['outcome=refuse', 'did you mean `refused`'],
  ['nothing=1', '`nothing`'],
])('?%s is refused, and told why', async (query, told) => {
  const { fixture } = build();
  const answer = await fixture.call('GET', `/requests?${query}`);
  expect(answer.status).toBe(400);
  expect(answer.json.detail).toContain(told);
});

test('every change is on the timeline, by whoever made it: rules, and all the others', async () => {
  const { fixture } = build();
  const rule = { id: 'slow', client: '127.0.0.1', limit: '5 per 1m' };
  expect((await fixture.call('POST', '/rules', { body: rule })).status).toBe(201);
  // Taken: nothing changed.
  expect((await fixture.call('POST', '/rules', { body: rule })).status).toBe(409);
  await fixture.call('DELETE', '/rules/slow', { headers: { 'If-Match': '*' } });
  await fixture.call('PATCH', '/upstreams/score', { body: { pause: { for: '1m', reason: 'maintenance' } } });
  await fixture.call('DELETE', '/cache');
  const noted = fixture.timeline.last(10).filter(({ kind }) => kind === 'operator');
  expect(noted.map(({ upstream, facts }) => [upstream, facts.action, facts.subject, facts.actor])).toEqual([
    [undefined, 'rule.create', 'rule/slow', 'local@127.0.0.1'],
    [undefined, 'rule.delete', 'rule/slow', 'local@127.0.0.1'],
    ['score', 'upstream.change', 'upstream/score', 'local@127.0.0.1'],
    [undefined, 'cache.purge', 'cache', 'local@127.0.0.1'],
  ]);
});
