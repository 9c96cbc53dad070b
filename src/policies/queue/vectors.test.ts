import { describe, expect, test } from 'bun:test';
import vectors from '../../../test/vectors/rank.json' with { type: 'json' };
import { createRanker, type QueuePolicy, type Ranker, type RankInput } from './rank.ts';
import { type Entry, RankedList } from './ranked-list.ts';

interface Step {
  readonly op: string;
  readonly name?: string;
  readonly call?: Partial<RankInput>;
  readonly expect?: unknown;
}

interface Waiting {
  readonly name: string;
  readonly call: RankInput;
}

function callOf(call: Partial<RankInput> = {}): RankInput {
  return { client: 'a', urgency: 3, arrivedAtMs: 0, cost: 1, ...call };
}

function run(
  ranker: Ranker,
  queue: RankedList<Waiting>,
  entries: Map<string, Entry<Waiting>>,
  step: Step,
): unknown {
  switch (step.op) {
    case 'join': {
      const call = callOf(step.call);
      const rank = ranker.rank(call);
      entries.set(step.name!, queue.insert({ name: step.name!, call }, rank));
      return rank;
    }
    case 'peek':
      return ranker.peek(callOf(step.call));
    case 'serve': {
      const best = queue.first();
      if (best === undefined) return undefined;
      queue.remove(best);
      ranker.served(best.rank);
      return best.value.name;
    }
    case 'cancel': {
      const entry = entries.get(step.name!)!;
      expect(queue.remove(entry)).toBe(true);
      return ranker.cancelled(entry.value.call);
    }
    default:
      throw new Error(`no such op: ${step.op}`);
  }
}

describe('rank.json', () => {
  for (const vector of vectors.cases) {
    test(vector.name, () => {
      const weights = vector.weights as Record<string, number>;
      const ranker = createRanker(vector.policy as QueuePolicy, { agingMs: vector.agingMs, weights });
      const queue = new RankedList<Waiting>();
      const entries = new Map<string, Entry<Waiting>>();
      for (const step of vector.steps as Step[]) {
        const answer = run(ranker, queue, entries, step);
        if ('expect' in step) expect({ step, answer }).toEqual({ step, answer: step.expect });
      }
    });
  }
});
