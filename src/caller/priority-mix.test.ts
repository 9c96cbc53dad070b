import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { seededRandom } from '../shared/random.ts';
import { assignUrgencies, parsePriorityMix } from './priority-mix.ts';

function counts(urgencies: readonly (number | undefined)[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const urgency of urgencies) counted[String(urgency)] = (counted[String(urgency)] ?? 0) + 1;
  return counted;
}

describe('parsePriorityMix', () => {
  test('reads shares and priorities', () => {
    expect(parsePriorityMix('10%:0, 20.5%:5')).toEqual({
      ok: true,
      mix: [
        { percent: 10, urgency: 0 },
        { percent: 20.5, urgency: 5 },
      ],
    });
    expect(parsePriorityMix('33.3%:0,33.3%:1,33.4%:2').ok).toBe(true);
  });

  test.each([
    ['', '"" is not of the form 10%:0'],
    ['10:0', '"10:0" is not of the form 10%:0'],
    ['10%:0,', '"" is not of the form 10%:0'],
    ['10%:x', '"10%:x" is not of the form 10%:0'],
    ['10%:8', 'the priority in "10%:8" must be 0 to 7'],
    ['0%:1', 'the share in "0%:1" must be above 0% and at most 100%'],
    ['101%:1', 'the share in "101%:1" must be above 0% and at most 100%'],
    ['60%:1,50%:2', 'the shares add up to 110%, more than 100%'],
    ['10%:1,20%:1', 'priority 1 is named twice'],
  ])('refuses %j and says why', (text, reason) => {
    expect(parsePriorityMix(text)).toEqual({ ok: false, reason });
  });
});

describe('assignUrgencies', () => {
  test('shares are exact', () => {
    const mix = [
      { percent: 10, urgency: 0 },
      { percent: 20, urgency: 5 },
    ];
    expect(counts(assignUrgencies(50, mix, seededRandom(1)))).toEqual({ '0': 5, '5': 10, undefined: 35 });
    expect(counts(assignUrgencies(50, [], seededRandom(1)))).toEqual({ undefined: 50 });
    expect(counts(assignUrgencies(7, [{ percent: 100, urgency: 2 }], seededRandom(1)))).toEqual({ '2': 7 });
  });

  test('is repeatable by its seed, and mixed', () => {
    const mix = [{ percent: 50, urgency: 0 }];
    const first = assignUrgencies(40, mix, seededRandom(9));
    expect(assignUrgencies(40, mix, seededRandom(9))).toEqual(first);
    expect(assignUrgencies(40, mix, seededRandom(10))).not.toEqual(first);
    expect(first).not.toEqual(Array.from({ length: 40 }, (_, index) => (index < 20 ? 0 : undefined)));
  });

  test('any mix: every call is assigned, and no share is off by a whole call', () => {
    const mixes = fc
      .uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 8 })
      .chain((urgencies) =>
        fc.tuple(
          fc.constant(urgencies),
          fc.array(fc.integer({ min: 1, max: 12 }), {
            minLength: urgencies.length,
            maxLength: urgencies.length,
          }),
        ),
      );
    fc.assert(
      fc.property(
        mixes,
        fc.integer({ min: 1, max: 500 }),
        fc.integer(),
        ([urgencies, percents], count, seed) => {
          const mix = urgencies.map((urgency, index) => ({ urgency, percent: percents[index]! }));
          const assigned = assignUrgencies(count, mix, seededRandom(seed));
          expect(assigned).toHaveLength(count);
          const counted = counts(assigned);
          for (const { urgency, percent } of mix) {
            expect(Math.abs((counted[urgency] ?? 0) - (percent * count) / 100)).toBeLessThan(1);
          }
        },
      ),
    );
  });
});
