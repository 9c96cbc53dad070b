import { describe, expect, test } from 'bun:test';
import { type RetryQuestion, shouldRetry } from './retry.ts';

function ask(more: Partial<RetryQuestion> = {}): boolean {
  return shouldRetry({ method: 'GET', attempt: 1, attempts: 3, event: { status: 503 }, ...more });
}

describe('shouldRetry', () => {
  test('until the attempts are used up', () => {
    expect([1, 2, 3, 4].map((attempt) => ask({ attempt }))).toEqual([true, true, false, false]);
    expect(ask({ attempts: 1 })).toBe(false);
  });

  test('safe methods by default, others only where they are named', () => {
    expect(['GET', 'HEAD', 'OPTIONS'].map((method) => ask({ method }))).toEqual([true, true, true]);
    expect(['POST', 'PUT', 'DELETE', 'PATCH'].map((method) => ask({ method }))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(ask({ method: 'POST', methods: ['POST'] })).toBe(true);
    expect(ask({ method: 'GET', methods: ['POST'] })).toBe(false);
  });

  test('5xx, 429, timeouts and lost connections by default', () => {
    expect(ask({ event: { error: 'timeout' } })).toBe(true);
    expect(ask({ event: { error: 'connection' } })).toBe(true);
    expect([500, 429, 404, 400, 200].map((status) => ask({ event: { status } }))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test('the failures that the settings name, and no others', () => {
    expect(ask({ failures: [409], event: { status: 409 } })).toBe(true);
    expect(ask({ failures: [409], event: { status: 503 } })).toBe(false);
  });
});
