import { expect, test } from 'bun:test';
import { maskNumbers } from './mask-numbers.ts';

test.each([
  '52998224725',
  '529.982.247-25',
  '529 982 247 25',
  // As a path carries it.
  '529%20982%20247%2025',
  '529%2E982%2e247%2D25',
  '%35%32%39%39%38%32%32%34%37%32%35',
  '12345678000195',
  '12.345.678/0001-95',
  '12.345.678%2F0001-95',
  '4111111111111111',
  '4111 1111 1111 1111',
  '4111-1111-1111-1111',
])('a tax id or card number written %s is masked', (written) => {
  expect(maskNumbers(`/a/${written}/b`)).toBe('/a/***/b');
  expect(maskNumbers(`{"n": "${written}"}`)).toBe('{"n": "***"}');
});

test.each([
  'MLB1234567',
  '2026-11-21T06:54:55.044Z',
  '10.123.45.6',
  '12.345/0001',
  '4111 1111 1111',
  '%41%42%43',
])('%s is no such number', (text) => {
  expect(maskNumbers(text)).toBe(text);
});
