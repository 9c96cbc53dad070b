import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { VirtualClock } from '../../shared/virtual-clock.ts';
import { DenyList } from './access-deny-list.ts';

test('makes room by ending the denial that would end first, and counts it', () => {
  const clock = new VirtualClock();
  const list = new DenyList(clock, 2);
  list.add('10.0.0.1', 3_000, 'r');
  list.add('client:a', 1_000, 'r');
  list.add('10.0.0.2', 2_000, 'r');
  expect(list.list().map(({ client }) => client)).toEqual(['10.0.0.2', '10.0.0.1']);
  expect([list.count(), list.forgotten]).toEqual([2, 1]);
});

test('what has ended makes room without anybody being forgotten', () => {
  const clock = new VirtualClock();
  const list = new DenyList(clock, 1);
  list.add('10.0.0.1', 1_000, 'r');
  clock.advance(1_000);
  list.add('10.0.0.2', 2_000, 'r');
  expect([list.count(), list.forgotten]).toEqual([1, 0]);
});

test('a shorter denial never shortens a longer one, and a longer one goes on counting', () => {
  const clock = new VirtualClock();
  const list = new DenyList(clock, 10);
  list.add('10.0.0.1', 5_000, 'long');
  list.countRefusal(list.find(undefined, '10.0.0.1')!);
  list.add('10.0.0.1', 1_000, 'short');
  expect(list.list()).toMatchObject([{ ruleId: 'long', untilMs: 5_000 }]);
  list.add('10.0.0.1', 9_000, 'longer');
  expect(list.list()).toMatchObject([{ ruleId: 'longer', untilMs: 9_000, refused: 1 }]);
});

test.each([0, -1, Number.NaN])('a denial that ends at %p is none', (untilMs) => {
  const list = new DenyList(new VirtualClock(), 10);
  list.add('10.0.0.1', untilMs, 'r');
  expect(list.count()).toBe(0);
});

type Step =
  | { readonly kind: 'add'; readonly client: number; readonly forMs: number }
  | { readonly kind: 'remove'; readonly client: number }
  | { readonly kind: 'wait'; readonly ms: number };

const stepArb: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      client: fc.nat(30),
      forMs: fc.integer({ min: 1, max: 500 }),
    }),
  },
  fc.record({ kind: fc.constant('remove' as const), client: fc.nat(30) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(100) }),
);

test('is what a list that is searched from end to end would be', () => {
  const nameOf = (client: number) => (client % 2 === 0 ? `client:${client}` : `10.0.0.${client}`);
  fc.assert(
    fc.property(fc.array(stepArb, { maxLength: 300 }), fc.integer({ min: 1, max: 12 }), (steps, bound) => {
      const clock = new VirtualClock();
      const list = new DenyList(clock, bound);
      let naive: { client: string; untilMs: number }[] = [];
      let forgotten = 0;
      for (const step of steps) {
        if (step.kind === 'wait') clock.advance(step.ms);
        naive = naive.filter(({ untilMs }) => untilMs > clock.now());
        if (step.kind === 'remove') {
          const client = nameOf(step.client);
          expect(list.remove(client) !== undefined).toBe(naive.some((one) => one.client === client));
          naive = naive.filter((one) => one.client !== client);
        } else if (step.kind === 'add') {
          const client = nameOf(step.client);
          // Ends that are all different, so that it is certain who goes first.
          const untilMs = clock.now() + step.forMs + (steps.indexOf(step) + 1) / 1_000;
          list.add(client, untilMs, 'r');
          const known = naive.find((one) => one.client === client);
          if (known !== undefined) known.untilMs = Math.max(known.untilMs, untilMs);
          else {
            naive.sort((one, other) => one.untilMs - other.untilMs);
            if (naive.length >= bound) {
              naive.shift();
              forgotten++;
            }
            naive.push({ client, untilMs });
          }
        }
        naive.sort((one, other) => one.untilMs - other.untilMs);
        expect(list.list().map(({ client, untilMs }) => ({ client, untilMs }))).toEqual(naive);
        expect(list.forgotten).toBe(forgotten);
        for (let client = 0; client <= 30; client++) {
          const isDenied = naive.some((one) => one.client === nameOf(client));
          const found =
            client % 2 === 0 ? list.find(String(client), 'x') : list.find(undefined, nameOf(client));
          expect(found !== undefined).toBe(isDenied);
        }
      }
    }),
  );
});
