import { describe, expect, test } from 'bun:test';
import { type ClientLimitAlgorithm, takeFromClientLimit } from '../../../policies/limiter/client-limit.ts';
import { VirtualClock } from '../../../shared/virtual-clock.ts';
import { LocalShares } from './local-shares.ts';

const ALGORITHMS: readonly ClientLimitAlgorithm[] = ['sliding_window', 'token_bucket', 'fixed_window'];

describe('a node’s share of a client limit', () => {
  const setUp = (nodes = 3, maxClients = 100) => {
    const clock = new VirtualClock();
    clock.advance(1_000_000);
    const shares = new LocalShares(clock, () => nodes, maxClients);
    const passes = (
      times: number,
      algorithm: ClientLimitAlgorithm,
      rate: { count: number; windowMs: number },
    ) =>
      Array.from({ length: times }, () => shares.take('c', algorithm, rate)).filter(({ allowed }) => allowed)
        .length;
    return { clock, shares, passes };
  };
  /** As Redis counts: the state after so many requests. */
  const used = (
    requests: number,
    algorithm: ClientLimitAlgorithm,
    rate: { count: number; windowMs: number },
    nowMs: number,
  ) => {
    let state: ReturnType<typeof takeFromClientLimit>['state'] | undefined;
    for (let count = 0; count < requests; count++)
      state = takeFromClientLimit(algorithm, rate, state, nowMs).state;
    return state!;
  };

  test.each(ALGORITHMS)('%s: a client that nobody knows has the count divided by the nodes', (algorithm) => {
    expect(setUp(3).passes(50, algorithm, { count: 10, windowMs: 60_000 })).toBe(3);
    expect(setUp(3).passes(50, algorithm, { count: 2, windowMs: 60_000 })).toBe(1);
  });

  test.each(ALGORITHMS)('%s: what was used up stays used up until something is free again', (algorithm) => {
    const rate = { count: 9, windowMs: 60_000 };
    const { clock, shares, passes } = setUp(3);
    shares.learn('c', used(9, algorithm, rate, clock.now()));
    const refused = shares.take('c', algorithm, rate);
    expect(refused).toMatchObject({ allowed: false, remaining: 0 });
    expect(shares.peek('c', algorithm, rate)).toEqual(refused);
    expect(passes(20, algorithm, rate)).toBe(0);
    clock.advance(refused.resetMs - 1);
    expect(passes(1, algorithm, rate)).toBe(0);
    clock.advance(1.001);
    expect(passes(1, algorithm, rate)).toBe(1);
    clock.advance(200_000);
    expect(passes(20, algorithm, rate)).toBe(3);
  });

  test.each(ALGORITHMS)('%s: all nodes together never give more than was left', (algorithm) => {
    for (const nodes of [1, 2, 3, 7]) {
      for (const count of [1, 2, 5, 9, 20]) {
        for (let requests = 1; requests <= count; requests++) {
          const rate = { count, windowMs: 60_000 };
          const { clock, shares, passes } = setUp(nodes);
          shares.learn('c', used(requests, algorithm, rate, clock.now()));
          const passed = nodes * passes(50, algorithm, rate);
          expect({ nodes, count, requests, isTooMuch: passed > count - requests }).toMatchObject({
            isTooMuch: false,
          });
          // One that is alone loses nothing of what it knows.
          if (nodes === 1) expect(passed).toBe(count - requests);
        }
      }
    }
  });

  test.each(ALGORITHMS)('%s: what passed alone is told once, as long as it counts', (algorithm) => {
    const rate = { count: 9, windowMs: 60_000 };
    const { clock, shares } = setUp(3);
    for (let count = 0; count < 3; count++) shares.owe('c', algorithm, rate, 1);
    expect(shares.collectUntold('c', algorithm, rate)).toBe(3);
    expect(shares.collectUntold('c', algorithm, rate)).toBe(0);
    shares.owe('c', algorithm, rate, 3);
    clock.advance(120_000);
    expect(shares.collectUntold('c', algorithm, rate)).toBe(0);
    // However long it goes on alone: never more than one limit’s worth.
    for (let count = 0; count < 100; count++) {
      shares.owe('c', algorithm, rate, 1);
      clock.advance(1_000);
    }
    expect(shares.collectUntold('c', algorithm, rate)).toBeLessThanOrEqual(9);
  });

  test('what passed alone stays used when Redis says what it counted before', () => {
    const rate = { count: 9, windowMs: 60_000 };
    const { clock, shares, passes } = setUp(3);
    shares.owe('c', 'fixed_window', rate, 3);
    shares.learn('c', used(1, 'fixed_window', rate, clock.now()));
    expect(passes(20, 'fixed_window', rate)).toBe(0);
  });

  test('what is known newly takes the place of what was known', () => {
    const rate = { count: 9, windowMs: 60_000 };
    const { clock, shares } = setUp(3);
    const full = used(9, 'fixed_window', rate, clock.now());
    const half = used(3, 'fixed_window', rate, clock.now());
    expect(shares.take('c', 'fixed_window', rate, full).allowed).toBe(false);
    expect(shares.peek('c', 'fixed_window', rate, half).allowed).toBe(true);
    expect(shares.take('c', 'fixed_window', rate, half).remaining).toBe(1);
    expect(shares.take('c', 'fixed_window', rate, half).remaining).toBe(0);
    expect(shares.taken).toBe(3);
  });

  test('is bounded: the client that was not seen for longest is forgotten', () => {
    const rate = { count: 9, windowMs: 60_000 };
    const { shares } = setUp(3, 2);
    for (const client of ['a', 'b', 'c']) shares.take(client, 'fixed_window', rate);
    expect(shares.forgotten).toBe(1);
    shares.forget('c');
    expect(shares.take('c', 'fixed_window', rate).remaining).toBe(2);
  });
});
