import { describe, expect, test } from 'bun:test';
import { confirmedFields, confirmingFields, confirms, hasCurrent, type Validators } from './conditional.ts';

const MONDAY = 'Mon, 07 Jan 2030 00:00:00 GMT';
const TUESDAY = 'Tue, 08 Jan 2030 00:00:00 GMT';
const version = (etag?: string, lastModified?: string): Validators => ({ etag, lastModified });

describe('hasCurrent', () => {
  const table: ReadonlyArray<readonly [Record<string, string>, Validators, boolean]> = [
    [{ 'if-none-match': '"a"' }, version('"a"'), true],
    [{ 'if-none-match': '"b"' }, version('"a"'), false],
    [{ 'if-none-match': 'W/"a"' }, version('"a"'), true],
    [{ 'if-none-match': '"a"' }, version('W/"a"'), true],
    [{ 'if-none-match': '"x", W/"a" , "y"' }, version('"a"'), true],
    [{ 'if-none-match': '"x,y"' }, version('"x,y"'), true],
    [{ 'if-none-match': '"x,y"' }, version('"x'), false],
    [{ 'if-none-match': '*' }, version(), true],
    [{ 'if-none-match': 'bare' }, version('bare'), true],
    [{ 'if-none-match': '"a"' }, version(undefined, MONDAY), false],
    [{ 'if-none-match': '"b"', 'if-modified-since': TUESDAY }, version('"a"', MONDAY), false],
    [{ 'if-modified-since': TUESDAY }, version(undefined, MONDAY), true],
    [{ 'if-modified-since': MONDAY }, version(undefined, MONDAY), true],
    [{ 'if-modified-since': MONDAY }, version(undefined, TUESDAY), false],
    [{ 'if-modified-since': 'yesterday' }, version(undefined, MONDAY), false],
    [{ 'if-modified-since': TUESDAY }, version('"a"'), false],
    [{}, version('"a"', MONDAY), false],
  ];
  for (const [headers, stored, expected] of table) {
    test(`${JSON.stringify(headers)} of ${JSON.stringify(stored)}`, () => {
      expect(hasCurrent(new Headers(headers), stored)).toBe(expected);
    });
  }
});

test('the upstream is asked with every validator there is', () => {
  expect(confirmingFields(version('"a"', MONDAY))).toEqual([
    ['if-none-match', '"a"'],
    ['if-modified-since', MONDAY],
  ]);
  expect(confirmingFields(version(undefined, MONDAY))).toEqual([['if-modified-since', MONDAY]]);
  expect(confirmingFields(version())).toBeUndefined();
});

describe('confirms', () => {
  const table: ReadonlyArray<readonly [Array<[string, string]>, Validators, boolean]> = [
    [[['ETag', '"a"']], version('"a"'), true],
    [[['ETag', 'W/"a"']], version('"a"'), true],
    [[['ETag', '"b"']], version('"a"'), false],
    [[['ETag', '"b"']], version(undefined, MONDAY), false],
    [[['Last-Modified', MONDAY]], version(undefined, MONDAY), true],
    [[['Last-Modified', TUESDAY]], version(undefined, MONDAY), false],
    [[], version('"a"'), true],
  ];
  for (const [fields, stored, expected] of table) {
    test(`${JSON.stringify(fields)} of ${JSON.stringify(stored)}`, () => {
      expect(confirms(fields, stored)).toBe(expected);
    });
  }
});

test('a 304 replaces fields of the same name, adds new ones, and leaves what describes the body', () => {
  const stored = {
    status: 200,
    headers: [
      ['Content-Length', '6'],
      ['Content-Type', 'text/plain'],
      ['X-A', '1'],
      ['X-A', '2'],
      ['X-B', '3'],
    ] as const,
    body: undefined,
    origin: 'upstream' as const,
  };
  expect(
    confirmedFields(stored, [
      ['content-length', '0'],
      ['x-a', '9'],
      ['Expires', MONDAY],
      ['Set-Cookie', 'a=1'],
    ]),
  ).toEqual([
    ['Content-Length', '6'],
    ['Content-Type', 'text/plain'],
    ['X-B', '3'],
    ['x-a', '9'],
    ['Expires', MONDAY],
  ]);
});
