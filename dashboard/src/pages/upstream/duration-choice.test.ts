import { describe, expect, test } from 'bun:test';
import { durationOf, OFFERED, parseDuration } from './duration-choice.ts';

describe('a duration that was typed', () => {
  test.each([
    ['30s', 30_000],
    [' 1.5m ', 90_000],
    ['2 H', 7_200_000],
    ['1d', 86_400_000],
    ['250ms', 250],
  ])('%s is read as the server reads it', (text, ms) => {
    expect(durationOf({ kind: 'typed', text })).toEqual({ kind: 'duration', text: text.trim(), ms });
  });

  test.each([
    ['', 'empty'],
    ['  ', 'empty'],
    ['30', 'form'],
    ['half an hour', 'form'],
    ['-5s', 'form'],
    ['0s', 'short'],
    ['1.1d', 'long'],
    ['25h', 'long'],
  ] as const)('%p is refused before the server has to', (text, problem) => {
    expect(durationOf({ kind: 'typed', text })).toEqual({ kind: 'problem', problem });
  });
});

test('everything that is offered is a duration', () => {
  expect(OFFERED.map((text) => parseDuration(text))).toEqual([30_000, 60_000, 300_000, 900_000]);
});

test('without an end nothing is sent', () => {
  expect(durationOf({ kind: 'endless' })).toEqual({ kind: 'duration', text: undefined, ms: undefined });
});
