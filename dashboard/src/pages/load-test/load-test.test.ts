import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { BurstForecast } from '../../api/types.ts';
import { formatFor } from '../../i18n/format.ts';
import { BURST, callsUpTo, FORECAST } from './burst.fixture.ts';
import { appendCalls, fetchOn, MOST_CALLS } from './burst-calls.ts';
import { completionLines, dotKind, dotsOf, MOST_DOTS } from './burst-charts.ts';
import { failuresOf, shareDone, verdictOf } from './burst-verdict.ts';
import { forecastKind, forecastValues, readLimit } from './forecast-line.ts';

describe('the forecast', () => {
  const cases: readonly [Partial<BurstForecast>, string][] = [
    [{}, 'limit'],
    [{ bounded_by: 'rate', limit: null }, 'rate'],
    [{ bounded_by: 'concurrency', limit: null }, 'concurrency'],
    [{ bounded_by: 'cache', limit: null }, 'cache'],
    [{ bounded_by: 'nothing', limit: null }, 'nothing'],
    [{ will_be_refused: 49 }, 'limit'],
    [{ will_be_refused: 50 }, 'allRefused'],
    [{ expected_ms: null, obstacles: ['paused'] }, 'unknownPaused'],
    [{ expected_ms: null, bounded_by: 'nothing' }, 'unknownFirst'],
  ];
  test.each(cases)('%j is told by %s', (change, kind) => {
    expect(forecastKind({ ...FORECAST, ...change })).toBe(kind as never);
  });

  test('says the limit in the words of the page', () => {
    const values = forecastValues(FORECAST, { rate: '20/s' }, formatFor('en'), ({ count, window_ms }) => {
      return `${count} in ${window_ms}`;
    });
    expect(forecastValues({ ...FORECAST, will_be_refused: 9 }, {}, formatFor('en'), () => '').number).toBe(
      '41',
    );
    expect(values).toMatchObject({ number: '50', limit: '1 in 1000', rate: '20 in 1000', time: '49 s' });
  });

  test('reads limits as the API writes them', () => {
    expect(readLimit('100 per 1.5m')).toEqual({ count: 100, window_ms: 90_000, even: false });
    expect(readLimit('concurrency 4')).toBeUndefined();
  });
});

describe('pages of calls', () => {
  test('add up to every call once, however they overlap', () => {
    const all = callsUpTo(60);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { maxLength: 30 }), (slices) => {
        let known: ReturnType<typeof appendCalls> = [];
        for (const [start, size] of slices) known = appendCalls(known, all.slice(start, start + size));
        expect(known.map(({ n }) => n)).toEqual(all.slice(0, known.length).map(({ n }) => n));
      }),
    );
  });

  test('leave the same array when there is nothing new, and stop at the bound', () => {
    const known = callsUpTo(3);
    expect(appendCalls(known, known.slice(1))).toBe(known);
    expect(appendCalls(known, [{ ...known[0]!, n: 4 }])).toBe(known);
    expect(appendCalls([], callsUpTo(MOST_CALLS + 5))).toHaveLength(MOST_CALLS);
  });

  test('are asked for until none is left', async () => {
    const all = callsUpTo(2_500);
    const asked: number[] = [];
    const followed = await fetchOn(undefined, async (after) => {
      asked.push(after);
      const calls = all.slice(after, after + 1_000);
      return { ...BURST, done: all.length, calls, next: after + calls.length };
    });
    expect(asked).toEqual([0, 1_000, 2_000]);
    expect(followed.calls).toHaveLength(2_500);
    expect(followed.burst).not.toHaveProperty('calls');
  });
});

