import { describe, expect, test } from 'bun:test';
import { settle } from '../../../shared/virtual-clock.ts';
import { Fixture, PACED } from '../ports.fixture.ts';

test('GET shows settings in the configuration’s own form, and the state', async () => {
  const fixture = new Fixture();
  const { status, json } = await fixture.call('GET', '/upstreams/score');
  expect(status).toBe(200);
  expect(json.settings).toEqual({
    limits: ['1 per 1s'],
    concurrency: null,
    queue: { policy: 'priority', aging: '30s', max_size: 100 },
    breaker: {
      consecutive: 3,
      failure_rate: null,
      slow_calls: null,
      open_for: '30s',
      probes: 1,
      probe_timeout: '10s',
    },
  });
  expect(json.status).toMatchObject({ waiting: 0, running: 0, pause: null, next_slot_in_ms: 0 });
  expect(json.status.breaker).toEqual({
    state: 'closed',
    forced: false,
    since: null,
    until: null,
    reason: null,
    consecutive_failures: 0,
    window: { failure_rate: null, slow_calls: null },
  });
});

test('the settings of a breaker name every rule that it has', async () => {
  const fixture = new Fixture();
  const rate = { threshold: 0.5, windowMs: 90_000, minimum: 20 };
  const breaker = {
    ...PACED.breaker!,
    consecutive: undefined,
    failureRate: rate,
    slowCalls: { ...rate, durationMs: 2_500, threshold: 0.25 },
  };
  fixture.score.configure({ ...PACED, breaker });
  const { json } = await fixture.call('GET', '/upstreams/score');
  expect(json.settings.breaker).toEqual({
    consecutive: null,
    failure_rate: { threshold: 0.5, window: '1.5m', minimum: 20 },
    slow_calls: { duration: '2.5s', threshold: 0.25, window: '1.5m', minimum: 20 },
    open_for: '30s',
    probes: 1,
    probe_timeout: '10s',
  });
});

describe('the status', () => {
  const statusOf = async (fixture: Fixture, name = 'score') =>
    (await fixture.call('GET', `/upstreams/${name}`)).json.status;

  test('tells of an upstream where nothing has happened', async () => {
    expect(await statusOf(new Fixture())).toMatchObject({
      paced: true,
      policy: 'priority',
      waiting_by_urgency: [0, 0, 0, 0, 0, 0, 0, 0],
      drained_in_ms: 0,
      limits: [{ limit: '1 per 1s', even: false, count: 1, window_ms: 1_000, used: 0, left: 1 }],
      ceiling_per_second: 1,
      counters: { entered: 0, granted: 0, sent: 0 },
    });
  });

  test('who waits by urgency, and how long until all have gone', async () => {
    const fixture = new Fixture();
    fixture.score.call('goes');
    fixture.clock.advance(100);
    for (const urgency of [0, 3, 3, 7] as const) fixture.score.call(`u${urgency}`, 'c', urgency);
    const status = await statusOf(fixture);
    expect(status).toMatchObject({
      waiting: 4,
      waiting_by_urgency: [1, 0, 0, 2, 0, 0, 0, 1],
      drained_in_ms: 920 + 3 * 1_020,
      limits: [{ used: 1, left: 0 }],
      counters: { entered: 5, granted: 1, sent: 1 },
    });
    const { json } = await fixture.call('GET', '/upstreams/score/queue?offset=3');
    expect(json.items[0].eta_ms).toBe(status.drained_in_ms);
  });

  test('a lowered limit that is exceeded has nothing left, not less than nothing', async () => {
    const fixture = new Fixture();
    await fixture.call('PATCH', '/upstreams/score', { body: { limits: ['3 per 1s'] } });
    for (const id of ['a', 'b', 'c']) fixture.score.call(id);
    const limits = ['2 per 1s', { rate: '60 per 1m', even: true }];
    await fixture.call('PATCH', '/upstreams/score', { body: { limits } });
    const status = await statusOf(fixture);
    expect(status.limits).toEqual([
      { limit: '2 per 1s', even: false, count: 2, window_ms: 1_000, used: 3, left: 0 },
      { limit: '60 per 1m', even: true, count: 60, window_ms: 60_000, used: 3, left: 57 },
    ]);
    expect(status.ceiling_per_second).toBe(1);
  });

  test('nobody knows when a pause without an end lets the last one go', async () => {
    const fixture = new Fixture();
    fixture.score.call('goes');
    fixture.score.call('waits');
    fixture.score.pause(undefined, 'by hand');
    expect((await statusOf(fixture)).drained_in_ms).toBeNull();
  });

  test('an upstream without limits is bounded by none', async () => {
    const fixture = new Fixture();
    fixture.free.call('goes');
    expect(await statusOf(fixture, 'free')).toMatchObject({
      paced: false,
      limits: [],
      ceiling_per_second: null,
      counters: { entered: 1, sent: 1 },
    });
  });
});

