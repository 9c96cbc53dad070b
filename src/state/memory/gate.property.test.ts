import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { LimitSettings } from '../../policies/limiter/limit-set.ts';
import { VirtualClock } from '../../shared/virtual-clock.ts';
import type { GateSettings, Urgency } from '../contracts.ts';
import { MemoryGate } from './gate.ts';
import {
  type Action,
  type CallerPlan,
  type Entrance,
  type GrantRecord,
  SimulatedLines,
  Simulation,
} from './gate-simulation.fixture.ts';

const AGING_MS = 500;
const MAX_SIZE = 12;
/** An even spacing may be a fraction of a ms, and times that were added up differ in their last bits. */
const ROUNDING_MS = 1e-6;

const limit: fc.Arbitrary<LimitSettings> = fc.record({
  rate: fc.record({ count: fc.integer({ min: 1, max: 5 }), windowMs: fc.constantFrom(100, 400, 1_000) }),
  even: fc.boolean(),
  guardMs: fc.constantFrom(0, 2, 20),
});

const settings: fc.Arbitrary<GateSettings> = fc.record({
  limits: fc.array(limit, { maxLength: 3 }),
  concurrency: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  queue: fc.record({
    policy: fc.constantFrom('fifo' as const, 'priority' as const, 'fair' as const),
    agingMs: fc.constant(AGING_MS),
    maxSize: fc.integer({ min: 0, max: MAX_SIZE }),
    weights: fc.constantFrom<Readonly<Record<string, number>>>({}, { a: 3 }),
  }),
  breaker: fc.option(
    fc.record({
      consecutive: fc.integer({ min: 2, max: 4 }),
      failureRate: fc.constant(undefined),
      slowCalls: fc.constant(undefined),
      openForMs: fc.constantFrom(300, 2_000),
      probes: fc.integer({ min: 1, max: 3 }),
      probeTimeoutMs: fc.constantFrom(200, 3_000),
    }),
    { nil: undefined },
  ),
});

const caller: fc.Arbitrary<CallerPlan> = fc.record({
  client: fc.constantFrom('a', 'b', 'c'),
  urgency: fc.integer({ min: 0, max: 7 }).map((level) => level as Urgency),
  deadlineInMs: fc.oneof(fc.integer({ min: 0, max: 500 }), fc.constant(8_000)),
  abortAfterMs: fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: undefined, freq: 4 }),
  writeMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 1_500 })),
  serviceMs: fc.integer({ min: 0, max: 400 }),
  manner: fc.oneof(
    { weight: 6, arbitrary: fc.constant('sent' as const) },
    fc.constantFrom('never sent' as const, 'given back' as const),
  ),
  outcome: fc.oneof(
    { weight: 3, arbitrary: fc.constant('success' as const) },
    fc.constantFrom('failure' as const, 'ignore' as const),
  ),
  retries: fc.boolean(),
});

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 20, arbitrary: caller.map((plan): Action => ({ kind: 'arrive', caller: plan })) },
  {
    weight: 1,
    arbitrary: fc
      .option(fc.integer({ min: 0, max: 1_500 }), { nil: undefined })
      .map((forMs): Action => ({ kind: 'pause', forMs })),
  },
  { weight: 1, arbitrary: fc.constant<Action>({ kind: 'resume' }) },
  { weight: 1, arbitrary: settings.map((to): Action => ({ kind: 'configure', settings: to })) },
);

const actions = fc.array(
  fc.tuple(
    fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 900 })),
    action,
  ),
  { minLength: 1, maxLength: 70, size: 'max' },
);

/** All that was granted before and had been, or was yet to be, sent less than a window before this one was. */
function sendsBefore(grants: readonly GrantRecord[], index: number, windowMs: number): number {
  const sentAtMs = grants[index]!.entrance.sentAtMs!;
  return grants
    .slice(0, index)
    .filter(({ entrance }) => entrance.sentAtMs !== undefined && entrance.sentAtMs > sentAtMs - windowMs)
    .length;
}

/** Strict: of the sends in any window, the one granted last found room for itself beside all the others. */
function holdsLimits(grants: readonly GrantRecord[], index: number, { limits }: GateSettings): boolean {
  return limits.every(({ rate: { count, windowMs }, even }) => {
    const inWindow = sendsBefore(grants, index, windowMs - ROUNDING_MS) + 1;
    const inSpacing = even ? sendsBefore(grants, index, windowMs / count - ROUNDING_MS) : 0;
    return inWindow <= count && inSpacing === 0;
  });
}