describe('dots', () => {
  test('say urgency, cache and failure', () => {
    const [call] = callsUpTo(1);
    const kinds = [
      {},
      { urgency: 3 },
      { urgency: 0 },
      { urgency: 5 },
      { urgency: 0, cache_hit: true },
      { cache_hit: true, ok: false },
    ].map((change) => dotKind({ ...call!, ...change }));
    expect(kinds).toEqual(['plain', 'plain', 'urgent', 'patient', 'cached', 'failed']);
  });

  test('stand at completion and latency, on an axis to the end of the forecast', () => {
    const calls = callsUpTo(2).map((call) => ({ ...call, ok: call.n === 0, latency_ms: 7 }));
    expect(dotsOf(calls, 5_000)).toEqual({
      kinds: ['plain', 'failed'],
      data: [
        [0, 0, 1_000, 5_000],
        [null, 7, null, null],
        [null, null, 7, null],
      ],
      callsPerDot: 1,
    });
    expect(dotsOf([], 0).kinds).toEqual(['plain']);
  });

  test('are bounded, and keep the slowest and the failures', () => {
    const calls = callsUpTo(10_000).map((call) => ({ ...call, ok: call.n % 1_000 !== 500 }));
    const { data, kinds, callsPerDot } = dotsOf(calls, 0);
    expect(data[0]?.length).toBeLessThanOrEqual(MOST_DOTS + 2);
    expect(callsPerDot).toBe(Math.ceil(10_000 / Math.floor(MOST_DOTS / 3)));
    const failed = data[kinds.indexOf('failed') + 1];
    expect(failed?.filter((value) => value !== null)).toHaveLength(10);
    expect(Math.max(...(data[1] ?? []).map((value) => value ?? 0))).toBe(9_999_000);
  });
});

describe('predicted against actual', () => {
  test('runs from the first call to the expected end', () => {
    const burst = { ...BURST, forecast: { ...FORECAST, count: 3, expected_ms: 2_000 }, elapsed_ms: 2_500 };
    const calls = callsUpTo(3).map((call) => ({ ...call, at_ms: call.at_ms + 100 }));
    expect(completionLines(burst, calls)).toEqual([
      [0, 100, 1_100, 2_000, 2_100, 2_500],
      [1, 1.1, 2.1, 3, 3, 3],
      [0, 1, 2, 2, 3, 3],
    ]);
  });

  test('shows the future of the prediction only', () => {
    const burst = { ...BURST, status: 'running' as const, elapsed_ms: 10_500 };
    const [x, predicted, actual] = completionLines(burst, callsUpTo(11));
    expect(x?.at(-1)).toBe(49_000);
    expect(predicted?.at(-1)).toBe(50);
    expect(actual?.at(-1)).toBeNull();
    expect(actual?.at(-2)).toBe(11);
  });

  test('predicts nothing where nobody knew, is ascending and bounded', () => {
    const burst = { ...BURST, forecast: { ...FORECAST, expected_ms: null } };
    const [x, predicted, actual] = completionLines(burst, callsUpTo(10_000));
    expect(predicted?.every((value) => value === null)).toBe(true);
    expect(x?.length).toBeLessThanOrEqual(1_003);
    expect(x).toEqual([...(x ?? [])].sort((a, b) => (a ?? 0) - (b ?? 0)));
    expect(actual?.at(-1)).toBe(10_000);
  });

  test('counts refused calls as ended at once', () => {
    const burst = { ...BURST, forecast: { ...FORECAST, will_be_refused: 9 } };
    expect(completionLines(burst, [])[1]?.[0]).toBe(10);
  });
});

describe('the verdict', () => {
  test('is none while the burst runs', () => {
    expect(verdictOf({ ...BURST, status: 'running' })).toBeUndefined();
  });

  test('tells success, failures, an abort and a broken limit apart', () => {
    expect(verdictOf(BURST)).toEqual({
      tone: 'ok',
      kind: 'all',
      hasPrediction: true,
      spacing: 'measured',
    });
    expect(verdictOf({ ...BURST, failed: 1, sandbox: null })).toMatchObject({
      tone: 'warn',
      kind: 'some',
      spacing: 'none',
    });
    expect(verdictOf({ ...BURST, status: 'aborted' })).toMatchObject({
      tone: 'warn',
      kind: 'aborted',
      hasPrediction: false,
    });
    const refused = { ...BURST, forecast: { ...FORECAST, will_be_refused: 50, expected_ms: 0 } };
    expect(verdictOf({ ...refused, failed: 50, succeeded: 0 })).toMatchObject({
      tone: 'bad',
      kind: 'some',
      hasPrediction: false,
    });
    const sandbox = { arrivals: 1, closest_spacing_ms: null, violations: 1 };
    expect(verdictOf({ ...BURST, sandbox })).toMatchObject({ tone: 'bad', spacing: 'countOnly' });
  });

  test('orders failures and knows how far it is', () => {
    expect(failuresOf({ failures: { b: 1, a: 1, c: 5 } }).map(({ code }) => code)).toEqual(['c', 'a', 'b']);
    expect(shareDone({ ...BURST, done: 25 })).toBe(0.5);
  });
});
