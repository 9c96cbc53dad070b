import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { cpfAt, isValidCpf } from '../../../src/shared/cpf.ts';
import { checkDigit, exampleCpf, isCpf } from './cpf.ts';

describe('check digits', () => {
  test('are those of published examples', () => {
    expect([checkDigit('111444777'), checkDigit('1114447773')]).toEqual([3, 5]);
    // A rest of ten counts as zero.
    expect([checkDigit('123456789'), checkDigit('1234567890')]).toEqual([0, 9]);
  });

  test('are the gateway’s', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 899_999_999 }),
        fc.integer({ min: 0, max: 10 }),
        (index, place) => {
          const cpf = cpfAt(index);
          expect(isCpf(cpf)).toBe(true);
          const digit = (Number(cpf[place]) + 1) % 10;
          const other = cpf.slice(0, place) + digit + cpf.slice(place + 1);
          expect(isCpf(other)).toBe(isValidCpf(other));
        },
      ),
    );
  });
});

test('punctuation is allowed, other text and equal digits are not', () => {
  expect(['111.444.777-35', '11144477735'].map(isCpf)).toEqual([true, true]);
  expect(['', '1114447773', '111444777350', '11144477736', 'abc', '00000000000'].map(isCpf)).toEqual(
    Array<boolean>(6).fill(false),
  );
});

test('an example is always valid, also at the ends and where all digits are equal', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (share) => {
      expect(isCpf(exampleCpf(() => share))).toBe(true);
    }),
  );
  for (const equal of [0, 111_111_111, 999_999_999]) {
    expect(isCpf(exampleCpf(() => (equal + 0.5) / 1_000_000_000))).toBe(true);
  }
});
