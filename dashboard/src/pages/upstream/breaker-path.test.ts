import { describe, expect, test } from 'bun:test';
import type { TimelineEntry, UpstreamDetail, UpstreamStatus } from '../../api/types.ts';
import { breakerPath, lastTransitions, opensAfter } from './breaker-path.ts';

const settings: NonNullable<UpstreamDetail['settings']['breaker']> = {
  consecutive: 3,
  failure_rate: null,
  slow_calls: null,
  open_for: '1.5m',
  probes: 2,
  probe_timeout: '10s',
};
const status: NonNullable<UpstreamStatus['breaker']> = {
  state: 'closed',
  forced: false,
  since: null,
  until: null,
  reason: null,
  consecutive_failures: 1,
  window: { failure_rate: null, slow_calls: null },
};
const failureRate = { threshold: 0.5, window: '1m', minimum: 20 };
const slowCalls = { duration: '2s', threshold: 0.25, window: '30s', minimum: 10 };

describe('the path of a breaker', () => {
  test('says the thresholds in force', () => {
    const path = breakerPath(settings, status);
    expect(path).toEqual({
      current: 'closed',
      forced: false,
      rules: [{ kind: 'consecutive', failures: 3, now: 1 }],
      openForMs: 90_000,
      probes: 2,
      probeLimitMs: 10_000,
    });
    expect(opensAfter(path)).toBe(3);
  });

  test('names every rule that there is, with what it has counted', () => {
    const window = { failure_rate: { calls: 20, failures: 4 }, slow_calls: { calls: 12, slow: 1 } };
    const both = { ...settings, failure_rate: failureRate, slow_calls: slowCalls };
    const path = breakerPath(both, { ...status, window });
    expect(path.rules.map(({ kind }) => kind)).toEqual(['consecutive', 'failure_rate', 'slow_calls']);
    const byShares = breakerPath({ ...both, consecutive: null }, { ...status, window });
    expect(byShares.rules).toEqual([
      {
        kind: 'failure_rate',
        threshold: 0.5,
        minimum: 20,
        windowMs: 60_000,
        counted: { calls: 20, hits: 4 },
      },
      {
        kind: 'slow_calls',
        threshold: 0.25,
        minimum: 10,
        windowMs: 30_000,
        durationMs: 2_000,
        counted: { calls: 12, hits: 1 },
      },
    ]);
    expect(opensAfter(byShares)).toBeUndefined();
  });

  test('a rule that came with new settings may not have been counted yet', () => {
    const { rules } = breakerPath({ ...settings, failure_rate: failureRate }, status);
    expect(rules[1]).toMatchObject({ kind: 'failure_rate', counted: undefined });
  });

  test('a probe may take as long as the shorter of its timeout and what is slow', () => {
    const limit = (probe: string) =>
      breakerPath({ ...settings, slow_calls: slowCalls, probe_timeout: probe }, status).probeLimitMs;
    expect([limit('10s'), limit('500ms')]).toEqual([2_000, 500]);
  });
});

describe('the last transitions', () => {
  const entry = (id: number, change: Partial<TimelineEntry>): TimelineEntry => ({
    id,
    at: '2026-01-01T00:00:00.000Z',
    kind: 'breaker',
    upstream: 'score',
    facts: { from: 'closed', to: 'open', reason: 'consecutive', for_ms: 30_000 },
    times: 1,
    ...change,
  });

  test('are those of the breaker of this upstream, in the order of the timeline', () => {
    const timeline = [
      entry(9, {}),
      entry(8, { upstream: 'external' }),
      entry(7, { kind: 'paused', facts: { for_ms: null, reason: 'x' } }),
      entry(6, { facts: { from: 'open', to: 'half_open' } }),
    ];
    const found = lastTransitions(timeline, 'score', 10);
    expect(found.map(({ id }) => id)).toEqual([9, 6]);
    expect(found[0]).toMatchObject({ from: 'closed', to: 'open', reason: 'consecutive', forMs: 30_000 });
    expect(found[1]).toMatchObject({ from: 'open', to: 'half_open', reason: undefined, forMs: undefined });
  });

  test('tell what a forced breaker is forced to', () => {
    const facts = { from: 'closed', to: 'forced', as: 'open', for_ms: 60_000 };
    const back = { from: 'forced', to: 'closed' };
    const [first, second] = lastTransitions([entry(2, { facts: back }), entry(1, { facts })], 'score', 10);
    expect(first).toMatchObject({ from: 'forced', to: 'closed' });
    expect(second).toMatchObject({ to: 'forced_open', forMs: 60_000 });
  });

  test('are at most so many, and none that cannot be read', () => {
    const odd = entry(5, { facts: { from: 'closed', to: 'molten' } });
    expect(
      lastTransitions([odd, entry(4, {}), entry(3, {}), entry(2, {})], 'score', 2).map(({ id }) => id),
    ).toEqual([4, 3]);
  });
});
