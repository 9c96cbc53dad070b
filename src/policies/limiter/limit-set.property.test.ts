import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { LimitSet, type LimitSettings } from './limit-set.ts';

/** Sums of thirds of a window differ in the last digits; no network sees a nanosecond. */
const TOLERANCE_MS = 1e-6;

interface Call {
  readonly order: number;
  readonly cost: number;
  /** The limits under which it was acquired. */
  readonly limits: readonly LimitSettings[];
  readonly acquiredAtMs: number;
  sentAtMs: number | undefined;
}

const limitArb: fc.Arbitrary<LimitSettings> = fc.record({
  rate: fc.record({
    count: fc.integer({ min: 1, max: 20 }),
    windowMs: fc.oneof(fc.integer({ min: 10, max: 500 }), fc.integer({ min: 500, max: 60_000 })),
  }),
  even: fc.boolean(),
  guardMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 200 })),
});
const limitsArb = fc.array(limitArb, { minLength: 1, maxLength: 3 });

type Op =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'waitUntilReady'; readonly cost: number }
  | { readonly kind: 'acquire'; readonly cost: number }
  | { readonly kind: 'send'; readonly which: number }
  | { readonly kind: 'giveBack'; readonly which: number };
type OpOrChange = Op | { readonly kind: 'configure'; readonly limits: readonly LimitSettings[] };

const costArb = fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 20 }));
const opArb: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 400 }) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('waitUntilReady' as const), cost: costArb }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('acquire' as const), cost: costArb }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const), which: fc.nat(30) }) },
  fc.record({ kind: fc.constant('giveBack' as const), which: fc.nat(30) }),
);
const configureArb = fc.record({ kind: fc.constant('configure' as const), limits: limitsArb });

/** Drives a LimitSet as a gate would, and remembers what was really sent when. */
class Traffic {
  readonly limits: LimitSet;
  nowMs = 0;
  readonly calls: Call[] = [];
  private readonly unsent: Call[] = [];

  constructor(private settings: readonly LimitSettings[]) {
    this.limits = new LimitSet(settings);
  }

  get unsentCost(): number {
    return this.unsent.reduce((sum, { cost }) => sum + cost, 0);
  }

  run(op: OpOrChange): void {
    switch (op.kind) {
      case 'wait':
        this.nowMs += op.ms;
        return;
      case 'waitUntilReady': {
        const cost = this.possible(op.cost);
        const readyAtMs = this.limits.readyAt(this.nowMs, cost);
        if (readyAtMs === Number.POSITIVE_INFINITY) {
          expect(this.unsent.length).toBeGreaterThan(0);
          return;
        }
        this.nowMs = readyAtMs;
        expect(this.acquire(cost)).toBe(true);
        return;
      }
      case 'acquire':
        this.acquire(this.possible(op.cost));
        return;
      case 'send':
        this.settle(op.which, true);
        return;
      case 'giveBack':
        this.settle(op.which, false);
        return;
      case 'configure':
        this.settings = op.limits;
        this.limits.configure(op.limits, this.nowMs);
    }
  }

  sendAll(): void {
    while (this.unsent.length > 0) this.settle(0, true);
  }

  /** What the limits say, computed from everything ever sent. */
  readyAtByDefinition(cost: number): number {
    const sent = this.calls.filter(({ sentAtMs }) => sentAtMs !== undefined);
    const candidates = [this.nowMs];
    for (const { rate, guardMs } of this.settings) {
      for (const call of sent) candidates.push(call.sentAtMs! + rate.windowMs + guardMs);
    }
    const isReady = (atMs: number) =>
      this.settings.every(({ rate, guardMs }) => {
        const inWindow = sent.filter((call) => call.sentAtMs! + (rate.windowMs + guardMs) > atMs);
        return inWindow.reduce((sum, call) => sum + call.cost, this.unsentCost + cost) <= rate.count;
      });
    const ready = candidates.filter((atMs) => atMs >= this.nowMs && isReady(atMs));
    return ready.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...ready);
  }

  /** What each limit counts now, computed from everything ever sent. */
  usesByDefinition(): number[] {
    return this.settings.map(({ rate, guardMs }) => {
      const spanMs = rate.windowMs + guardMs;
      const inWindow = this.calls.filter(
        ({ sentAtMs }) => sentAtMs !== undefined && sentAtMs + spanMs > this.nowMs,
      );
      return inWindow.reduce((sum, { cost }) => sum + cost, this.unsentCost);
    });
  }

  possible(cost: number): number {
    return Math.min(cost, ...this.settings.map(({ rate }) => rate.count));
  }

  private acquire(cost: number): boolean {
    const answer = this.limits.acquire(this.nowMs, cost);
    if ('retryAtMs' in answer) {
      expect(answer.retryAtMs).toBeGreaterThan(this.nowMs);
      return false;
    }
    const call: Call = {
      order: this.calls.length,
      cost,
      limits: this.settings,
      acquiredAtMs: this.nowMs,
      sentAtMs: undefined,
    };
    this.calls.push(call);
    this.unsent.push(call);
    return true;
  }

  private settle(which: number, isSent: boolean): void {
    if (this.unsent.length === 0) return;
    const [call] = this.unsent.splice(which % this.unsent.length, 1);
    if (isSent) {
      call!.sentAtMs = this.nowMs;
      this.limits.sent(this.nowMs, call!.cost);
    } else {
      this.limits.giveBack(call!.cost);
    }
  }
}

