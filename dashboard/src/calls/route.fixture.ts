import type { RouteView } from '../api/types.ts';

/** Routes as `comporta.yaml` has them. */
export const SCORE: RouteView = {
  path: '/proxy/score',
  methods: ['GET'],
  upstream: 'score',
  sandbox: true,
  params: [
    { name: 'cpf', required: true, pattern: 'cpf', personal: true, control: null },
    { name: 'priority', required: false, pattern: null, personal: false, control: 'urgency' },
    { name: 'client_id', required: false, pattern: null, personal: false, control: 'client' },
  ],
  cached: true,
  body: null,
  urgency: 3,
  client_required: true,
  client_limit: null,
  timeout_ms: 10_000,
};

export const DATA: RouteView = {
  ...SCORE,
  path: '/api/proxy/data',
  methods: ['POST'],
  upstream: 'external',
  params: [],
  cached: false,
  body: 'json',
  client_required: false,
};

export const PASSED: RouteView = {
  ...DATA,
  path: '/ml/*',
  methods: ['*'],
  upstream: 'mercadolibre',
  body: null,
};

/** A route that is paced, takes no parameter and is not cached, but for what is said. */
export function routeWith(change: Partial<RouteView>): RouteView {
  return { ...SCORE, params: [], cached: false, client_required: false, ...change };
}
