import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { maskNumbers as serverMasks } from '../../../src/shared/mask-numbers.ts';
import { isAddress, maskClient, maskNumbers } from './tax-id.ts';

describe('maskNumbers', () => {
  test('hides what the server hides', () => {
    const text = fc.stringMatching(/^[\d .a-z-]{0,30}$/);
    fc.assert(fc.property(text, (one) => expect(maskNumbers(one)).toBe(serverMasks(one))));
    expect(maskNumbers('/score/529.982.247-25/x')).toBe('/score/***/x');
  });
});

describe('maskClient', () => {
  test('leaves addresses and blocks alone', () => {
    for (const address of ['192.168.100.200', '192.168.100.0/24', '2001:db8::1', '::/0', '::1']) {
      expect(isAddress(address), address).toBe(true);
      expect(maskClient(address)).toBe(address);
    }
  });

  test('hides a tax id, also one that is written almost like an address', () => {
    for (const client of ['52998224725', 'client:52998224725', '529.982.247.25', '529.982.247-25/1']) {
      expect(maskClient(client), client).toContain('***');
    }
    for (const name of ['web', 'client:web', 'a:b', 'face:b', '10.0.0.1/8/9']) {
      expect(isAddress(name), name).toBe(false);
    }
  });
});
