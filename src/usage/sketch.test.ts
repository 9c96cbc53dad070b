import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { seededRandom } from '../shared/random.ts';
import { HeavyHitters } from './sketch.ts';

/** A sketch with the true number of touches of each row's present key, and of those that went to `other`. */
function counted(capacity: number) {
  const counts: number[] = [];
  const names: string[] = [];
  const sum = { other: 0 };
  const sketch = new HeavyHitters<string>(
    capacity,
    (row) => {
      sum.other += counts[row]!;
    },
    (row, _scope, key) => {
      counts[row] = 0;
      names[row] = key;
    },
  );
  const touch = (key: string) => counts[sketch.touch(0, key)]!++;
  return { sketch, counts, names, sum, touch };
}

describe('HeavyHitters', () => {
  test('below its bound every key is exact', () => {
    const { sketch, counts, names, sum, touch } = counted(100);
    for (let index = 0; index < 1_000; index++) touch(`k${index % 100}`);
    expect(sketch.size).toBe(100);
    expect(sketch.evictions).toBe(0);
    expect(sum.other).toBe(0);
    expect(new Set(names).size).toBe(100);
    expect(counts.every((count) => count === 10)).toBe(true);
  });

  test('the same key in two scopes has two rows', () => {
    const sketch = new HeavyHitters<string>(
      4,
      () => {},
      () => {},
    );
    expect(sketch.touch(0, 'a')).not.toBe(sketch.touch(1, 'a'));
    expect(sketch.touch(0, 'a')).toBe(0);
  });

  test('heavy keys keep their name among ten times as many light ones', () => {
    const random = seededRandom(11);
    const { names, touch } = counted(200);
    for (let index = 0; index < 50_000; index++) {
      touch(random.next() < 0.5 ? `heavy${Math.floor(random.next() * 20)}` : `light${index}`);
    }
    for (let heavy = 0; heavy < 20; heavy++) expect(names).toContain(`heavy${heavy}`);
  });

  test('the bounds of the paper hold for every stream, and nothing is lost', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 60 })), {
          maxLength: 400,
        }),
        (capacity, stream) => {
          const { sketch, counts, names, sum, touch } = counted(capacity);
          const truth = new Map<string, number>();
          for (const item of stream) {
            const key = `k${item}`;
            truth.set(key, (truth.get(key) ?? 0) + 1);
            touch(key);
          }
          const total = stream.length;
          expect(counts.reduce((a, b) => a + b, 0) + sum.other).toBe(total);
          expect(names.length).toBeLessThanOrEqual(capacity);
          expect(new Set(names).size).toBe(names.length);
          for (const [key, count] of truth) {
            const row = names.indexOf(key);
            if (count > total / capacity) expect(row).toBeGreaterThanOrEqual(0);
            if (row === -1) continue;
            expect(counts[row]!).toBeLessThanOrEqual(count);
            expect(sketch.weight(row)).toBeGreaterThanOrEqual(count);
            expect(sketch.weight(row) - count).toBeLessThanOrEqual(total / capacity);
          }
        },
      ),
    );
  });

  test('refuses to be built without room', () => {
    expect(
      () =>
        new HeavyHitters(
          0,
          () => {},
          () => {},
        ),
    ).toThrow(RangeError);
  });
});
