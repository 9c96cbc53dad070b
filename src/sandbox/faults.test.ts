import { describe, expect, test } from 'bun:test';
import { seededRandom } from '../shared/random.ts';
import { checkFaults, FaultInjector } from './faults.ts';

function injector(point: number) {
  return new FaultInjector({ next: () => point });
}

describe('checkFaults', () => {
  test.each([
    [{ failureRate: 1.5 }, 'failureRate'],
    [{ latencyMs: -1 }, 'latencyMs'],
    [{ hangRate: '1' }, 'hangRate'],
    [{ status: 200, failureRate: 1 }, 'status'],
    [{ status: 503 }, 'status'],
    [{ retryAfterSeconds: 3 }, 'retryAfterSeconds'],
    [{ path: 'api' }, 'path'],
    [{ times: 0 }, 'times'],
    [{ failRate: 1 }, 'failRate'],
    [{ hangRate: 0.6, resetRate: 0.6 }, 'hangRate'],
    [[], 'body'],
    ['x', 'body'],
  ])('%j names %s', (value, field) => {
    const check = checkFaults(value);
    expect(check).toMatchObject({ ok: false, field });
    expect(check.ok ? '' : check.message).toStartWith(`${field}: `);
  });

  test('takes what the documentation shows', () => {
    const faults = { failureRate: 0.5, hangRate: 0.5, latencyMs: 20, status: 429, retryAfterSeconds: 3 };
    expect(checkFaults(faults)).toEqual({ ok: true, faults });
    expect(checkFaults({ failureRate: 0.7, hangRate: 0.2, resetRate: 0.1 }).ok).toBe(true);
  });
});

describe('FaultInjector', () => {
  test('one random number decides between the kinds by their shares', () => {
    const faults = { failureRate: 0.1, hangRate: 0.2, resetRate: 0.3, truncateRate: 0.2 };
    const kinds = [0, 0.09, 0.11, 0.29, 0.31, 0.59, 0.61, 0.79, 0.81, 0.99].map((point) => {
      const faulty = injector(point);
      faulty.set(faults);
      return faulty.draw('/x').kind;
    });
    expect(kinds).toEqual([
      'fail',
      'fail',
      'hang',
      'hang',
      'reset',
      'reset',
      'truncate',
      'truncate',
      'answer',
      'answer',
    ]);
  });

  test('answers 500 unless told otherwise, and delays every fate', () => {
    const faulty = injector(0);
    faulty.set({ failureRate: 1, latencyMs: 5 });
    expect(faulty.draw('/x')).toEqual({
      kind: 'fail',
      delayMs: 5,
      status: 500,
      retryAfterSeconds: undefined,
    });
    faulty.set({ failureRate: 1, status: 429, retryAfterSeconds: 3 });
    expect(faulty.draw('/x')).toEqual({ kind: 'fail', delayMs: 0, status: 429, retryAfterSeconds: 3 });
  });

  test('strikes only paths with the prefix', () => {
    const faulty = injector(0);
    faulty.set({ hangRate: 1, path: '/items' });
    expect(faulty.draw('/items/1').kind).toBe('hang');
    expect(faulty.draw('/api/score').kind).toBe('answer');
  });

  test('clears itself after `times` calls were struck', () => {
    const faulty = injector(0);
    faulty.set({ failureRate: 1, times: 2, path: '/items' });
    faulty.draw('/api/score');
    faulty.draw('/items/1');
    expect(faulty.current).toMatchObject({ times: 1 });
    faulty.draw('/items/1');
    expect(faulty.current).toEqual({});
    expect(faulty.draw('/items/1').kind).toBe('answer');
  });

  test('a share holds over many calls', () => {
    const faulty = new FaultInjector(seededRandom(7));
    faulty.set({ failureRate: 0.3 });
    const failed = Array.from({ length: 10_000 }, () => faulty.draw('/x').kind).filter(
      (kind) => kind === 'fail',
    );
    expect(Math.abs(failed.length - 3_000)).toBeLessThan(150);
  });
});