/**
 * For every call and every limit it was acquired under: no window of the limit's own length that holds it holds, with
 * the calls acquired before it, more than the count. Where limits never change, that is plain strictness.
 */
function expectStrict(calls: readonly Call[]): void {
  const sent = calls.filter((call) => call.sentAtMs !== undefined);
  for (const last of sent) {
    const until = sent.filter(({ order }) => order <= last.order);
    for (const { rate } of last.limits) {
      for (const first of until) {
        const startMs = first.sentAtMs!;
        const endMs = startMs + rate.windowMs - TOLERANCE_MS;
        if (last.sentAtMs! < startMs || last.sentAtMs! >= endMs) continue;
        const inWindow = until.filter(({ sentAtMs }) => sentAtMs! >= startMs && sentAtMs! < endMs);
        const cost = inWindow.reduce((sum, call) => sum + call.cost, 0);
        if (cost > rate.count) {
          throw new Error(
            `${cost} of ${rate.count} per ${rate.windowMs} ms from ${startMs}: ${JSON.stringify(sent)}`,
          );
        }
      }
    }
  }
}

/** Under an even limit nothing is acquired before the last send is `cost` spacings old. */
function expectEven(calls: readonly Call[]): void {
  const sent = calls.filter((call) => call.sentAtMs !== undefined);
  for (const call of calls) {
    const before = sent.filter(({ order }) => order < call.order);
    if (before.length === 0) continue;
    const newest = before.reduce((a, b) => (b.sentAtMs! > a.sentAtMs! ? b : a));
    for (const { rate, even } of call.limits) {
      if (!even) continue;
      const gapMs = (rate.windowMs / rate.count) * newest.cost;
      expect(call.acquiredAtMs - newest.sentAtMs!).toBeGreaterThanOrEqual(gapMs - TOLERANCE_MS);
    }
  }
}

test('no window ever holds more than its count, however late the sends', () => {
  fc.assert(
    fc.property(limitsArb, fc.array(opArb, { size: 'max', maxLength: 120 }), (settings, ops) => {
      const traffic = new Traffic(settings);
      for (const op of ops) traffic.run(op);
      traffic.sendAll();
      expectStrict(traffic.calls);
      expectEven(traffic.calls);
    }),
    { numRuns: 400 },
  );
});

test('limits that change in the middle are never exceeded by what is acquired under them', () => {
  const changing: fc.Arbitrary<OpOrChange> = fc.oneof(
    { weight: 12, arbitrary: opArb },
    { weight: 1, arbitrary: configureArb },
  );
  fc.assert(
    fc.property(limitsArb, fc.array(changing, { size: 'max', maxLength: 150 }), (settings, ops) => {
      const traffic = new Traffic(settings);
      for (const op of ops) traffic.run(op);
      traffic.sendAll();
      expectStrict(traffic.calls);
    }),
    { numRuns: 400 },
  );
});

test('readyAt is the earliest time that the definition allows, no later', () => {
  const uneven = limitsArb.map((limits) => limits.map((limit) => ({ ...limit, even: false })));
  fc.assert(
    fc.property(uneven, fc.array(opArb, { size: 'max', maxLength: 80 }), costArb, (settings, ops, cost) => {
      const traffic = new Traffic(settings);
      for (const op of ops) traffic.run(op);
      const asked = traffic.possible(cost);
      expect(traffic.limits.readyAt(traffic.nowMs, asked)).toBe(traffic.readyAtByDefinition(asked));
    }),
    { numRuns: 300 },
  );
});

