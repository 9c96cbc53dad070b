import { afterEach, describe, expect, test } from 'bun:test';
import { Fixture } from '../ports.fixture.ts';
import { fixtureRoutes } from './called-route.fixture.ts';

let server: ReturnType<typeof Bun.serve> | undefined;
afterEach(() => server?.stop(true));

const TOKENS = { operator: 'operator-token', viewer: 'viewer-token' };
const SCORE = { route: '/proxy/score' };

function fixtureAt(answer?: (request: Request) => Response | Promise<Response>, tokens = {}): Fixture {
  const fixture = new Fixture({ operator: undefined, viewer: undefined, ...tokens });
  fixture.routes = fixtureRoutes();
  if (answer === undefined) return fixture;
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: answer });
  fixture.dataPlaneUrl = `http://127.0.0.1:${server.port}`;
  return fixture;
}

const never = () => new Promise<Response>(() => {});

describe('forecast', () => {
  const ask = async (body: unknown, fixture = fixtureAt()) =>
    (await fixture.call('POST', '/bursts/forecast', { body })).json;

  test('50 at 1 per second are about 50 seconds, and no call is made', async () => {
    let calls = 0;
    const fixture = fixtureAt(() => {
      calls += 1;
      return new Response('{}');
    });
    expect(await ask({ ...SCORE, count: 50 }, fixture)).toEqual({
      upstream: 'score',
      sandbox: true,
      count: 50,
      expected_ms: 49 * 1_020,
      limit: '1 per 1s',
      bounded_by: 'limit',
      already_waiting: 0,
      will_be_refused: 0,
      obstacles: [],
    });
    expect([calls, fixture.ports.bursts.current(), fixture.audit]).toEqual([0, null, []]);
  });

  test('from the state of now: who waits, the queue’s bound, the time to the deadline', async () => {
    const fixture = fixtureAt();
    for (const id of ['first', 'a', 'b']) fixture.score.call(id);
    const told = await ask({ ...SCORE, count: 60 }, fixture);
    expect(told).toMatchObject({ already_waiting: 2, obstacles: ['deadline'] });
    expect(told.will_be_refused).toBe(60 - 56);
  });

  test('the same question is answered from the cache; calls take as long as they did so far', async () => {
    const fixture = fixtureAt();
    const usage = fixture.recorder.series('/proxy/score', 'score');
    for (let call = 0; call < 9; call++) usage.upstreamMs.record(50);
    const told = await ask({ ...SCORE, count: 20, same: true }, fixture);
    expect(told).toMatchObject({ bounded_by: 'cache', limit: null });
    expect(told.expected_ms).toBeWithin(40, 51);
  });

  test('a limit of the route’s clients', async () => {
    expect(await ask({ route: '/data', count: 20 })).toMatchObject({
      will_be_refused: 10,
      obstacles: ['client_limit'],
    });
  });

  test('nobody knows', async () => {
    const fixture = fixtureAt();
    fixture.score.pause(undefined, 'by hand');
    expect(await ask({ ...SCORE, count: 5 }, fixture)).toMatchObject({
      expected_ms: null,
      will_be_refused: 5,
      obstacles: ['paused'],
    });
  });

  test('a viewer may ask, and not start', async () => {
    const fixture = fixtureAt(undefined, TOKENS);
    const as = { token: 'viewer-token', body: SCORE };
    expect((await fixture.call('POST', '/bursts/forecast', as)).status).toBe(200);
    const started = await fixture.call('POST', '/bursts', as);
    expect([started.status, started.json.code]).toEqual([403, 'forbidden']);
    expect(fixture.ports.bursts.current()).toBeNull();
  });
});

