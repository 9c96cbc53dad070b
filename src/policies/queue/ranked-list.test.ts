import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Entry, RankedList } from './ranked-list.ts';

describe('RankedList', () => {
  test('lowest rank first, ties by arrival', () => {
    const list = new RankedList<string>();
    for (const [value, rank] of [
      ['late', 5],
      ['first', 1],
      ['second', 1],
      ['last', 9],
    ] as const) {
      list.insert(value, rank);
    }
    expect([...list.values()]).toEqual(['first', 'second', 'late', 'last']);
    expect(list.first()?.value).toBe('first');
  });

  test('an entry that comes back with its seq has the place it had', () => {
    const list = new RankedList<string>();
    const retried = list.insert('retried', 1);
    list.insert('newer', 1);
    expect(list.remove(retried)).toBe(true);
    list.insert('retried', 1, retried.seq);
    list.insert('newest', 1);
    expect([...list.values()]).toEqual(['retried', 'newer', 'newest']);
  });

  test('position counts who stands before', () => {
    const list = new RankedList<string>();
    const entries = ['a', 'b', 'c'].map((value, index) => list.insert(value, index < 2 ? 1 : 2));
    expect(list.position(0)).toBe(0);
    expect(list.position(1)).toBe(2);
    expect(list.position(2)).toBe(3);
    expect(entries.map(({ rank, seq }) => list.position(rank, seq))).toEqual([0, 1, 2]);
  });

  test('remove says whether the entry was there', () => {
    const list = new RankedList<string>();
    const entry = list.insert('a', 1);
    expect(list.remove({ ...entry })).toBe(false);
    expect(list.remove(entry)).toBe(true);
    expect(list.remove(entry)).toBe(false);
    expect(list.size).toBe(0);
  });

  test('many entries of one rank and one seq are told apart, over more than one bucket', () => {
    const list = new RankedList<number>();
    const entries = Array.from({ length: 2_000 }, (_, index) => list.insert(index, 1, 7));
    for (const entry of entries) expect(list.remove(entry)).toBe(true);
    expect(list.size).toBe(0);
  });

  test('at and slice look into the middle; outside there is nothing', () => {
    const list = new RankedList<number>();
    for (let value = 0; value < 3_000; value++) list.insert(value, value);
    expect(list.at(1_500)?.value).toBe(1_500);
    expect(list.at(3_000)).toBeUndefined();
    expect(list.slice(510, 4).map(({ value }) => value)).toEqual([510, 511, 512, 513]);
    expect(list.slice(2_998, 10).map(({ value }) => value)).toEqual([2_998, 2_999]);
    expect(list.slice(0, 0)).toEqual([]);
  });

  test('clear returns everything in order and leaves a working list', () => {
    const list = new RankedList<number>();
    for (const rank of [3, 1, 2]) list.insert(rank, rank);
    expect(list.clear()).toEqual([1, 2, 3]);
    expect(list.size).toBe(0);
    expect(list.first()).toBeUndefined();
    list.insert(4, 4);
    expect(list.first()?.value).toBe(4);
  });

  test('a rank that is no number is refused', () => {
    expect(() => new RankedList<string>().insert('a', Number.NaN)).toThrow(RangeError);
  });
});

/** The same list, written so plainly that it must be right. */
class NaiveList {
  entries: Entry<number>[] = [];

  insert(entry: Entry<number>): void {
    this.entries.push(entry);
    this.entries.sort((a, b) => a.rank - b.rank || a.seq - b.seq);
  }

  position(rank: number, seq = Number.POSITIVE_INFINITY): number {
    return this.entries.filter((entry) => entry.rank < rank || (entry.rank === rank && entry.seq < seq))
      .length;
  }
}

type Op =
  | { readonly kind: 'insert'; readonly ranks: readonly number[] }
  | { readonly kind: 'remove'; readonly from: number; readonly count: number }
  | { readonly kind: 'return'; readonly which: number };

test('does what a sorted array does', () => {
  const rankArb = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ min: -1e9, max: 1e9, noNaN: true }));
  const opArb: fc.Arbitrary<Op> = fc.oneof(
    fc.record({
      kind: fc.constant('insert' as const),
      ranks: fc.array(rankArb, { size: 'max', maxLength: 300 }),
    }),
    fc.record({ kind: fc.constant('remove' as const), from: fc.nat(2_000), count: fc.nat(300) }),
    fc.record({ kind: fc.constant('return' as const), which: fc.nat(2_000) }),
  );
  fc.assert(
    fc.property(fc.array(opArb, { size: 'max', maxLength: 30 }), rankArb, (ops, probe) => {
      const list = new RankedList<number>();
      const naive = new NaiveList();
      let next = 0;
      for (const op of ops) {
        if (op.kind === 'insert') {
          for (const rank of op.ranks) naive.insert(list.insert(next++, rank));
        } else if (op.kind === 'remove') {
          const from = op.from % (naive.entries.length + 1);
          for (const entry of naive.entries.splice(from, op.count)) expect(list.remove(entry)).toBe(true);
        } else {
          const entry = naive.entries[op.which % (naive.entries.length + 1)];
          if (entry === undefined) continue;
          expect(list.remove(entry)).toBe(true);
          naive.entries.splice(naive.entries.indexOf(entry), 1);
          naive.insert(list.insert(entry.value, entry.rank, entry.seq));
        }
        expect(list.size).toBe(naive.entries.length);
        expect(list.first()).toBe(naive.entries[0]!);
      }
      expect([...list.values()]).toEqual(naive.entries.map(({ value }) => value));
      expect(list.position(probe)).toBe(naive.position(probe));
      for (let index = 0; index < naive.entries.length; index += 17) {
        const entry = naive.entries[index]!;
        expect(list.at(index)).toBe(entry);
        expect(list.position(entry.rank, entry.seq)).toBe(index);
        expect(list.slice(index, 40)).toEqual(naive.entries.slice(index, index + 40));
      }
    }),
    { numRuns: 40 },
  );
});
