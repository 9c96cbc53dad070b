import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { findJsonFault, jsonItemPlaces } from './json-place.ts';

describe('the first fault', () => {
  test.each([
    ['', 1, 1, 'expected a value, got the end of the text'],
    ['{"a": 1,}', 1, 9, 'expected a name in double quotes, got "}"'],
    ['{\n  "a": tru\n}', 2, 8, 'expected a value, got "t"'],
    ["{'a': 1}", 1, 2, 'expected a name in double quotes, got "\'"'],
    ['{"a" 1}', 1, 6, 'expected `:`, got "1"'],
    ['[1 2]', 1, 4, 'expected `,` or `]`, got "2"'],
    ['{"a": 1 "b": 2}', 1, 9, 'expected `,` or `}`, got "\\""'],
    ['[1] x', 1, 5, 'expected the end of the text, got "x"'],
    ['["a\nb"]', 1, 4, 'expected no control character in text; write \\n for a line, got "\\n"'],
    ['["\\x"]', 1, 3, 'expected a valid escape, got "\\\\"'],
    ['"abc', 1, 5, 'expected the closing `"`, got the end of the text'],
    ['[01]', 1, 2, 'expected a value, got "0"'],
    ['[1.]', 1, 2, 'expected a value, got "1"'],
    ['\n\n  [NaN]', 3, 4, 'expected a value, got "N"'],
  ])('of %j is at %d:%d', (text, line, column, message) => {
    expect(findJsonFault(text)).toEqual({ line, column, message });
  });

  test('of what is nested too deep is its depth, not a stack that overflows', () => {
    expect(findJsonFault('['.repeat(1_000_000))?.message).toBe('nested deeper than 200 levels');
  });
});

test('finds none in JSON, and one in whatever JSON.parse refuses', () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', '"', '{', '}', ',', ':', '\\', '\u0001', '0', '.', 'e', 't', ' '),
      (json, at, damage) => {
        expect(findJsonFault(json)).toBeUndefined();
        const cut = at % (json.length + 1);
        const text = json.slice(0, cut) + damage + json.slice(cut + 1);
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        expect(findJsonFault(text) === undefined).toBe(isJson);
      },
    ),
  );
});

describe('the places of items', () => {
  test('of a list', () => {
    expect(jsonItemPlaces('[{"a":[1]},\n {},\n\n"x"]', 'rules')).toEqual([
      { line: 1, column: 2 },
      { line: 2, column: 2 },
      { line: 4, column: 1 },
    ]);
  });

  test('of the list under a key, and of no other', () => {
    expect(jsonItemPlaces('{"other":[1],\n"rules":[\n{"rules":[1]},\n2]}', 'rules')).toEqual([
      { line: 3, column: 1 },
      { line: 4, column: 1 },
    ]);
  });
});