describe('what is refused', () => {
  test.each([
    [{ count: 10_001 }, 'count', 'a whole number from 1 to 10,000'],
    [{ count: 0 }, 'count', 'a whole number from 1 to 10,000'],
    [{ concurrency: 1_001 }, 'concurrency', 'a whole number from 1 to 1,000'],
    [{ priority_mix: '10%:9' }, 'priority_mix', 'the priority in "10%:9" must be 0 to 7'],
    [{ rate: 'fast' }, 'rate', 'expected a rate such as "1 per 1s"'],
    [{ seed: -1 }, 'seed', 'a whole number from 0'],
    [{ client: 'a\nb' }, 'client', 'characters that a header can carry'],
    [{ route: '/proxy/scor' }, 'route', 'did you mean `/proxy/score`?'],
    [{ method: 'POST' }, 'method', 'the route takes GET, not POST'],
    [{ path: 'x' }, 'path', 'the route has no `*`'],
    [{ params: { nope: '1' } }, 'params.nope', 'known: cpf, priority'],
    [{ route: '/named' }, 'params.q', 'is required by the route'],
    [{ body: '{}' }, 'body', 'is not sent with GET'],
    [{ nope: 1 }, 'nope', 'unknown key'],
  ])('%j', async (change, field, message) => {
    const fixture = fixtureAt();
    for (const path of ['/bursts', '/bursts/forecast']) {
      const { status, json } = await fixture.call('POST', path, { body: { ...SCORE, ...change } });
      expect([status, json.errors[0].field]).toEqual([400, field]);
      expect(json.errors[0].message).toContain(message);
    }
    expect(fixture.ports.bursts.current()).toBeNull();
  });

  test('calls to somebody else’s API without its upstream’s name', async () => {
    const fixture = fixtureAt(() => new Response('{}'));
    const body = { route: '/free/*', path: 'x', count: 1 };
    for (const confirm of [undefined, '', 'Free', 'free ', 'score']) {
      const { status, json } = await fixture.call('POST', '/bursts', { body: { ...body, confirm } });
      expect([confirm, status, json.errors[0].field]).toEqual([confirm, 400, 'confirm']);
      expect(json.detail).toContain('somebody else’s API');
    }
    expect(fixture.ports.bursts.current()).toBeNull();
    const confirmed = await fixture.call('POST', '/bursts', { body: { ...body, confirm: 'free' } });
    expect([confirmed.status, confirmed.json.forecast.sandbox]).toEqual([201, false]);
    await fixture.ports.bursts.close();
  });

  test.each(['../free/x', '%2e%2e/free/x', 'score/../../free/x', '..\\free\\x'])(
    'a path that leads to another route than the one that was named: %s',
    async (path) => {
      const { status, json } = await fixtureAt().call('POST', '/bursts', {
        body: { route: '/free/score/*', path },
      });
      expect([status, json.errors[0].field]).toEqual([400, 'path']);
    },
  );

  test('a path that a more specific route takes', async () => {
    const { status, json } = await fixtureAt().call('POST', '/bursts', {
      body: { route: '/free/*', path: 'score/x', confirm: 'free' },
    });
    expect([status, json.errors[0].message]).toEqual([400, 'leads to /free/score/*, not to this route']);
  });

  test('a second one, naming the first', async () => {
    const fixture = fixtureAt(never);
    const first = await fixture.call('POST', '/bursts', { body: { ...SCORE, count: 2 } });
    const second = await fixture.call('POST', '/bursts', { body: SCORE });
    expect([second.status, second.json.code]).toEqual([409, 'conflict']);
    expect(second.json.detail).toContain(first.json.id);
    await fixture.ports.bursts.close();
  });

  test('one at the end of the process: it would only meet a gateway that takes no calls', async () => {
    let calls = 0;
    const fixture = fixtureAt(() => {
      calls += 1;
      return new Response('{}');
    });
    await fixture.ports.bursts.close();
    const { status, json } = await fixture.call('POST', '/bursts', { body: SCORE });
    expect([status, json.code, calls]).toEqual([409, 'conflict', 0]);
  });
});

