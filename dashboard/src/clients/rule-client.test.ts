import { expect, test } from 'bun:test';
import { canBeNamed, clientOfRule } from './rule-client.ts';

test('a rule names addresses as they are, and ids with their mark', () => {
  expect(clientOfRule('10.0.0.7')).toBe('10.0.0.7');
  expect(clientOfRule('2001:db8::1')).toBe('2001:db8::1');
  expect(clientOfRule('web')).toBe('client:web');
  expect(clientOfRule('client:web')).toBe('client:web');
});

test('a hidden name cannot stand in a rule', () => {
  expect(['web', '10.0.0.7'].map(canBeNamed)).toEqual([true, true]);
  expect(['***', 'u-***', '', '(none)', '00ff00ff00ff00ff', `${'x'.repeat(20)}…`].map(canBeNamed)).toEqual([
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});