function rankOf({ ticket, seq }: Entrance, policy: 'fifo' | 'priority'): readonly [number, number] {
  return [ticket.arrivedAtMs + (policy === 'priority' ? ticket.urgency * AGING_MS : 0), seq];
}

function goesBefore(one: Entrance, other: Entrance, policy: 'fifo' | 'priority'): boolean {
  const [oneRank, oneSeq] = rankOf(one, policy);
  const [otherRank, otherSeq] = rankOf(other, policy);
  return oneRank < otherRank || (oneRank === otherRank && oneSeq < otherSeq);
}

function check(simulation: Simulation, mostPlaces: number): void {
  const { entrances, grants } = simulation;
  for (const entrance of entrances) {
    expect(entrance).toMatchObject({ answers: 1 });
    // A ticket that comes back after its deadline is answered at once.
    expect(entrance.answeredAtMs).toBeLessThanOrEqual(
      Math.max(entrance.enteredAtMs, entrance.ticket.deadlineMs),
    );
  }
  expect(simulation.mostWaiting).toBeLessThanOrEqual(mostPlaces);
  for (const [index, { entrance, settings: held, running, waiting }] of grants.entries()) {
    expect(held.some(({ concurrency = Number.POSITIVE_INFINITY }) => running <= concurrency)).toBe(true);
    if (entrance.sentAtMs !== undefined) {
      expect(held.some((one) => holdsLimits(grants, index, one))).toBe(true);
    }
    const policy = held.length === 1 ? held[0]!.queue.policy : 'fair';
    if (policy === 'fair') continue;
    // Of what happens in one instant nobody can tell the order from outside.
    const passedOver = waiting.filter(
      (other) =>
        other.enteredAtMs < entrance.answeredAtMs &&
        other.answeredAtMs > entrance.answeredAtMs &&
        goesBefore(other, entrance, policy),
    );
    expect(passedOver).toEqual([]);
  }
}

describe('MemoryGate, whatever happens', () => {
  test('strict limits, one answer each, in order, within bounds', async () => {
    await fc.assert(
      fc.asyncProperty(settings, actions, async (initial, steps) => {
        const clock = new VirtualClock();
        const gate = new MemoryGate({ clock, settings: initial });
        const simulation = new Simulation(clock, gate, initial);
        await simulation.play(steps);
        check(simulation, MAX_SIZE);
        expect(clock.timers).toBe(0);
        expect(gate.snapshot()).toMatchObject({ waiting: 0, running: 0 });
      }),
      { numRuns: 400 },
    );
  }, 60_000);

  test('the same with connections that are slow to come and get lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        settings,
        actions,
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 6 }),
        async (initial, steps, delaysMs, most) => {
          const clock = new VirtualClock();
          const lines = new SimulatedLines(clock, delaysMs, most);
          const gate = new MemoryGate({ clock, settings: initial, lines });
          const simulation = new Simulation(clock, gate, initial);
          await simulation.play(steps);
          // Besides those who wait for their turn, a burst's worth may wait for connections.
          check(simulation, MAX_SIZE + 5);
          expect(clock.timers).toBe(0);
          expect(gate.snapshot()).toMatchObject({ waiting: 0, running: 0 });
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);

  test('goodput: at least 97 % of the limit while there is work, with the default guard', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(500, 1_000, 60_000),
        fc.integer({ min: 2, max: 6 }),
        async (count, windowMs, windows) => {
          const clock = new VirtualClock();
          const limits = [{ rate: { count, windowMs }, even: false, guardMs: windowMs * 0.02 }];
          const queue = { policy: 'priority', agingMs: AGING_MS, maxSize: 1_000, weights: {} } as const;
          const held: GateSettings = { limits, concurrency: undefined, queue, breaker: undefined };
          const simulation = new Simulation(clock, new MemoryGate({ clock, settings: held }), held);
          const plan: CallerPlan = {
            client: 'a',
            urgency: 3,
            deadlineInMs: 1e9,
            abortAfterMs: undefined,
            writeMs: 0,
            serviceMs: 30,
            manner: 'sent',
            outcome: 'success',
            retries: false,
          };
          const calls = count * windows;
          await simulation.play(
            Array.from({ length: calls }, () => [0, { kind: 'arrive', caller: plan }] as const),
          );
          const sent = simulation.entrances.map(({ sentAtMs }) => sentAtMs!).sort((a, b) => a - b);
          const ideal = ((calls - count) / count) * windowMs;
          expect(ideal / (sent.at(-1)! - sent[0]!)).toBeGreaterThanOrEqual(0.97);
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
});
