import { describe, expect, test } from 'bun:test';
import clientLimits from '../../../test/vectors/client-limit.json' with { type: 'json' };
import limiter from '../../../test/vectors/limiter.json' with { type: 'json' };
import { type ClientLimitAlgorithm, type ClientLimitState, takeFromClientLimit } from './client-limit.ts';
import { LimitSet, type LimitSettings } from './limit-set.ts';

interface VectorLimit {
  readonly count: number;
  readonly windowMs: number;
  readonly even?: boolean;
  readonly guardMs?: number;
}

interface LimiterStep {
  readonly at: number;
  readonly op: string;
  readonly cost?: number;
  readonly ahead?: number;
  readonly horizonMs?: number;
  readonly limits?: readonly VectorLimit[];
  readonly expect?: unknown;
}

function settingsOf(limits: readonly VectorLimit[]): LimitSettings[] {
  return limits.map(({ count, windowMs, even = false, guardMs = 0 }) => ({
    rate: { count, windowMs },
    even,
    guardMs,
  }));
}

/** As the vectors write it: null for infinity, ms to the thousandth. */
function written(answer: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answer ?? null, (_, value) =>
      typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value,
    ),
  );
}

function run(limits: LimitSet, step: LimiterStep): unknown {
  const { at, op, cost = 1, ahead = 0, horizonMs = 0 } = step;
  switch (op) {
    case 'readyAt':
      return limits.readyAt(at, cost);
    case 'acquire':
      return limits.acquire(at, cost);
    case 'sent':
      return limits.sent(at, cost);
    case 'giveBack':
      return limits.giveBack(cost);
    case 'slotAt':
      return limits.slotAt(at, ahead, cost);
    case 'burstWithin':
      return limits.burstWithin(at, horizonMs);
    case 'configure':
      return limits.configure(settingsOf(step.limits ?? []), at);
    default:
      throw new Error(`no such op: ${op}`);
  }
}

describe('limiter.json', () => {
  for (const vector of limiter.cases) {
    test(vector.name, () => {
      const limits = new LimitSet(settingsOf(vector.limits));
      for (const step of vector.steps as LimiterStep[]) {
        const answer = run(limits, step);
        if ('expect' in step)
          expect({ step, answer: written(answer) }).toEqual({ step, answer: step.expect });
      }
    });
  }
});

describe('client-limit.json', () => {
  for (const vector of clientLimits.cases) {
    test(vector.name, () => {
      let state: ClientLimitState | undefined;
      for (const step of vector.steps as { at: number; times?: number; expect: unknown }[]) {
        let answer: unknown;
        for (let time = 0; time < (step.times ?? 1); time++) {
          const taken = takeFromClientLimit(
            vector.algorithm as ClientLimitAlgorithm,
            vector.rate,
            state,
            step.at,
          );
          state = taken.state;
          const { allowed, remaining, resetMs } = taken.decision;
          answer = { allowed, remaining, resetMs };
        }
        expect({ step, answer: written(answer) }).toEqual({ step, answer: step.expect });
      }
    });
  }
});
