import { expect, test } from 'bun:test';
import { acceptsGzip } from './accepts-gzip.ts';

test.each<[string | null, boolean]>([
  [null, false],
  ['', false],
  ['gzip', true],
  ['GZIP', true],
  ['x-gzip', true],
  ['gzip, deflate, br, zstd', true],
  ['br;q=1.0, gzip;q=0.8', true],
  ['gzip;q=0', false],
  ['gzip; q=0.000', false],
  ['gzip;q = 0.5', true],
  ['*', true],
  ['*;q=0', false],
  ['gzip;q=0, *', false],
  ['*;q=0, gzip', true],
  ['identity', false],
  ['deflate, br', false],
  ['gzip;q=nonsense', false],
])('Accept-Encoding %p: %p', (header, accepted) => {
  expect(acceptsGzip(header)).toBe(accepted);
});
