import { describe, expect, test } from 'bun:test';
import { seededRandom } from '../../shared/random.ts';
import { Breaker, type BreakerPermit, type BreakerSettings, type Outcome } from './breaker.ts';

const base: BreakerSettings = {
  consecutive: 3,
  failureRate: undefined,
  slowCalls: undefined,
  openForMs: 1_000,
  probes: 1,
  probeTimeoutMs: 500,
};

function build(more: Partial<BreakerSettings> = {}): Breaker {
  return new Breaker({ ...base, ...more });
}

function enter(breaker: Breaker, nowMs: number): BreakerPermit {
  const entrance = breaker.tryEnter(nowMs);
  if (entrance.kind !== 'go') throw new Error(`not let through: ${JSON.stringify(entrance)}`);
  return entrance.permit;
}

function call(breaker: Breaker, outcome: Outcome, nowMs: number, durationMs = 0): void {
  breaker.end(enter(breaker, nowMs), outcome, nowMs + durationMs);
}

function fail(breaker: Breaker, times: number, nowMs: number): void {
  for (let time = 0; time < times; time++) call(breaker, 'failure', nowMs);
}

describe('closed', () => {
  test('opens on the last of so many failures in a row', () => {
    const breaker = build();
    fail(breaker, 2, 0);
    expect(breaker.state(0)).toEqual({ kind: 'closed', sinceMs: undefined, consecutiveFailures: 2 });
    fail(breaker, 1, 10);
    expect(breaker.state(10)).toEqual({ kind: 'open', sinceMs: 10, untilMs: 1_010, reason: 'consecutive' });
    expect(breaker.opened).toBe(1);
  });

  test('a success in between begins the count anew; ignored calls do not', () => {
    const breaker = build();
    fail(breaker, 2, 0);
    call(breaker, 'success', 0);
    fail(breaker, 2, 0);
    call(breaker, 'ignore', 0);
    expect(breaker.state(0)).toEqual({ kind: 'closed', sinceMs: undefined, consecutiveFailures: 2 });
    fail(breaker, 1, 0);
    expect(breaker.state(0).kind).toBe('open');
  });

  test('a permit ends once', () => {
    const breaker = build();
    const permit = enter(breaker, 0);
    for (let time = 0; time < 5; time++) breaker.end(permit, 'failure', 0);
    expect(breaker.state(0)).toEqual({ kind: 'closed', sinceMs: undefined, consecutiveFailures: 1 });
  });

  test('a call of before it opened says nothing when it ends after it closed again', () => {
    const breaker = build({ consecutive: 1 });
    const early = enter(breaker, 0);
    call(breaker, 'failure', 0);
    call(breaker, 'success', 1_000);
    expect(breaker.state(1_000).kind).toBe('closed');
    breaker.end(early, 'failure', 1_001);
    expect(breaker.state(1_001)).toEqual({ kind: 'closed', sinceMs: 1_000, consecutiveFailures: 0 });
  });
});

describe('failure rate', () => {
  const failureRate = { threshold: 0.5, windowMs: 10_000, minimum: 4 };

  test('opens when the share is reached and the minimum met, be it by a success', () => {
    const breaker = build({ consecutive: undefined, failureRate });
    fail(breaker, 2, 0);
    call(breaker, 'success', 0);
    expect(breaker.state(0).kind).toBe('closed');
    call(breaker, 'success', 0);
    expect(breaker.state(0)).toMatchObject({ kind: 'open', reason: 'failure_rate' });
  });

  test('stays closed below the share', () => {
    const breaker = build({ consecutive: undefined, failureRate });
    for (let round = 0; round < 100; round++) {
      call(breaker, 'success', round);
      call(breaker, 'success', round);
      call(breaker, 'failure', round);
    }
    expect(breaker.state(100).kind).toBe('closed');
  });

  test('after a long silence old failures do not vote', () => {
    const breaker = build({ consecutive: undefined, failureRate });
    fail(breaker, 3, 0);
    fail(breaker, 1, 3_600_000);
    expect(breaker.state(3_600_000).kind).toBe('closed');
  });

  test('after a long silence old successes do not vote either', () => {
    const breaker = build({ consecutive: undefined, failureRate });
    for (let time = 0; time < 1_000; time++) call(breaker, 'success', 0);
    fail(breaker, 4, 3_600_000);
    expect(breaker.state(3_600_000).kind).toBe('open');
  });

  test('closing forgets the rate that opened it', () => {
    const breaker = build({ consecutive: undefined, failureRate });
    fail(breaker, 4, 0);
    call(breaker, 'success', 1_000);
    fail(breaker, 3, 1_001);
    expect(breaker.state(1_001).kind).toBe('closed');
  });
});

