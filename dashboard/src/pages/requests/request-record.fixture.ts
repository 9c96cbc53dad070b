import type { RequestRecord } from '../../api/types.ts';

/** A finished request for tests: a success that took 300 ms at the upstream, but for what is given. */
export function requestRecord(given: Partial<RequestRecord> = {}): RequestRecord {
  return {
    seq: 1,
    id: 'r-1',
    ended_at: '2026-11-21T06:00:00.000Z',
    route: '/proxy/score',
    upstream: 'score',
    method: 'GET',
    path: '/proxy/score',
    client: 'web',
    urgency: 3,
    outcome: 'success',
    status: 200,
    code: null,
    cache: 'none',
    total_ms: 301,
    queue_ms: 0.4,
    upstream_ms: 300,
    attempts: 1,
    bytes: 47,
    ...given,
  };
}
