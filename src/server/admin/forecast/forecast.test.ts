import { describe, expect, test } from 'bun:test';
import { VirtualClock } from '../../../shared/virtual-clock.ts';
import type { GateSettings, Ticket } from '../../../state/contracts.ts';
import { MemoryGate } from '../../../state/memory/gate.ts';
import { PACED } from '../ports.fixture.ts';
import { type ForecastQuestion, forecast } from './forecast.ts';

const PER_SECOND = { count: 1, windowMs: 1_000 };

function ticket(id: string, clock: VirtualClock): Ticket {
  const nowMs = clock.now();
  return { id, client: 'c', urgency: 3, arrivedAtMs: nowMs, deadlineMs: nowMs + 600_000, cost: 1 };
}

/** A real gate whose state is asked. */
function gateWith(change: Partial<GateSettings> = {}) {
  const clock = new VirtualClock(50_000);
  const gate = new MemoryGate({ clock, settings: { ...PACED, ...change } });
  return { clock, gate };
}

function asked(
  { clock, gate }: ReturnType<typeof gateWith>,
  question: Partial<ForecastQuestion> & { count: number },
) {
  return forecast({
    concurrency: question.count,
    rate: undefined,
    sharing: undefined,
    clientLimit: undefined,
    maxWaitMs: 600_000,
    serviceMs: 10,
    settings: gate.settings(),
    snapshot: gate.snapshot(),
    nowMs: clock.now(),
    ...question,
  });
}

/** Every call at a real gate in virtual time, each taking `serviceMs`: when the last was answered. */
async function played(
  { clock, gate }: ReturnType<typeof gateWith>,
  count: number,
  serviceMs: number,
): Promise<number> {
  const startMs = clock.now();
  let lastMs = startMs;
  let answered = 0;
  for (let index = 0; index < count; index++) {
    Promise.resolve(gate.enter(ticket(`p${index}`, clock))).then((grant) => {
      grant.sent();
      clock.after(serviceMs, () => {
        grant.end('success');
        answered += 1;
        lastMs = clock.now();
      });
    });
  }
  for (let turn = 0; answered < count && turn < 100_000; turn++) await clock.advanceAsync(500);
  return lastMs - startMs;
}

describe('how long', () => {
  test('50 at 1 per second: 49 spacings with their guard, and the last answer', () => {
    expect(asked(gateWith(), { count: 50 })).toEqual({
      count: 50,
      expectedMs: 49 * 1_020 + 10,
      limit: '1 per 1s',
      boundedBy: 'limit',
      alreadyWaiting: 0,
      willBeRefused: 0,
      obstacles: [],
    });
  });

  test('behind those who wait already, from the last call on', () => {
    const at = gateWith();
    const first = at.gate.enter(ticket('first', at.clock));
    if (!(first instanceof Promise)) first.sent();
    at.clock.advance(400);
    for (const id of ['a', 'b', 'c']) void at.gate.enter(ticket(id, at.clock));
    const { expectedMs, alreadyWaiting } = asked(at, { count: 5 });
    expect(alreadyWaiting).toBe(3);
    expect(expectedMs).toBeCloseTo(620 + 7 * 1_020 + 10, 6);
  });

  const limits = (...rates: Array<[count: number, windowMs: number, even?: boolean]>) =>
    rates.map(([count, windowMs, even = false]) => ({
      rate: { count, windowMs },
      even,
      guardMs: Math.max(2, windowMs * 0.02),
    }));

  test.each([
    ['1 per 1s', limits([1, 1_000]), undefined],
    ['10 per 1s', limits([10, 1_000]), undefined],
    ['10 per 1s, even', limits([10, 1_000, true]), undefined],
    ['1 per 1s and 20 per 1m', limits([1, 1_000], [20, 60_000]), undefined],
    ['concurrency 3', [], 3],
    ['5 per 1s and concurrency 2', limits([5, 1_000]), 2],
  ])('as a gate really does it: %s', async (_, settings, concurrency) => {
    const change = { limits: settings, concurrency, queue: { ...PACED.queue, maxSize: 1_000 } };
    const expected = asked(gateWith(change), { count: 60, serviceMs: 250 });
    expect(expected.expectedMs).toBeCloseTo(await played(gateWith(change), 60, 250), 0);
    expect(expected.willBeRefused).toBe(0);
  });

  test('by rate, by concurrency, by nothing', () => {
    const free = gateWith({ limits: [] });
    expect(asked(free, { count: 20, rate: { count: 10, windowMs: 1_000 } })).toMatchObject({
      expectedMs: 1_910,
      boundedBy: 'rate',
    });
    expect(asked(free, { count: 20, concurrency: 4, serviceMs: 100 })).toMatchObject({
      expectedMs: 500,
      boundedBy: 'concurrency',
    });
    expect(asked(free, { count: 20, serviceMs: 100 })).toMatchObject({
      expectedMs: 100,
      boundedBy: 'nothing',
    });
    expect(asked(gateWith(), { count: 20, rate: { count: 1, windowMs: 2_000 } })).toMatchObject({
      expectedMs: 19 * 2_000 + 10,
      boundedBy: 'rate',
    });
  });

  test('a route without limits whose upstream was never called: nobody knows', () => {
    expect(asked(gateWith({ limits: [] }), { count: 20, serviceMs: undefined }).expectedMs).toBeUndefined();
    expect(asked(gateWith(), { count: 20, serviceMs: undefined }).expectedMs).toBe(19 * 1_020);
  });

  test('the same question again and again is one call', () => {
    expect(asked(gateWith(), { count: 20, sharing: 'cached' })).toMatchObject({
      expectedMs: 10,
      boundedBy: 'cache',
      willBeRefused: 0,
    });
    const waves = asked(gateWith(), { count: 20, concurrency: 10, sharing: 'coalesced' });
    expect(waves.expectedMs).toBe(1_020 + 10);
  });
});

