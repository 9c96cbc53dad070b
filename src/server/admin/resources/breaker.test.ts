import { expect, test } from 'bun:test';
import { Fixture, PACED } from '../ports.fixture.ts';

test('a breaker is forced open for a while, and then decides again', async () => {
  const fixture = new Fixture();
  const { status, json } = await fixture.call('POST', '/upstreams/score/breaker', {
    body: { state: 'open', for: '30s' },
  });
  expect(status).toBe(200);
  expect(json.status.breaker).toMatchObject({
    state: 'open',
    forced: true,
    until: new Date(fixture.clock.wallNow() + 30_000).toISOString(),
  });
  fixture.clock.advance(30_000);
  const later = await fixture.call('GET', '/upstreams/score');
  expect(later.json.status.breaker).toMatchObject({ state: 'closed', forced: false });
});

test('an open breaker tells since when, until when and why; reset closes it', async () => {
  const fixture = new Fixture();
  fixture.score.fail(3);
  const openedAtMs = fixture.clock.wallNow() - 2_000;
  const open = await fixture.call('GET', '/upstreams/score');
  expect(open.json.status.breaker).toEqual({
    state: 'open',
    forced: false,
    since: new Date(openedAtMs).toISOString(),
    until: new Date(openedAtMs + 30_000).toISOString(),
    reason: 'consecutive',
    consecutive_failures: 3,
    window: { failure_rate: null, slow_calls: null },
  });
  const reset = await fixture.call('POST', '/upstreams/score/breaker', { body: { state: 'reset' } });
  expect(reset.json.status.breaker).toMatchObject({
    state: 'closed',
    since: new Date(fixture.clock.wallNow()).toISOString(),
  });
  expect(fixture.audit[0]).toMatchObject({
    action: 'breaker.force',
    subject: 'upstream/score',
    before: { state: 'open', reason: 'consecutive' },
    after: { state: 'closed' },
  });
});

test('what its rules on shares have counted is told, until their windows are over', async () => {
  const fixture = new Fixture();
  const rate = { threshold: 0.5, windowMs: 60_000, minimum: 20 };
  fixture.score.configure({
    ...PACED,
    breaker: {
      ...PACED.breaker!,
      consecutive: undefined,
      failureRate: rate,
      slowCalls: { ...rate, durationMs: 2_000 },
    },
  });
  const windowNow = async () => (await fixture.call('GET', '/upstreams/score')).json.status.breaker.window;
  fixture.score.fail(4);
  expect(await windowNow()).toEqual({
    failure_rate: { calls: 4, failures: 4 },
    slow_calls: { calls: 4, slow: 0 },
  });
  fixture.clock.advance(60_000);
  expect(await windowNow()).toEqual({
    failure_rate: { calls: 0, failures: 0 },
    slow_calls: { calls: 0, slow: 0 },
  });
});

test('forced closed it lets calls through that fail', async () => {
  const fixture = new Fixture();
  await fixture.call('POST', '/upstreams/score/breaker', { body: { state: 'closed', for: '1m' } });
  fixture.score.fail(5);
  const { json } = await fixture.call('GET', '/upstreams/score');
  expect(json.status.breaker).toMatchObject({ state: 'closed', forced: true });
});

test.each([
  [{ state: 'open' }, 'for', 'is required: expected a duration such as 30s, at most 1d'],
  [{ state: 'closed' }, 'for', 'is required: expected a duration such as 30s, at most 1d'],
  [{ state: 'reset', for: '1s' }, 'for', '`reset` takes no time; remove it'],
  [{ state: 'open', for: '25h' }, 'for', 'must be at most 1d'],
  [{ state: 'open', for: '0s' }, 'for', 'must be at least 1ms'],
  [
    { state: 'opne', for: '1s' },
    'state',
    'expected one of open, closed, reset, got `opne`; did you mean `open`?',
  ],
  [{ for: '1s' }, 'state', 'is required: expected one of open, closed, reset'],
])('%j is 400 at %s', async (body, field, message) => {
  const fixture = new Fixture();
  const { status, json } = await fixture.call('POST', '/upstreams/score/breaker', { body });
  expect(status).toBe(400);
  expect(json.errors).toEqual([{ field, message }]);
  expect(fixture.audit).toEqual([]);
});

test('an upstream without a breaker is 409', async () => {
  const { status, json } = await new Fixture().call('POST', '/upstreams/free/breaker', {
    body: { state: 'open', for: '1s' },
  });
  expect([status, json.code]).toEqual([409, 'conflict']);
});