describe('slow calls', () => {
  const slowCalls = { durationMs: 100, threshold: 0.5, windowMs: 10_000, minimum: 2 };

  test('opens when too many calls take longer than allowed, successful or not', () => {
    const breaker = build({ slowCalls });
    call(breaker, 'success', 0, 101);
    expect(breaker.state(101).kind).toBe('closed');
    call(breaker, 'success', 200, 10);
    expect(breaker.state(210)).toMatchObject({ kind: 'open', reason: 'slow_calls' });
  });

  test('a call that takes exactly as long as allowed is not slow', () => {
    const breaker = build({ slowCalls });
    for (let time = 0; time < 10; time++) call(breaker, 'success', time * 1_000, 100);
    expect(breaker.state(20_000).kind).toBe('closed');
  });

  test('a slow probe opens again', () => {
    const breaker = build({ slowCalls });
    fail(breaker, 3, 0);
    call(breaker, 'success', 1_000, 101);
    expect(breaker.state(1_101)).toEqual({
      kind: 'open',
      sinceMs: 1_101,
      untilMs: 2_101,
      reason: 'slow_calls',
    });
  });
});

describe('the window', () => {
  const failureRate = { threshold: 0.5, windowMs: 10_000, minimum: 4 };
  const slowCalls = { durationMs: 100, threshold: 0.5, windowMs: 20_000, minimum: 4 };
  const NOTHING = { failureRate: { calls: 0, failures: 0 }, slowCalls: { calls: 0, slow: 0 } };

  test('is told for the rules that there are', () => {
    expect(build().window(0)).toEqual({ failureRate: undefined, slowCalls: undefined });
    expect(build({ failureRate }).window(0)).toEqual({
      failureRate: { calls: 0, failures: 0 },
      slowCalls: undefined,
    });
    expect(build({ slowCalls }).window(0)).toEqual({
      failureRate: undefined,
      slowCalls: { calls: 0, slow: 0 },
    });
  });

  test('counts calls that failed and calls that were slow; ignored ones are neither', () => {
    const breaker = build({ failureRate, slowCalls });
    call(breaker, 'failure', 0);
    call(breaker, 'success', 0, 101);
    call(breaker, 'success', 200, 100);
    call(breaker, 'ignore', 300, 500);
    expect(breaker.window(800)).toEqual({
      failureRate: { calls: 3, failures: 1 },
      slowCalls: { calls: 3, slow: 1 },
    });
  });

  test('is empty after a long silence, without a call in between', () => {
    const breaker = build({ failureRate, slowCalls });
    fail(breaker, 2, 0);
    call(breaker, 'success', 0, 101);
    expect(breaker.window(9_999)).toMatchObject({ failureRate: { calls: 3 }, slowCalls: { calls: 3 } });
    expect(breaker.window(10_000)).toMatchObject({ failureRate: { calls: 0 }, slowCalls: { calls: 3 } });
    expect(breaker.window(86_400_000)).toEqual(NOTHING);
  });

  test('shows what opened it while it is open, and begins anew when it closes, forced states included', () => {
    const breaker = build({ consecutive: undefined, failureRate, openForMs: 1_000 });
    fail(breaker, 4, 0);
    expect(breaker.window(999).failureRate).toEqual({ calls: 4, failures: 4 });
    call(breaker, 'success', 1_000);
    expect(breaker.window(1_000).failureRate).toEqual({ calls: 0, failures: 0 });
    fail(breaker, 2, 1_000);
    breaker.force('closed', 1_000, 500);
    fail(breaker, 5, 1_100);
    expect(breaker.window(1_499).failureRate).toEqual({ calls: 2, failures: 2 });
    expect(breaker.window(1_500).failureRate).toEqual({ calls: 0, failures: 0 });
  });

  test('looking at it at every step changes no decision', () => {
    const settings = { consecutive: undefined, failureRate, slowCalls, probes: 2 };
    const [watched, other] = [build(settings), build(settings)];
    const random = seededRandom(7);
    let nowMs = 0;
    for (let step = 0; step < 2_000; step++) {
      nowMs += Math.floor(random.next() * 400);
      const outcome = random.next() < 0.4 ? 'failure' : 'success';
      const durationMs = random.next() < 0.3 ? 150 : 0;
      watched.window(nowMs);
      const answers = [watched, other].map((breaker) => {
        const entrance = breaker.tryEnter(nowMs);
        if (entrance.kind === 'go') breaker.end(entrance.permit, outcome, nowMs + durationMs);
        return { kind: entrance.kind, state: breaker.state(nowMs + durationMs) };
      });
      nowMs += durationMs;
      expect(answers[0]).toEqual(answers[1]!);
    }
    expect(other.opened).toBeGreaterThan(10);
  });
});

