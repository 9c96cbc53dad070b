import { describe, expect, test } from 'bun:test';
import {
  formatAgo,
  formatBytes,
  formatCompact,
  formatDateTime,
  formatDuration,
  formatFor,
  formatNumber,
  formatPercent,
  formatRate,
  formatTime,
} from './format.ts';

/** `Intl` puts spaces that do not break; which one differs between its versions. */
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ');

describe('durations', () => {
  const table: [number, string, string][] = [
    [0, '0 ms', '0 ms'],
    [0.42, '0.4 ms', '0,4 ms'],
    [9.96, '10 ms', '10 ms'],
    [850, '850 ms', '850 ms'],
    [999.4, '999 ms', '999 ms'],
    [999.6, '1 s', '1 s'],
    [8_200, '8.2 s', '8,2 s'],
    [59_940, '59.9 s', '59,9 s'],
    [59_960, '1 min', '1 min'],
    [60_000, '1 min', '1 min'],
    [125_000, '2 min 5 s', '2 min 5 s'],
    [119_700, '2 min', '2 min'],
    [3_599_700, '1 h', '1 h'],
    [11_520_000, '3 h 12 min', '3 h 12 min'],
    [86_399_999, '1 d', '1 d'],
    [187_200_000, '2 d 4 h', '2 d 4 h'],
    [-850, '-850 ms', '-850 ms'],
  ];
  for (const [ms, en, pt] of table) {
    test(`${ms} ms is "${en}" and "${pt}"`, () => {
      expect(formatDuration('en', ms)).toBe(en);
      expect(formatDuration('pt-BR', ms)).toBe(pt);
    });
  }
});

test('numbers are grouped as the language does', () => {
  expect(formatNumber('en', 1_234.5)).toBe('1,234.5');
  expect(formatNumber('pt-BR', 1_234.5)).toBe('1.234,5');
  expect(formatNumber('en', 2.345, { maximumFractionDigits: 1 })).toBe('2.3');
});

test('large numbers are shortened', () => {
  expect(formatCompact('en', 12_345)).toBe('12.3K');
  expect(plain(formatCompact('pt-BR', 12_345))).toBe('12,3 mil');
});

test('a share is never rounded to all or to nothing', () => {
  expect(formatPercent('en', 0.123)).toBe('12.3%');
  expect(plain(formatPercent('pt-BR', 0.123))).toBe('12,3%');
  expect(formatPercent('en', 0.99999)).toBe('99.9%');
  expect(formatPercent('en', 0.00001)).toBe('0.1%');
  expect(formatPercent('en', 1)).toBe('100%');
  expect(formatPercent('en', 0)).toBe('0%');
});

test('sizes go by 1,024 and never show 1,024 of a unit', () => {
  expect(formatBytes('en', 512)).toBe('512 B');
  expect(formatBytes('en', 65_536)).toBe('64 KB');
  expect(formatBytes('en', 1_048_575)).toBe('1 MB');
  expect(formatBytes('pt-BR', 1_572_864)).toBe('1,5 MB');
});

test('rates show more digits the rarer they are', () => {
  expect(formatRate('en', 5_000.4)).toBe('5,000/s');
  expect(formatRate('en', 12.34)).toBe('12.3/s');
  expect(formatRate('pt-BR', 0.05)).toBe('0,05/s');
});

test('times have 24 hours in every language, midnight is 00', () => {
  const midnight = Date.UTC(2025, 7, 1, 0, 3, 9);
  expect(formatTime('en', midnight, 'UTC')).toBe('00:03:09');
  expect(formatTime('pt-BR', '2025-08-01T14:03:09.900Z', 'UTC')).toBe('14:03:09');
  expect(plain(formatDateTime('en', midnight, 'UTC'))).toBe('Aug 1, 2025, 00:03:09');
  expect(plain(formatDateTime('pt-BR', midnight, 'UTC'))).toContain('2025');
});

test('what is no instant is shown as it came instead of failing the page', () => {
  expect(formatTime('en', 'soon')).toBe('soon');
});

test('ages', () => {
  expect(plain(formatAgo('en', 400))).toBe('0.4s ago');
  expect(plain(formatAgo('pt-BR', 400))).toStartWith('há 0,4');
  expect(plain(formatAgo('en', 59_700))).toBe('1m ago');
  expect(plain(formatAgo('en', 7_200_000))).toBe('2h ago');
  expect(plain(formatAgo('en', 200_000_000))).toBe('2d ago');
  expect(plain(formatAgo('en', -50))).toBe('0s ago');
});

test('one language has one set of formats', () => {
  expect(formatFor('en')).toBe(formatFor('en'));
  expect(formatFor('pt-BR').duration(8_200)).toBe('8,2 s');
});