test('the list has them in the order of the configuration', async () => {
  const { json } = await new Fixture().call('GET', '/upstreams');
  expect(json.items.map(({ name, paced }: { name: string; paced: boolean }) => [name, paced])).toEqual([
    ['score', true],
    ['free', false],
  ]);
});

test('an unknown upstream is 404', async () => {
  const fixture = new Fixture();
  for (const [method, path, body] of [
    ['GET', '/upstreams/nope', undefined],
    ['PATCH', '/upstreams/nope', {}],
    ['GET', '/upstreams/__proto__', undefined],
    ['POST', '/upstreams/nope/breaker', { state: 'reset' }],
    ['GET', '/upstreams/nope/queue', undefined],
    ['DELETE', '/upstreams/nope/queue', undefined],
    ['GET', '/upstreams/nope/queue/holders', undefined],
    ['GET', '/upstreams/nope/queue/x', undefined],
    ['DELETE', '/upstreams/nope/queue/x', undefined],
    ['POST', '/upstreams/nope/queue/x/promote', { urgency: 0 }],
  ] as const) {
    const answer = await fixture.call(method, path, { body });
    expect([path, answer.status, answer.json.code]).toEqual([path, 404, 'not_found']);
  }
});

describe('PATCH', () => {
  test('changes what it names and leaves the rest', async () => {
    const fixture = new Fixture();
    const { status, json } = await fixture.call('PATCH', '/upstreams/score', {
      body: {
        queue: { policy: 'fair', max_size: 7 },
        limits: ['2 per 1s', { rate: '100 per 1m', even: true }],
      },
    });
    expect(status).toBe(200);
    expect(json.settings.queue).toEqual({ policy: 'fair', aging: '30s', max_size: 7 });
    expect(json.settings.limits).toEqual(['2 per 1s', { rate: '100 per 1m', even: true }]);
    expect(fixture.score.settings().limits).toEqual([
      { rate: { count: 2, windowMs: 1_000 }, even: false, guardMs: 20 },
      { rate: { count: 100, windowMs: 60_000 }, even: true, guardMs: 1_200 },
    ]);
    expect(fixture.score.settings().breaker?.consecutive).toBe(3);
  });

  test('is in the audit log with before and after', async () => {
    const fixture = new Fixture();
    await fixture.call('PATCH', '/upstreams/score', { body: { queue: { aging: '10s' } } });
    expect(fixture.audit).toHaveLength(1);
    expect(fixture.audit[0]).toMatchObject({
      actor: 'local@127.0.0.1',
      action: 'upstream.change',
      subject: 'upstream/score',
      before: { queue: { aging: '30s' }, pause: null },
      after: { queue: { aging: '10s' }, pause: null },
    });
  });

  test('a tax id in the reason of a pause reaches neither who waits nor who looks nor the audit log', async () => {
    const fixture = new Fixture();
    const pause = { reason: 'asked by 529.982.247-25' };
    const { json } = await fixture.call('PATCH', '/upstreams/score', { body: { pause } });
    expect(json.status.pause.reason).toBe('asked by ***');
    expect(fixture.score.snapshot().pause?.reason).toBe('asked by ***');
    expect(JSON.stringify(fixture.audit)).not.toContain('529');
  });

  test('pauses for a while, and null resumes', async () => {
    const fixture = new Fixture();
    const paused = await fixture.call('PATCH', '/upstreams/score', {
      body: { pause: { for: '30s', reason: 'provider asked' } },
    });
    expect(paused.json.status.pause).toEqual({
      until: new Date(fixture.clock.wallNow() + 30_000).toISOString(),
      reason: 'provider asked',
    });
    fixture.score.call('a');
    expect(fixture.score.snapshot().waiting).toBe(1);
    const resumed = await fixture.call('PATCH', '/upstreams/score', { body: { pause: null } });
    expect(resumed.json.status.pause).toBeNull();
    expect(resumed.json.status.waiting).toBe(0);
  });

  test('pauses until resumed when no time is named', async () => {
    const fixture = new Fixture();
    const { json } = await fixture.call('PATCH', '/upstreams/score', {
      body: { pause: { reason: 'by hand' } },
    });
    expect(json.status.pause).toEqual({ until: null, reason: 'by hand' });
    expect(json.status.next_slot_in_ms).toBeNull();
  });

  test('concurrency takes null for none', async () => {
    const fixture = new Fixture();
    const set = await fixture.call('PATCH', '/upstreams/score', { body: { concurrency: 4 } });
    expect(set.json.settings.concurrency).toBe(4);
    const unset = await fixture.call('PATCH', '/upstreams/score', { body: { concurrency: null } });
    expect(unset.json.settings.concurrency).toBeNull();
  });

  test('an upstream without ready connections takes no limits: 409', async () => {
    const fixture = new Fixture();
    for (const body of [{ limits: ['1 per 1s'] }, { concurrency: 1 }]) {
      const { status, json } = await fixture.call('PATCH', '/upstreams/free', { body });
      expect([status, json.code]).toEqual([409, 'conflict']);
    }
    expect(fixture.free.settings().limits).toEqual([]);
    expect(
      (await fixture.call('PATCH', '/upstreams/free', { body: { queue: { max_size: 1 } } })).status,
    ).toBe(200);
  });

  test('200 changes at once, each of another field, lose none', async () => {
    const fixture = new Fixture();
    const bodies = Array.from({ length: 200 }, (_, index) =>
      index % 2 === 0 ? { queue: { max_size: 1_000 + index } } : { queue: { aging: `${index}s` } },
    );
    await Promise.all(bodies.map((body) => fixture.call('PATCH', '/upstreams/score', { body })));
    expect(fixture.audit).toHaveLength(200);
    const { queue } = fixture.score.settings();
    expect(queue.maxSize).toBeGreaterThanOrEqual(1_000);
    expect(queue.agingMs).not.toBe(30_000);
  });

  test.each([
    [{ quue: {} }, 'quue', 'unknown key `quue`; did you mean `queue`?'],
    [{ queue: { polcy: 'fifo' } }, 'queue.polcy', 'unknown key `polcy`; did you mean `policy`?'],
    [
      { queue: { policy: 'fiffo' } },
      'queue.policy',
      'expected one of fifo, priority, fair, got `fiffo`; did you mean `fifo`?',
    ],
    [{ queue: { aging: 30 } }, 'queue.aging', 'expected a duration such as 500ms, 30s, 10m or 1d, got `30`'],
    [{ queue: { max_size: -1 } }, 'queue.max_size', 'expected a whole number from 0 to 1,000,000, got `-1`'],
    [
      { queue: { max_size: 1.5 } },
      'queue.max_size',
      'expected a whole number from 0 to 1,000,000, got `1.5`',
    ],
    [{ queue: { max_size: '5' } }, 'queue.max_size', 'expected a whole number from 0 to 1,000,000, got `5`'],
    [{ limits: ['fast'] }, 'limits[0]', 'expected a rate such as "1 per 1s" or "100 per 1m", got `fast`'],
    [
      { limits: ['1 per 1s', '0 per 1s'] },
      'limits[1]',
      'expected a rate such as "1 per 1s" or "100 per 1m", got `0 per 1s`',
    ],
    [{ limits: ['1 per 400d'] }, 'limits[0]', 'the window must be at most 366d'],
    [{ limits: '1 per 1s' }, 'limits', 'expected a list, such as ["1 per 1s"]'],
    [
      { limits: [{ rate: '1 per 1s', evn: true }] },
      'limits[0].evn',
      'unknown key `evn`; did you mean `even`?',
    ],
    [{ concurrency: 0 }, 'concurrency', 'expected a whole number from 1 to 100,000, or null, got `0`'],
    [
      { pause: { for: '30s' } },
      'pause.reason',
      'is required: expected text on one line of at most 200 characters',
    ],
    [{ pause: { for: '2d', reason: 'x' } }, 'pause.for', 'must be at most 1d'],
    [
      { pause: { for: '-1s', reason: 'x' } },
      'pause.for',
      'expected a duration such as 500ms, 30s, 10m or 1d, got `-1s`',
    ],
    [{ pause: { reason: 'a\nb' } }, 'pause.reason', 'must not contain control characters'],
    [[], '', 'expected a mapping with the keys queue, limits, concurrency, pause, got a list'],
    [
      null,
      '',
      'expected a mapping with the keys queue, limits, concurrency, pause, got nothing; write {} for the defaults',
    ],
  ])('%j is 400 at %s', async (body, field, message) => {
    const fixture = new Fixture();
    const before = fixture.score.settings();
    const { status, json } = await fixture.call('PATCH', '/upstreams/score', { body: JSON.stringify(body) });
    expect([status, json.code]).toEqual([400, 'invalid_request']);
    expect(json.errors).toEqual([{ field, message }]);
    expect(json.detail).toBe(field === '' ? message : `\`${field}\`: ${message}`);
    expect(fixture.score.settings()).toBe(before);
    expect(fixture.audit).toEqual([]);
  });

  test('names every wrong field', async () => {
    const { json } = await new Fixture().call('PATCH', '/upstreams/score', {
      body: { concurrency: 'x', queue: { aging: 'y' }, limits: ['z'] },
    });
    expect(json.errors.map(({ field }: { field: string }) => field).sort()).toEqual([
      'concurrency',
      'limits[0]',
      'queue.aging',
    ]);
    expect(json.detail).toContain('(and 2 more)');
  });

  test('while the ledger is away it works, and the change is written later', async () => {
    const fixture = new Fixture();
    fixture.ledgerAway = true;
    const { status } = await fixture.call('PATCH', '/upstreams/score', {
      body: { pause: { reason: 'fire' } },
    });
    expect(status).toBe(200);
    expect((await fixture.call('GET', '/overview')).json.ledger.pending_changes).toBe(1);
    fixture.ledgerAway = false;
    await fixture.clock.advanceAsync(5_000);
    await settle();
    expect(fixture.audit.map(({ action }) => action)).toEqual(['upstream.change']);
    await fixture.app.close();
  });
});