describe('who is refused', () => {
  test('no place in the queue: those who find it full, at once', () => {
    const at = gateWith({ queue: { ...PACED.queue, maxSize: 10 } });
    expect(asked(at, { count: 30 })).toMatchObject({
      willBeRefused: 19,
      obstacles: ['queue_full'],
      expectedMs: 10 * 1_020 + 10,
    });
    expect(asked(at, { count: 30, concurrency: 5 })).toMatchObject({ willBeRefused: 0, obstacles: [] });
  });

  test('longer than a burst may take', () => {
    const daily = { rate: { count: 1, windowMs: 86_400_000 } };
    expect(asked(gateWith(), { count: 3, ...daily }).obstacles).toEqual(['too_long']);
    expect(asked(gateWith(), { count: 1, ...daily }).obstacles).toEqual([]);
  });

  test('no time before the deadline', () => {
    const answer = asked(gateWith(), { count: 100, maxWaitMs: 60_000 });
    expect(answer).toMatchObject({ willBeRefused: 41, obstacles: ['deadline'] });
    expect(answer.expectedMs).toBe(58 * 1_020 + 10);
  });

  test('the breaker is open', () => {
    const at = gateWith();
    at.gate.force('open', 30_000);
    expect(asked(at, { count: 20 })).toMatchObject({
      willBeRefused: 20,
      obstacles: ['breaker_open'],
      expectedMs: 0,
    });
    const slow = asked(at, { count: 40, rate: PER_SECOND });
    expect(slow.willBeRefused).toBe(30);
  });

  test('a pause: nobody knows, or it is waited for', () => {
    const at = gateWith();
    at.gate.pause(at.clock.now() + 5_000, 'maintenance');
    expect(asked(at, { count: 2 })).toMatchObject({
      expectedMs: 5_000 + 1_020 + 10,
      obstacles: ['paused'],
      willBeRefused: 0,
    });
    expect(asked(at, { count: 2, maxWaitMs: 1_000 })).toMatchObject({
      obstacles: ['paused'],
      willBeRefused: 2,
    });
    at.gate.pause(undefined, 'by hand');
    const endless = asked(at, { count: 2 });
    expect(endless).toMatchObject({ obstacles: ['paused'], willBeRefused: 2 });
    expect(endless.expectedMs).toBeUndefined();
  });

  test('what the route lets through of one client', () => {
    const at = gateWith({ limits: [] });
    const clientLimit = { count: 10, windowMs: 60_000 };
    expect(asked(at, { count: 20, clientLimit })).toMatchObject({
      willBeRefused: 10,
      obstacles: ['client_limit'],
    });
    expect(asked(at, { count: 20, clientLimit, rate: { count: 10, windowMs: 60_000 } }).willBeRefused).toBe(
      0,
    );
  });
});

test('10,000 calls and a long queue are told in no time', () => {
  const at = gateWith({ queue: { ...PACED.queue, maxSize: 200_000 } });
  for (let index = 0; index < 20_000; index++) {
    void Promise.resolve(at.gate.enter({ ...ticket(`w${index}`, at.clock), deadlineMs: 1e12 }));
  }
  const beganMs = performance.now();
  const { expectedMs, willBeRefused } = asked(at, { count: 10_000, maxWaitMs: 1e12 });
  expect(performance.now() - beganMs).toBeLessThan(500);
  expect(willBeRefused).toBe(0);
  expect(expectedMs! / (30_000 * 1_020)).toBeWithin(0.999, 1.001);
});