describe('a burst', () => {
  test('is started, followed page by page, reported, and noted', async () => {
    let calls = 0;
    const fixture = fixtureAt(() => {
      calls += 1;
      return calls === 3
        ? new Response('{"code":"queue_full"}', {
            status: 503,
            headers: { 'content-type': 'application/problem+json' },
          })
        : new Response('{}', { headers: { 'cache-status': 'comporta; hit' } });
    });
    const settings = { count: 5, concurrency: 1, priority_mix: '40%:0', rate: '1000/s', seed: 7 };
    const started = await fixture.call('POST', '/bursts', {
      body: { ...SCORE, ...settings, client: '52998224725' },
    });
    expect(started.status).toBe(201);
    const { id } = started.json;
    expect(started.json).toMatchObject({ status: 'running', route: '/proxy/score', upstream: 'score' });
    const run = fixture.ports.bursts.find(id)!;
    for (let call = 0; call < 5; call++) {
      while (run.calls.length < call + 1) {
        fixture.clock.advance(1);
        await Bun.sleep(1);
      }
    }
    await run.ended;
    const view = (await fixture.call('GET', `/bursts/${id}`)).json;
    expect(view).toMatchObject({
      status: 'done',
      done: 5,
      succeeded: 4,
      failed: 1,
      waiting: 0,
      failures: { queue_full: 1 },
      settings: { ...settings, rate: '1000 per 1s', client: '***', same: false },
      sandbox: null,
      next: 5,
    });
    expect(view.calls.map(({ n, ok, code }: Record<string, unknown>) => [n, ok, code])).toEqual([
      [0, true, null],
      [1, true, null],
      [2, false, 'queue_full'],
      [3, true, null],
      [4, true, null],
    ]);
    expect(view.calls.filter(({ urgency }: { urgency: number | null }) => urgency === 0)).toHaveLength(2);
    const times = view.calls.map((call: { at_ms: number }) => call.at_ms);
    expect(times).toEqual(times.toSorted((one: number, other: number) => one - other));
    const rest = (await fixture.call('GET', `/bursts/${id}?after=3`)).json;
    expect(rest.calls).toEqual(view.calls.slice(3));
    expect((await fixture.call('GET', `/bursts/${id}?after=5`)).json).toMatchObject({ calls: [], next: 5 });
    const list = (await fixture.call('GET', '/bursts')).json;
    expect(list.items.map((one: { id: string }) => one.id)).toEqual([id]);

    const report = await fixture.call('GET', `/bursts/${id}/report`);
    expect(report.headers.get('content-disposition')).toBe(
      `attachment; filename="comporta-burst-${id}.json"`,
    );
    expect(report.json).toMatchObject({
      url: `${fixture.dataPlaneUrl}/proxy/score`,
      count: 5,
      seed: 7,
      aborted: false,
      succeeded: 4,
      failures: { queue_full: 1 },
      urgencies: [
        { urgency: 0, calls: 2 },
        { urgency: null, calls: 3 },
      ],
      sandbox: null,
      forecast: { boundedBy: 'limit', expectedMs: 4 * 1_020 },
    });
    expect(report.json.calls).toHaveLength(5);
    expect(report.json.calls[2]).toMatchObject({ n: 2, ok: false, code: 'queue_full', cacheHit: false });
    expect(report.text).not.toContain('52998224725');

    expect(fixture.audit.map(({ action, subject }) => [action, subject])).toEqual([
      ['burst.start', `burst/${id}`],
    ]);
    const notes = fixture.timeline.last(10).filter(({ kind }) => kind === 'burst');
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatchObject({ upstream: 'score', facts: { id, status: 'running', count: 5 } });
    expect(notes[1]).toMatchObject({
      upstream: 'score',
      facts: { id, status: 'done', count: 5, succeeded: 4, failed: 1, violations: null },
    });
  });

  test('a code of the upstream that is the name of something in JavaScript is a code', async () => {
    const fixture = fixtureAt(() =>
      Response.json(
        { code: 'constructor' },
        { status: 500, headers: { 'content-type': 'application/problem+json' } },
      ),
    );
    const { id } = (await fixture.call('POST', '/bursts', { body: { ...SCORE, count: 2 } })).json;
    await fixture.ports.bursts.find(id)!.ended;
    const told = { succeeded: 0, failed: 2, failures: { constructor: 2 } };
    expect((await fixture.call('GET', `/bursts/${id}`)).json).toMatchObject(told);
    expect((await fixture.call('GET', `/bursts/${id}/report`)).json).toMatchObject(told);
  });

  test('is aborted once', async () => {
    let arrived = 0;
    const fixture = fixtureAt(() => {
      arrived += 1;
      return never();
    });
    const { id } = (await fixture.call('POST', '/bursts', { body: { ...SCORE, count: 2 } })).json;
    while (arrived < 2) await Bun.sleep(1);
    for (let time = 0; time < 2; time++) {
      const { status, json } = await fixture.call('DELETE', `/bursts/${id}`);
      expect([status, json.status, json.done]).toEqual([200, 'aborted', 0]);
    }
    expect(fixture.audit.map(({ action }) => action)).toEqual(['burst.abort', 'burst.start']);
  });

  test('of another id is nowhere', async () => {
    const fixture = fixtureAt();
    for (const [method, path] of [
      ['GET', '/bursts/zz'],
      ['DELETE', '/bursts/zz'],
      ['GET', '/bursts/zz/report'],
    ] as const) {
      expect((await fixture.call(method, path)).status).toBe(404);
    }
  });

  test('a body is made up where the route wants JSON', async () => {
    const bodies: string[] = [];
    const fixture = fixtureAt(async (request) => {
      bodies.push(await request.text());
      return new Response('{}');
    });
    const { id } = (await fixture.call('POST', '/bursts', { body: { route: '/data', count: 1 } })).json;
    await fixture.ports.bursts.find(id)!.ended;
    expect(bodies).toEqual(['{}']);
  });
});
