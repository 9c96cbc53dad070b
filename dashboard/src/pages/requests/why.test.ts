import { describe, expect, test } from 'bun:test';
import { requestRecord } from './request-record.fixture.ts';
import { splitOf, whyOf } from './why.ts';

describe('whyOf', () => {
  test('a long wait, then two attempts', () => {
    const why = whyOf(requestRecord({ total_ms: 8_505, queue_ms: 8_200, upstream_ms: 300, attempts: 2 }));
    expect(why).toEqual({ key: 'sentAfterQueue', times: { queue: 8_200, upstream: 300 }, attempts: 2 });
  });

  test('no wait worth a word', () => {
    expect(whyOf(requestRecord())).toEqual({ key: 'sent', times: { upstream: 300 }, attempts: 1 });
  });

  test('time that was neither queue nor upstream is told when it matters', () => {
    const times = { total_ms: 2_000, queue_ms: 500, upstream_ms: 300 };
    expect(whyOf(requestRecord({ ...times, attempts: 3 }))).toEqual({
      key: 'sentAfterQueueWithRest',
      times: { queue: 500, upstream: 300, other: 1_200 },
      attempts: 3,
    });
    expect(whyOf(requestRecord({ ...times, queue_ms: 0 })).key).toBe('sentWithRest');
    expect(whyOf(requestRecord({ total_ms: 320, queue_ms: 0, upstream_ms: 300 })).key).toBe('sent');
  });

  test('answers of the upstream are told alike, whatever their status', () => {
    expect(whyOf(requestRecord({ outcome: 'upstream_error', status: 502 })).key).toBe('sent');
    expect(whyOf(requestRecord({ outcome: 'client_error', status: 404 })).key).toBe('sent');
  });

  const cached = { total_ms: 0.4, queue_ms: null, upstream_ms: null, attempts: 0 };

  test('an answer from the cache', () => {
    expect(whyOf(requestRecord({ ...cached, cache: 'hit' }))).toEqual({ key: 'hit', times: { total: 0.4 } });
  });

  test('a stale one, with and without a failure behind it', () => {
    expect(whyOf(requestRecord({ ...cached, cache: 'stale' })).key).toBe('stale');
    expect(whyOf(requestRecord({ ...cached, cache: 'stale', code: 'circuit_open' }))).toEqual({
      key: 'staleInstead',
      times: { total: 0.4 },
      code: 'circuit_open',
    });
  });

  const refused = { outcome: 'refused', queue_ms: null, upstream_ms: null, attempts: 0 } as const;

  test('a refusal after a wait that no call ended', () => {
    const record = requestRecord({ ...refused, code: 'queue_timeout', status: 503, total_ms: 60_001 });
    expect(whyOf(record)).toEqual({
      key: 'refusedAfterWait',
      times: { queue: 60_001 },
      code: 'queue_timeout',
    });
    expect(splitOf(record)).toEqual({ queue: 60_001, upstream: 0, other: 0 });
  });

  test('a refusal at once, of the gate or before it', () => {
    const full = requestRecord({ ...refused, code: 'queue_full', status: 503, total_ms: 0.3 });
    expect(whyOf(full)).toEqual({ key: 'refusedAtOnce', times: { total: 0.3 }, code: 'queue_full' });
    const slowBody = requestRecord({ ...refused, code: 'access_denied', status: 403, total_ms: 900 });
    expect(whyOf(slowBody).key).toBe('refusedAtOnce');
    expect(splitOf(slowBody).queue).toBe(0);
  });

  test('a failure after calls', () => {
    const record = requestRecord({
      outcome: 'refused',
      code: 'upstream_timeout',
      status: 504,
      total_ms: 12_000,
      queue_ms: 2_000,
      upstream_ms: 10_000,
      attempts: 2,
    });
    expect(whyOf(record)).toEqual({
      key: 'failedAfterCalls',
      times: { total: 12_000, queue: 2_000, upstream: 10_000 },
      attempts: 2,
      code: 'upstream_timeout',
    });
  });

  test('a client that left, while it waited and while the upstream worked', () => {
    const left = { outcome: 'client_gone', status: 499 } as const;
    expect(whyOf(requestRecord({ ...refused, ...left, total_ms: 4_000 }))).toEqual({
      key: 'goneInQueue',
      times: { total: 4_000 },
    });
    expect(whyOf(requestRecord(left)).key).toBe('goneAtUpstream');
  });

  test('an answer that broke off', () => {
    expect(whyOf(requestRecord({ outcome: 'truncated' })).key).toBe('brokeOff');
  });

  test('an answer of a call that another request had made', () => {
    const joined = requestRecord({ total_ms: 250, queue_ms: 249, upstream_ms: null, attempts: 0 });
    expect(whyOf(joined)).toEqual({ key: 'shared', times: { total: 250 } });
  });

  test('an answer without a call, a queue or a cache', () => {
    expect(whyOf(requestRecord(cached)).key).toBe('gatewayAlone');
  });
});

test('splitOf never has less than nothing', () => {
  expect(splitOf(requestRecord({ total_ms: 100, queue_ms: 60, upstream_ms: 50 })).other).toBe(0);
});