test('what is in use is what leaves no room: a call is ready when every limit has room for it', () => {
  const uneven = limitsArb.map((limits) => limits.map((limit) => ({ ...limit, even: false })));
  fc.assert(
    fc.property(uneven, fc.array(opArb, { size: 'max', maxLength: 80 }), costArb, (settings, ops, cost) => {
      const traffic = runAll(settings, ops);
      const { limits, nowMs } = traffic;
      const uses = limits.uses(nowMs);
      expect(uses).toEqual(traffic.usesByDefinition());
      const asked = traffic.possible(cost);
      const hasRoom = settings.every(({ rate }, index) => uses[index]! + asked <= rate.count);
      expect(limits.readyAt(nowMs, asked) <= nowMs).toBe(hasRoom);
    }),
    { numRuns: 300 },
  );
});

test('what is in use stays right when limits change', () => {
  const changing: fc.Arbitrary<OpOrChange> = fc.oneof(
    { weight: 12, arbitrary: opArb },
    { weight: 1, arbitrary: configureArb },
  );
  fc.assert(
    // Too few sends for the history to be coarse.
    fc.property(limitsArb, fc.array(changing, { size: 'max', maxLength: 150 }), (settings, ops) => {
      const traffic = runAll(settings, ops);
      expect(traffic.limits.uses(traffic.nowMs)).toEqual(traffic.usesByDefinition());
    }),
    { numRuns: 300 },
  );
});

/** Lets `ahead` calls of cost 1 and then one of `cost` go as early as they may; the time of the last. */
function lastSlot(traffic: Traffic, ahead: number, cost: number): number {
  traffic.sendAll();
  let atMs = traffic.nowMs;
  for (let call = 0; call <= ahead; call++) {
    const callCost = call === ahead ? cost : 1;
    atMs = traffic.limits.readyAt(atMs, callCost);
    expect(traffic.limits.acquire(atMs, callCost)).toEqual({ grantedAt: atMs });
    traffic.limits.sent(atMs, callCost);
  }
  return atMs;
}

test('slotAt is exact for one limit (an even one is two, and exact for calls of cost 1)', () => {
  fc.assert(
    fc.property(
      limitArb,
      fc.array(opArb, { size: 'max', maxLength: 60 }),
      fc.nat(70),
      costArb,
      (settings, ops, ahead, cost) => {
        const traffic = new Traffic([settings]);
        for (const op of ops) traffic.run(op);
        const asked = settings.even ? 1 : traffic.possible(cost);
        const estimateMs = traffic.limits.slotAt(traffic.nowMs, ahead, asked);
        expect(Math.abs(estimateMs - lastSlot(traffic, ahead, asked))).toBeLessThan(TOLERANCE_MS);
      },
    ),
    { numRuns: 300 },
  );
});

test('slotAt is never later than what then happens for several limits', () => {
  fc.assert(
    fc.property(
      limitsArb,
      fc.array(opArb, { size: 'max', maxLength: 60 }),
      fc.nat(70),
      costArb,
      (settings, ops, ahead, cost) => {
        const traffic = new Traffic(settings);
        for (const op of ops) traffic.run(op);
        const asked = traffic.possible(cost);
        const estimateMs = traffic.limits.slotAt(traffic.nowMs, ahead, asked);
        expect(estimateMs).toBeLessThanOrEqual(lastSlot(traffic, ahead, asked) + TOLERANCE_MS);
      },
    ),
    { numRuns: 300 },
  );
});

test('burstWithin says how many slots lie within the horizon', () => {
  fc.assert(
    fc.property(
      limitsArb,
      fc.array(opArb, { size: 'max', maxLength: 40 }),
      fc.nat(5_000),
      (settings, ops, horizonMs) => {
        const { limits, nowMs } = runAll(settings, ops);
        const burst = limits.burstWithin(nowMs, horizonMs);
        expect(limits.slotAt(nowMs, burst, 1)).toBeGreaterThan(nowMs + horizonMs);
        if (burst > 0) expect(limits.slotAt(nowMs, burst - 1, 1)).toBeLessThanOrEqual(nowMs + horizonMs);
      },
    ),
    { numRuns: 200 },
  );
});

function runAll(settings: readonly LimitSettings[], ops: readonly OpOrChange[]): Traffic {
  const traffic = new Traffic(settings);
  for (const op of ops) traffic.run(op);
  return traffic;
}
