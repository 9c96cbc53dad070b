import { expect, test } from 'bun:test';
import { cpfAt } from '../shared/cpf.ts';
import { RequestIds } from './request-id.ts';

const CPF = cpfAt(5);
const PUNCTUATED = CPF.replace(/^(...)(...)(...)(..)$/, '$1.$2.$3-$4');

test.each([
  'abc-1',
  'f47ac10b-58cc-4372-a567-123456789012',
  '1700000000000',
  `${CPF}7`,
  `a${CPF}`,
  CPF.slice(0, 10) + ((Number(CPF[10]) + 1) % 10),
])('%s is taken over', (id) => {
  expect(new RequestIds({ next: () => 0 }).next(id)).toBe(id);
});

test.each([null, '', 'a b', 'x'.repeat(129), CPF, PUNCTUATED, `order-${CPF}`, `${PUNCTUATED}:1`])(
  'instead of %p another one is made',
  (id) => {
    expect(new RequestIds({ next: () => 0 }).next(id)).toBe('000000000000-0');
  },
);
