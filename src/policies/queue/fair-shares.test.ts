import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { FairShares } from './fair-shares.ts';
import { RankedList } from './ranked-list.ts';

describe('FairShares', () => {
  test('tags grow by cost over weight', () => {
    const shares = new FairShares({ heavy: 4 });
    expect([1, 2, 3].map(() => shares.startTag({ client: 'heavy', cost: 2 }))).toEqual([0, 0.5, 1]);
    expect([1, 2, 3].map(() => shares.startTag({ client: 'plain', cost: 2 }))).toEqual([0, 2, 4]);
  });

  test('whoever was away starts now and has saved nothing up', () => {
    const shares = new FairShares({});
    const tags = Array.from({ length: 10 }, () => shares.startTag({ client: 'busy', cost: 1 }));
    for (const tag of tags) shares.served(tag);
    expect(shares.startTag({ client: 'newcomer', cost: 1 })).toBe(9);
    expect(shares.startTag({ client: 'newcomer', cost: 1 })).toBe(10);
  });

  test('virtual time never runs backwards', () => {
    const shares = new FairShares({});
    shares.served(5);
    shares.served(3);
    expect(shares.startTag({ client: 'a', cost: 1 })).toBe(5);
  });

  test('clients named like a property of every object have the weight 1', () => {
    const shares = new FairShares({});
    for (const client of ['constructor', '__proto__', 'toString']) {
      expect([shares.startTag({ client, cost: 1 }), shares.startTag({ client, cost: 1 })]).toEqual([0, 1]);
    }
  });

  test('clients whose calls are all in the past are forgotten', () => {
    const shares = new FairShares({});
    for (let index = 0; index < 100_000; index++) {
      shares.served(shares.startTag({ client: `client ${index}`, cost: 1 }));
      shares.served(index);
    }
    expect(shares.size).toBeLessThanOrEqual(128);
  });

  test('a flood of clients that come once stays within the bound, and keeps its order', () => {
    const shares = new FairShares({}, 1_000);
    let lastTag = 0;
    for (let index = 0; index < 100_000; index++) {
      const tag = shares.startTag({ client: `client ${index}`, cost: 1 });
      expect(tag).toBeGreaterThanOrEqual(lastTag);
      lastTag = tag;
      expect(shares.size).toBeLessThanOrEqual(1_000);
    }
  });

  test('cancelling what was never asked for changes nothing', () => {
    const shares = new FairShares({});
    shares.cancelled({ client: 'a', cost: 1 });
    expect(shares.startTag({ client: 'a', cost: 1 })).toBe(0);
    expect(shares.size).toBe(1);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a weight of %p is refused by name', (weight) => {
    expect(() => new FairShares({ bulk: weight })).toThrow(RangeError);
    expect(() => new FairShares({ bulk: weight })).toThrow('bulk');
  });
});

/**
 * Theorem 1 of the paper: over any time in which two clients both always have a call waiting, the work done for each,
 * divided by its weight, differs by no more than one largest call of each.
 */
test('two clients with always something waiting are served alike, whatever the others do', () => {
  const weightArb = fc.constantFrom(0.5, 1, 2, 4, 8);
  const costArb = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(
      weightArb,
      weightArb,
      fc.array(costArb, { minLength: 1, maxLength: 7 }),
      fc.array(fc.record({ client: fc.nat(5), cost: costArb }), { size: 'max', maxLength: 100 }),
      (weightA, weightB, costs, others) => {
        const shares = new FairShares({ a: weightA, b: weightB });
        const waiting = new RankedList<{ client: string; cost: number }>();
        const join = (client: string, cost: number) => {
          waiting.insert({ client, cost }, shares.startTag({ client, cost }));
        };
        const work = { a: 0, b: 0 };
        const history: { a: number; b: number }[] = [{ ...work }];
        for (const cost of costs) {
          join('a', cost);
          join('b', 5);
        }
        for (let step = 0; step < 200; step++) {
          const other = others[step];
          if (other !== undefined) join(`other ${other.client}`, other.cost);
          const best = waiting.first()!;
          waiting.remove(best);
          shares.served(best.rank);
          const { client, cost } = best.value;
          if (client === 'a' || client === 'b') {
            work[client] += cost;
            join(client, client === 'a' ? costs[step % costs.length]! : 5);
            history.push({ ...work });
          }
        }
        const bound = Math.max(...costs) / weightA + 5 / weightB + 1e-9;
        for (let from = 0; from < history.length; from += 7) {
          for (let to = from; to < history.length; to++) {
            const doneA = (history[to]!.a - history[from]!.a) / weightA;
            const doneB = (history[to]!.b - history[from]!.b) / weightB;
            expect(Math.abs(doneA - doneB)).toBeLessThanOrEqual(bound);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});