describe('open', () => {
  test('refuses until its time is over, arrivals too', () => {
    const breaker = build();
    fail(breaker, 3, 0);
    expect(breaker.admits(999)).toEqual({ ok: false, retryAtMs: 1_000 });
    expect(breaker.tryEnter(999)).toEqual({ kind: 'refused', retryAtMs: 1_000 });
    expect(breaker.admits(1_000)).toEqual({ ok: true });
    expect(breaker.tryEnter(1_000)).toMatchObject({ kind: 'go', permit: { probe: true } });
  });

  test('is half-open since its time was over, however late somebody asks', () => {
    const breaker = build();
    fail(breaker, 3, 0);
    expect(breaker.state(50_000)).toEqual({ kind: 'half_open', sinceMs: 1_000, running: 0, passed: 0 });
  });
});

describe('half-open', () => {
  test('lets no more than its probes through, and says when to ask again', () => {
    const breaker = build({ probes: 2 });
    fail(breaker, 3, 0);
    enter(breaker, 1_000);
    enter(breaker, 1_100);
    expect(breaker.tryEnter(1_200)).toEqual({ kind: 'wait', untilMs: 1_500 });
    expect(breaker.admits(1_200)).toEqual({ ok: true });
    expect(breaker.state(1_200)).toEqual({ kind: 'half_open', sinceMs: 1_000, running: 2, passed: 0 });
  });

  test('closes when all its probes have succeeded', () => {
    const breaker = build({ probes: 2 });
    fail(breaker, 3, 0);
    const [first, second] = [enter(breaker, 1_000), enter(breaker, 1_000)];
    breaker.end(first, 'success', 1_010);
    expect(breaker.state(1_010)).toMatchObject({ kind: 'half_open', running: 1, passed: 1 });
    expect(breaker.tryEnter(1_010).kind).toBe('wait');
    breaker.end(second, 'success', 1_020);
    expect(breaker.state(1_020)).toEqual({ kind: 'closed', sinceMs: 1_020, consecutiveFailures: 0 });
  });

  test('one failed probe opens it again, for the whole time', () => {
    const breaker = build({ probes: 3 });
    fail(breaker, 3, 0);
    call(breaker, 'success', 1_000);
    call(breaker, 'failure', 1_200);
    expect(breaker.state(1_200)).toEqual({
      kind: 'open',
      sinceMs: 1_200,
      untilMs: 2_200,
      reason: 'probe_failed',
    });
    expect(breaker.opened).toBe(2);
  });

  test('an ignored probe frees its place without a verdict', () => {
    const breaker = build();
    fail(breaker, 3, 0);
    call(breaker, 'ignore', 1_000);
    expect(breaker.state(1_000)).toEqual({ kind: 'half_open', sinceMs: 1_000, running: 0, passed: 0 });
    call(breaker, 'success', 1_001);
    expect(breaker.state(1_001).kind).toBe('closed');
  });

  test('an overdue probe has failed when it was due, and its end says nothing more', () => {
    const breaker = build();
    fail(breaker, 3, 0);
    const probe = enter(breaker, 1_100);
    expect(breaker.state(1_599).kind).toBe('half_open');
    expect(breaker.state(1_600)).toEqual({
      kind: 'open',
      sinceMs: 1_600,
      untilMs: 2_600,
      reason: 'probe_timeout',
    });
    breaker.end(probe, 'success', 1_700);
    expect(breaker.state(1_700).kind).toBe('open');
  });

  test('after a long silence an overdue probe has opened it, and that is over too', () => {
    const breaker = build();
    fail(breaker, 3, 0);
    enter(breaker, 1_100);
    expect(breaker.state(100_000)).toEqual({ kind: 'half_open', sinceMs: 2_600, running: 0, passed: 0 });
    expect(breaker.opened).toBe(2);
  });
});

