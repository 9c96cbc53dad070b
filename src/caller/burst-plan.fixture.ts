import type { BurstPlan } from './burst-plan.ts';

/** A burst against `GET /score?cpf=…`. */
export function scorePlan(over: Partial<BurstPlan> = {}): BurstPlan {
  return {
    route: {
      path: '/score',
      params: {
        cpf: { pattern: 'cpf', control: undefined },
        priority: { pattern: undefined, control: 'urgency' },
      },
      client: { header: 'client-id' },
    },
    upstream: 'score',
    sandbox: false,
    call: { method: 'GET', rest: undefined, params: {}, headers: {}, body: undefined },
    client: 'load-test',
    count: 3,
    concurrency: 3,
    mix: [],
    mixText: undefined,
    rate: undefined,
    same: false,
    seed: undefined,
    timeoutMs: 5_000,
    forecast: {
      upstream: 'score',
      sandbox: false,
      count: 3,
      expectedMs: 1,
      limit: undefined,
      boundedBy: 'nothing',
      alreadyWaiting: 0,
      willBeRefused: 0,
      obstacles: [],
    },
    ...over,
  };
}
