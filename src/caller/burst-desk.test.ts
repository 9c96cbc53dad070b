import { afterEach, describe, expect, test } from 'bun:test';
import { isValidCpf } from '../shared/cpf.ts';
import { seededRandom } from '../shared/random.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import { BurstDesk, BurstRunning } from './burst-desk.ts';
import { scorePlan } from './burst-plan.fixture.ts';

let server: ReturnType<typeof Bun.serve> | undefined;
afterEach(() => server?.stop(true));

const clock = () => new VirtualClock(1_000);

/** A gateway that answers as told, and a desk in front of it. */
function deskAt(answer: (request: Request) => Response | Promise<Response>, at = clock()) {
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: answer });
  const url = `http://127.0.0.1:${server.port}`;
  return { url, at, desk: new BurstDesk({ clock: at, random: seededRandom(1), url: () => url }) };
}

const never = () => new Promise<Response>(() => {});
const settled = async (condition: () => boolean) => {
  while (!condition()) await Bun.sleep(1);
};

describe('a burst', () => {
  test('calls the route as a client does, each with a CPF of its own, and ends', async () => {
    const seen: { url: string; client: string | null }[] = [];
    const { desk, url } = deskAt((request) => {
      seen.push({ url: request.url, client: request.headers.get('client-id') });
      return new Response('{}');
    });
    const run = desk.start(scorePlan({ mix: [{ percent: 34, urgency: 0 }] }));
    expect(desk.current()).toEqual({ id: run.id, status: 'running' });
    await run.ended;
    expect([run.status, run.calls.length, run.waiting]).toEqual(['done', 3, 0]);
    const queries = seen.map((request) => new URL(request.url).searchParams);
    expect(new Set(queries.map((query) => query.get('cpf'))).size).toBe(3);
    expect(queries.every((query) => isValidCpf(query.get('cpf')!))).toBe(true);
    expect(queries.filter((query) => query.get('priority') === '0')).toHaveLength(1);
    expect(seen.every(({ client }) => client === 'load-test')).toBe(true);
    expect(run.document()).toMatchObject({ url: `${url}/score`, count: 3, succeeded: 3, aborted: false });
    expect(desk.find(run.id)).toBe(run);
    expect(desk.current()).toEqual({ id: run.id, status: 'done' });
  });

  test('posts what it is given', async () => {
    const bodies: string[] = [];
    const { desk } = deskAt(async (request) => {
      bodies.push(`${request.method} ${request.headers.get('content-type')} ${await request.text()}`);
      return new Response('{}');
    });
    const call = { method: 'POST', rest: undefined, params: {}, headers: {}, body: '{"a":1}' };
    await desk.start(scorePlan({ call, count: 2 })).ended;
    expect(bodies).toEqual(Array(2).fill('POST application/json {"a":1}'));
  });

  test('is the only one', async () => {
    const { desk } = deskAt(never);
    const run = desk.start(scorePlan());
    expect(() => desk.start(scorePlan())).toThrow(new BurstRunning(run.id));
    await desk.abort(run.id);
    const next = desk.start(scorePlan());
    expect(next.id).not.toBe(run.id);
    await desk.close();
  });

  test('is aborted with what it has; its clock stands still', async () => {
    let arrived = 0;
    const { desk, at } = deskAt(() => (++arrived <= 2 ? new Response('{}') : never()));
    const run = desk.start(scorePlan({ count: 9, concurrency: 3 }));
    await settled(() => arrived === 5);
    at.advance(700);
    expect(run.elapsedMs).toBe(700);
    expect((await desk.abort(run.id))?.status).toBe('aborted');
    at.advance(5_000);
    expect([run.calls.length, run.elapsedMs, run.waiting]).toEqual([2, 700, 0]);
    expect(run.document()).toMatchObject({ aborted: true, completed: 2, unfinished: 7 });
    expect(at.timers).toBe(0);
    expect(await desk.abort(run.id)).toBe(run);
    expect(await desk.abort('nobody')).toBeUndefined();
  });

  test('is aborted after an hour', async () => {
    let arrived = 0;
    const { desk, at } = deskAt(() => {
      arrived += 1;
      return never();
    });
    const run = desk.start(scorePlan({ timeoutMs: 1e9 }));
    await settled(() => arrived === 3);
    at.advance(3_599_999);
    await Bun.sleep(5);
    expect(run.status).toBe('running');
    at.advance(1);
    await run.ended;
    expect([run.status, run.calls.length]).toEqual(['aborted', 0]);
  });

  test('over a bound is refused, and the bound named', () => {
    const { desk } = deskAt(never);
    expect(() => desk.start(scorePlan({ count: 10_001 }))).toThrow('count must be 1 to 10000');
    expect(() => desk.start(scorePlan({ concurrency: 1_001 }))).toThrow('concurrency must be 1 to 1000');
    expect(() => desk.start(scorePlan({ count: 0 }))).toThrow(RangeError);
    expect(desk.current()).toBeNull();
  });
});

test('the last ten are kept, newest first', async () => {
  const { desk } = deskAt(() => new Response('{}'));
  const ids: string[] = [];
  for (let index = 0; index < 12; index++) {
    const run = desk.start(scorePlan({ count: 1, concurrency: 1 }));
    ids.unshift(run.id);
    await run.ended;
  }
  expect(desk.list().map(({ id }) => id)).toEqual(ids.slice(0, 10));
  expect(new Set(ids).size).toBe(12);
  expect(desk.find(ids[11]!)).toBeUndefined();
});

test('the seed makes the same burst again', async () => {
  let queries: string[] = [];
  const { desk } = deskAt((request) => {
    queries.push(new URL(request.url).search);
    return new Response('{}');
  });
  const first = desk.start(scorePlan({ count: 20, concurrency: 1, mix: [{ percent: 30, urgency: 5 }] }));
  await first.ended;
  const asked = queries;
  queries = [];
  const again = { count: 20, concurrency: 1, mix: [{ percent: 30, urgency: 5 }], seed: first.seed };
  await desk.start(scorePlan(again)).ended;
  expect(queries).toEqual(asked);
});
