import { afterEach, describe, expect, test } from 'bun:test';
import { systemClock } from '../shared/clock.ts';
import { isValidCpf } from '../shared/cpf.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import { Burst, type BurstSettings } from './burst.ts';
import { scoreRequests } from './call-request.ts';

let server: ReturnType<typeof Bun.serve> | undefined;
afterEach(() => server?.stop(true));

function gateway(handle: (query: URLSearchParams) => Response | Promise<Response>): URL {
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: (request) => handle(new URL(request.url).searchParams),
  });
  return new URL('/proxy/score?kept=1', server.url);
}

function settingsFor(url: URL, over: Partial<BurstSettings> = {}): BurstSettings {
  return {
    url,
    request: scoreRequests(url, 'test'),
    count: 30,
    concurrency: 10,
    mix: [],
    same: false,
    rate: undefined,
    timeoutMs: 5_000,
    seed: 1,
    ...over,
  };
}

const never = new AbortController().signal;

/** The queries of one run, in the order of their arrival. */
async function queriesOf(over: Partial<BurstSettings>): Promise<URLSearchParams[]> {
  const queries: URLSearchParams[] = [];
  const url = gateway((query) => {
    queries.push(query);
    return new Response('{}');
  });
  await new Burst(settingsFor(url, over), systemClock).run(never);
  await server?.stop(true);
  return queries;
}

describe('Burst', () => {
  test('asks for distinct valid CPFs, and keeps what the URL says already', async () => {
    const queries = await queriesOf({ count: 200 });
    const cpfs = queries.map((query) => query.get('cpf')!);
    expect(new Set(cpfs).size).toBe(200);
    expect(cpfs.every(isValidCpf)).toBe(true);
    expect(queries.every((query) => query.get('kept') === '1' && !query.has('priority'))).toBe(true);
  });

  test('one seed, one run: the same CPFs with the same priorities', async () => {
    const over = { concurrency: 1, mix: [{ percent: 40, urgency: 0 }] };
    const first = (await queriesOf({ ...over, seed: 5 })).map(String);
    expect((await queriesOf({ ...over, seed: 5 })).map(String)).toEqual(first);
    expect((await queriesOf({ ...over, seed: 6 })).map(String)).not.toEqual(first);
    expect(first.filter((query) => query.includes('priority=0'))).toHaveLength(12);
  });

  test('--same asks for one CPF only', async () => {
    const queries = await queriesOf({ same: true });
    expect(new Set(queries.map((query) => query.get('cpf'))).size).toBe(1);
    expect(queries).toHaveLength(30);
  });

  test('never has more calls in flight than it may', async () => {
    let inFlight = 0;
    let most = 0;
    const url = gateway(async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await Bun.sleep(2);
      inFlight -= 1;
      return new Response('{}');
    });
    const { calls } = await new Burst(settingsFor(url, { count: 60, concurrency: 7 }), systemClock).run(
      never,
    );
    expect(calls).toHaveLength(60);
    expect(most).toBe(7);
  });

  test('starts paced calls no earlier than their turn', async () => {
    const clock = new VirtualClock();
    const startsMs: number[] = [];
    const url = gateway(() => {
      startsMs.push(clock.now());
      return new Response('{}');
    });
    const rate = { count: 20, windowMs: 1_000 };
    const running = new Burst(settingsFor(url, { count: 6, rate }), clock).run(never);
    for (let call = 0; call < 6; call++) {
      while (startsMs.length <= call) await Bun.sleep(1);
      clock.advance(49);
      clock.advance(1);
    }
    const { calls } = await running;
    expect(startsMs).toEqual([0, 50, 100, 150, 200, 250]);
    // Told when it ended, which is no earlier than it began and before the next one did.
    for (const [call, { atMs }] of calls.entries()) {
      expect(atMs).toBeWithin(call * 50, call * 50 + 51);
    }
  });

  test('an abort keeps what has ended and starts nothing more', async () => {
    const stop = new AbortController();
    let arrived = 0;
    const url = gateway(() => {
      arrived += 1;
      return arrived <= 4 ? new Response('{}') : new Promise<Response>(() => {});
    });
    const burst = new Burst(settingsFor(url, { concurrency: 3 }), systemClock);
    const running = burst.run(stop.signal);
    while (arrived < 7) await Bun.sleep(1);
    expect(burst.progress()).toMatchObject({ total: 30, done: 4, waiting: 3, failed: 0 });
    stop.abort();
    const { calls, aborted } = await running;
    expect(aborted).toBe(true);
    expect(calls.map((call) => call.outcome.kind)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(arrived).toBe(7);
  });

  test('an abort ends the wait of a paced run', async () => {
    const stop = new AbortController();
    const clock = new VirtualClock();
    const url = gateway(() => new Response('{}'));
    const running = new Burst(settingsFor(url, { rate: { count: 1, windowMs: 3_600_000 } }), clock).run(
      stop.signal,
    );
    while (clock.timers < 10) await Bun.sleep(1);
    stop.abort();
    expect((await running).calls.length).toBeLessThanOrEqual(1);
    expect(clock.timers).toBe(0);
  });
});
