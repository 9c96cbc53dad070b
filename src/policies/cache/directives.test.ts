import { describe, expect, test } from 'bun:test';
import { deltaMs, parseDirectives } from './directives.ts';

describe('parseDirectives', () => {
  const table: Array<[value: string, expected: Array<[string, string | true]>]> = [
    ['', []],
    ['max-age=60', [['max-age', '60']]],
    ['No-Store', [['no-store', true]]],
    [
      ' public ,  Max-Age = 5 ',
      [
        ['public', true],
        ['max-age', '5'],
      ],
    ],
    [
      'private="set-cookie, x-a", max-age="7"',
      [
        ['private', 'set-cookie, x-a'],
        ['max-age', '7'],
      ],
    ],
    ['ext="no-store, max-age=100"', [['ext', 'no-store, max-age=100']]],
    [
      'ext="a\\"b, c", no-cache',
      [
        ['ext', 'a"b, c'],
        ['no-cache', true],
      ],
    ],
    ['max-age=1, max-age=2', [['max-age', '1']]],
    [',,max-age=1,,', [['max-age', '1']]],
    ['ext="never closed, max-age=3', [['ext', 'never closed, max-age=3']]],
  ];
  for (const [value, expected] of table) {
    test(JSON.stringify(value), () => expect([...parseDirectives(value)]).toEqual(expected));
  }

  test('a long run of quotes is one piece, read without backtracking', () => {
    expect(parseDirectives('"'.repeat(50_000)).size).toBe(1);
    expect(parseDirectives('a="'.repeat(20_000)).size).toBe(1);
  });
});

test('deltaMs takes whole seconds and nothing else', () => {
  const directives = parseDirectives('a=60, b=abc, c, d=-1, e=1.5, f=""');
  expect(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => deltaMs(directives, name))).toEqual([
    60_000,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
