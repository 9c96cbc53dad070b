import { describe, expect, test } from 'bun:test';
import vectors from '../../../test/vectors/breaker.json' with { type: 'json' };
import { Breaker, type BreakerPermit, type BreakerSettings, type Outcome } from './breaker.ts';

interface Step {
  readonly at: number;
  readonly op: string;
  readonly as?: string;
  readonly permit?: string;
  readonly outcome?: Outcome;
  readonly times?: number;
  readonly state?: 'open' | 'closed' | 'reset';
  readonly forMs?: number;
  readonly settings?: Partial<BreakerSettings>;
  readonly expect?: unknown;
}

/** Rules that a vector leaves out are not set. */
function settingsOf(settings: Partial<BreakerSettings>): BreakerSettings {
  return {
    consecutive: undefined,
    failureRate: undefined,
    slowCalls: undefined,
    ...settings,
  } as BreakerSettings;
}

function run(breaker: Breaker, permits: Map<string, BreakerPermit>, step: Step): unknown {
  const { at, op, outcome = 'success' } = step;
  switch (op) {
    case 'enter': {
      const entrance = breaker.tryEnter(at);
      if (entrance.kind !== 'go') return entrance;
      permits.set(step.as!, entrance.permit);
      return { kind: 'go', probe: entrance.permit.probe };
    }
    case 'end':
      return breaker.end(permits.get(step.permit!)!, outcome, at);
    case 'calls':
      for (let time = 0; time < step.times!; time++) {
        const entrance = breaker.tryEnter(at);
        if (entrance.kind !== 'go') throw new Error(`call ${time} was not let through: ${entrance.kind}`);
        breaker.end(entrance.permit, outcome, at);
      }
      return undefined;
    case 'admits':
      return breaker.admits(at);
    case 'state':
      return breaker.state(at);
    case 'window':
      return breaker.window(at);
    case 'force':
      return breaker.force(step.state!, at, step.forMs!);
    case 'configure':
      return breaker.configure(settingsOf(step.settings!), at);
    case 'opened':
      return breaker.opened;
    default:
      throw new Error(`no such op: ${op}`);
  }
}

describe('breaker.json', () => {
  for (const vector of vectors.cases) {
    test(vector.name, () => {
      const breaker = new Breaker(settingsOf(vector.settings as Partial<BreakerSettings>));
      const permits = new Map<string, BreakerPermit>();
      for (const step of vector.steps as Step[]) {
        const answer = run(breaker, permits, step);
        if ('expect' in step) expect({ step, answer }).toEqual({ step, answer: step.expect });
      }
    });
  }
});
