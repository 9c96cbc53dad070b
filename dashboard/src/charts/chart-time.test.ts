import { expect, test } from 'bun:test';
import { formatChartTime } from './chart-time.ts';

const AT_SEC = Date.UTC(2025, 7, 1, 0, 3, 9) / 1_000;

test('the span of the axis decides how exact a time is', () => {
  expect(formatChartTime('en', AT_SEC, 60, 'UTC')).toBe('00:03:09');
  expect(formatChartTime('en', AT_SEC, 86_400, 'UTC')).toBe('00:03');
  expect(formatChartTime('en', AT_SEC, 30 * 86_400, 'UTC')).toBe('Aug 1');
  expect(formatChartTime('pt-BR', AT_SEC, 30 * 86_400, 'UTC')).toBe('1 de ago.');
});