describe('forced', () => {
  test('open refuses and closed lets through, whatever happens, until it expires', () => {
    const breaker = build();
    breaker.force('open', 0, 10_000);
    expect(breaker.state(9_999)).toEqual({ kind: 'forced', as: 'open', untilMs: 10_000 });
    expect(breaker.admits(0)).toEqual({ ok: false, retryAtMs: 10_000 });
    expect(breaker.tryEnter(0)).toEqual({ kind: 'refused', retryAtMs: 10_000 });
    breaker.force('closed', 5_000, 10_000);
    fail(breaker, 100, 6_000);
    expect(breaker.state(14_999)).toEqual({ kind: 'forced', as: 'closed', untilMs: 15_000 });
    // However late somebody asks.
    expect(breaker.state(16_000)).toEqual({ kind: 'closed', sinceMs: 15_000, consecutiveFailures: 0 });
    expect(breaker.opened).toBe(0);
  });

  test('reset closes an open breaker and forgets', () => {
    const breaker = build();
    fail(breaker, 3, 0);
    breaker.force('reset', 1, 0);
    expect(breaker.state(1)).toEqual({ kind: 'closed', sinceMs: 1, consecutiveFailures: 0 });
    breaker.force('reset', 2, 0);
    expect(breaker.state(2)).toMatchObject({ sinceMs: 1 });
  });

  test('a forced state has to expire', () => {
    expect(() => build().force('open', 0, Number.POSITIVE_INFINITY)).toThrow(RangeError);
    expect(() => build().force('closed', 0, 0)).toThrow('forMs');
  });
});

describe('configure', () => {
  test('a shorter time to stay open holds at once', () => {
    const breaker = build();
    fail(breaker, 3, 0);
    breaker.configure({ ...base, openForMs: 200 }, 100);
    expect(breaker.state(100)).toMatchObject({ kind: 'open', untilMs: 200 });
    expect(breaker.state(200).kind).toBe('half_open');
  });

  test('fewer probes may have passed already', () => {
    const breaker = build({ probes: 3 });
    fail(breaker, 3, 0);
    call(breaker, 'success', 1_000);
    breaker.configure({ ...base, probes: 1 }, 1_001);
    expect(breaker.state(1_001).kind).toBe('closed');
  });

  test('a rate keeps its counts unless its window changes', () => {
    const failureRate = { threshold: 0.9, windowMs: 10_000, minimum: 3 };
    const settings = { ...base, consecutive: undefined, failureRate };
    const kept = new Breaker(settings);
    fail(kept, 2, 0);
    kept.configure({ ...settings, failureRate: { ...failureRate, threshold: 0.8 } }, 1);
    fail(kept, 1, 2);
    expect(kept.state(2).kind).toBe('open');
    const changed = new Breaker(settings);
    fail(changed, 2, 0);
    changed.configure({ ...settings, failureRate: { ...failureRate, windowMs: 20_000 } }, 1);
    fail(changed, 1, 2);
    expect(changed.state(2).kind).toBe('closed');
  });

  const rate = { threshold: 0.5, windowMs: 1_000, minimum: 1 };
  test.each([
    ['consecutive', { consecutive: 0 }],
    ['failureRate.threshold', { failureRate: { ...rate, threshold: 0 } }],
    ['failureRate.threshold', { failureRate: { ...rate, threshold: 1.1 } }],
    ['failureRate.windowMs', { failureRate: { ...rate, windowMs: 0 } }],
    ['failureRate.minimum', { failureRate: { ...rate, minimum: 0 } }],
    ['slowCalls.durationMs', { slowCalls: { ...rate, durationMs: 0 } }],
    ['slowCalls.threshold', { slowCalls: { ...rate, durationMs: 1, threshold: Number.NaN } }],
    ['openForMs', { openForMs: 0 }],
    ['probes', { probes: 1.5 }],
    ['probeTimeoutMs', { probeTimeoutMs: Number.POSITIVE_INFINITY }],
  ])('a bad %s is named, and changes nothing', (name, more) => {
    const breaker = build();
    expect(() => build(more)).toThrow(RangeError);
    expect(() => breaker.configure({ ...base, ...more }, 0)).toThrow(name);
    fail(breaker, 3, 0);
    expect(breaker.state(0).kind).toBe('open');
  });
});
