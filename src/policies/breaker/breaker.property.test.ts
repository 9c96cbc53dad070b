import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Breaker, type BreakerPermit, type BreakerSettings, type Outcome } from './breaker.ts';

const rateArb = fc.record({
  threshold: fc.double({ min: 0.1, max: 1, noNaN: true }),
  windowMs: fc.integer({ min: 100, max: 5_000 }),
  minimum: fc.integer({ min: 1, max: 5 }),
});
const settingsArb: fc.Arbitrary<BreakerSettings> = fc.record({
  consecutive: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  failureRate: fc.option(rateArb, { nil: undefined }),
  slowCalls: fc.option(
    fc
      .tuple(rateArb, fc.integer({ min: 1, max: 500 }))
      .map(([rate, durationMs]) => ({ ...rate, durationMs })),
    { nil: undefined },
  ),
  openForMs: fc.integer({ min: 1, max: 1_000 }),
  probes: fc.integer({ min: 1, max: 4 }),
  probeTimeoutMs: fc.integer({ min: 1, max: 1_000 }),
});

type Op =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'enter' }
  | { readonly kind: 'end'; readonly which: number; readonly outcome: Outcome }
  | { readonly kind: 'force'; readonly state: 'open' | 'closed' | 'reset'; readonly forMs: number };

const opArb: fc.Arbitrary<Op> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(600) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('enter' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      which: fc.nat(20),
      outcome: fc.constantFrom<Outcome>('success', 'failure', 'failure', 'ignore'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('force' as const),
      state: fc.constantFrom('open', 'closed', 'reset'),
      forMs: fc.integer({ min: 1, max: 1_000 }),
    }),
  },
);

/** Probes let through in one spell of half-open, and how many of them were ignored. */
interface Spell {
  passedIn: number;
  ignored: number;
  readonly inFlight: Set<BreakerPermit>;
}

test('half-open lets no more than its probes through, and open nothing', () => {
  fc.assert(
    fc.property(settingsArb, fc.array(opArb, { size: 'max', maxLength: 200 }), (settings, ops) => {
      const breaker = new Breaker(settings);
      const permits: BreakerPermit[] = [];
      const spells = new Map<number, Spell>();
      let nowMs = 0;
      for (const op of ops) {
        if (op.kind === 'wait') {
          nowMs += op.ms;
        } else if (op.kind === 'force') {
          breaker.force(op.state, nowMs, op.forMs);
        } else if (op.kind === 'end') {
          const [permit] = permits.splice(op.which % Math.max(1, permits.length), 1);
          if (permit === undefined) continue;
          const spell = spells.get(permit.generation);
          // Only while its spell lasts does an ignored probe free its place.
          if (spell?.inFlight.delete(permit) && op.outcome === 'ignore') spell.ignored++;
          breaker.end(permit, op.outcome, nowMs);
        } else {
          const before = breaker.state(nowMs);
          const entrance = breaker.tryEnter(nowMs);
          expect(breaker.admits(nowMs).ok).toBe(entrance.kind !== 'refused');
          if (before.kind === 'open' || (before.kind === 'forced' && before.as === 'open')) {
            expect(entrance).toEqual({ kind: 'refused', retryAtMs: before.untilMs });
            expect(before.untilMs).toBeGreaterThan(nowMs);
          } else if (before.kind === 'half_open') {
            expect(entrance.kind).toBe(before.running + before.passed < settings.probes ? 'go' : 'wait');
            if (entrance.kind === 'wait') expect(entrance.untilMs).toBeGreaterThan(nowMs);
          } else {
            expect(entrance.kind).toBe('go');
          }
          if (entrance.kind !== 'go') continue;
          const { permit } = entrance;
          permits.push(permit);
          expect(permit.probe).toBe(before.kind === 'half_open');
          if (!permit.probe) continue;
          const spell = spells.get(permit.generation) ?? { passedIn: 0, ignored: 0, inFlight: new Set() };
          spells.set(permit.generation, spell);
          spell.passedIn++;
          spell.inFlight.add(permit);
          expect(spell.passedIn - spell.ignored).toBeLessThanOrEqual(settings.probes);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('asking for the state along the way changes nothing', () => {
  fc.assert(
    fc.property(settingsArb, fc.array(opArb, { size: 'max', maxLength: 80 }), (settings, ops) => {
      const asked = new Breaker(settings);
      const left = new Breaker(settings);
      const permits: [BreakerPermit, BreakerPermit][] = [];
      let nowMs = 0;
      for (const op of ops) {
        if (op.kind === 'wait') {
          for (let step = 0; step < 10; step++) asked.state(nowMs + (op.ms * step) / 10);
          nowMs += op.ms;
        } else if (op.kind === 'force') {
          for (const breaker of [asked, left]) breaker.force(op.state, nowMs, op.forMs);
        } else if (op.kind === 'end') {
          const [pair] = permits.splice(op.which % Math.max(1, permits.length), 1);
          if (pair === undefined) continue;
          asked.end(pair[0], op.outcome, nowMs);
          left.end(pair[1], op.outcome, nowMs);
        } else {
          const [one, other] = [asked.tryEnter(nowMs), left.tryEnter(nowMs)];
          expect(one).toEqual(other);
          if (one.kind === 'go' && other.kind === 'go') permits.push([one.permit, other.permit]);
        }
      }
      expect(asked.state(nowMs)).toEqual(left.state(nowMs));
      expect(asked.opened).toBe(left.opened);
    }),
    { numRuns: 200 },
  );
});
