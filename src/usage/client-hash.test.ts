import { expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { hashClient } from './client-hash.ts';

test('is HMAC-SHA-256, cut to 16 hex characters', () => {
  const expected = createHmac('sha256', 'key').update('acme').digest('hex').slice(0, 16);
  expect(hashClient('key')('acme')).toBe(expected);
});

test('stays the same when it has been forgotten, and differs by client and by key', () => {
  const hash = hashClient('key', 4);
  const first = hash('acme');
  for (let index = 0; index < 100; index++) hash(`c${index}`);
  expect(hash('acme')).toBe(first);
  expect(hash('acme2')).not.toBe(first);
  expect(hashClient('another')('acme')).not.toBe(first);
});

test('an empty key is refused', () => {
  expect(() => hashClient('')).toThrow(RangeError);
});
