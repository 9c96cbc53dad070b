import { describe, expect, test } from 'bun:test';
import { bearerToken, Tokens } from './tokens.ts';

describe('tokens', () => {
  const tokens = new Tokens({ operator: 'correct horse', viewer: 'look' });

  test('tell the role', () => {
    expect(tokens.roleOf('correct horse')).toBe('operator');
    expect(tokens.roleOf('look')).toBe('viewer');
  });

  test.each(['', 'correct hors', 'correct horse ', 'Correct horse', 'l', 'look\u0000', 'x'.repeat(100_000)])(
    'refuse %p, whatever its length',
    (wrong) => {
      expect(tokens.roleOf(wrong)).toBeUndefined();
    },
  );

  test('an empty token is none', () => {
    const none = new Tokens({ operator: '', viewer: undefined });
    expect(none.required).toBe(false);
    expect(none.roleOf('')).toBeUndefined();
  });

  test('a viewer’s token alone is enough to be required', () => {
    expect(new Tokens({ operator: undefined, viewer: 'look' }).required).toBe(true);
  });

  test('the same token for both roles is refused', () => {
    expect(() => new Tokens({ operator: 'same', viewer: 'same' })).toThrow(RangeError);
  });
});

describe('Authorization', () => {
  test.each([
    ['Bearer abc', 'abc'],
    ['bearer  abc ', 'abc'],
    ['Bearer a.b-c_d~e+f/g==', 'a.b-c_d~e+f/g=='],
    ['Basic abc', undefined],
    ['Bearer', undefined],
    ['Bearer a b', undefined],
    ['abc', undefined],
    [null, undefined],
  ])('%p carries %p', (header, token) => {
    expect(bearerToken(header)).toBe(token as never);
  });
});
