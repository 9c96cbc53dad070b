import { describe, expect, test } from 'bun:test';
import { createRanker, type RankInput, rankFifo, rankPriority } from './rank.ts';

function call(more: Partial<RankInput> = {}): RankInput {
  return { client: 'a', urgency: 3, arrivedAtMs: 0, cost: 1, ...more };
}

const settings = { agingMs: 30_000, weights: {} };

describe('fifo', () => {
  test('is the arrival, whatever the urgency', () => {
    expect(rankFifo(call({ arrivedAtMs: 7, urgency: 0 }))).toBe(7);
    expect(createRanker('fifo', settings).rank(call({ arrivedAtMs: 7, urgency: 7 }))).toBe(7);
  });
});

describe('priority', () => {
  test('one level of urgency is worth agingMs of waiting', () => {
    expect(rankPriority(call({ urgency: 0, arrivedAtMs: 30_000 }), 30_000)).toBe(
      rankPriority(call({ urgency: 1, arrivedAtMs: 0 }), 30_000),
    );
  });

  test('the least urgent is overtaken for seven agings at most', () => {
    const { rank } = createRanker('priority', settings);
    const least = rank(call({ urgency: 7, arrivedAtMs: 0 }));
    expect(rank(call({ urgency: 0, arrivedAtMs: 209_999 }))).toBeLessThan(least);
    expect(rank(call({ urgency: 0, arrivedAtMs: 210_001 }))).toBeGreaterThan(least);
  });

  test('an aging that is no duration is refused', () => {
    expect(() => createRanker('priority', { agingMs: -1, weights: {} })).toThrow(RangeError);
    expect(() => createRanker('priority', { agingMs: Number.NaN, weights: {} })).toThrow('agingMs');
  });
});

describe('fair', () => {
  test('a client’s calls stand one after the other, another client’s beside them', () => {
    const ranker = createRanker('fair', settings);
    expect([1, 2, 3].map(() => ranker.rank(call({ client: 'greedy' })))).toEqual([0, 1, 2]);
    expect(ranker.rank(call({ client: 'modest' }))).toBe(0);
  });

  test('peek tells the rank and changes nothing', () => {
    const ranker = createRanker('fair', settings);
    ranker.rank(call());
    expect([ranker.peek(call()), ranker.peek(call())]).toEqual([1, 1]);
    expect(ranker.rank(call())).toBe(1);
  });

  test('a cancelled call does not hold its client’s next one back', () => {
    const ranker = createRanker('fair', settings);
    for (let index = 0; index < 50; index++) ranker.rank(call());
    for (let index = 0; index < 50; index++) ranker.cancelled(call());
    expect(ranker.rank(call())).toBe(0);
  });
});
