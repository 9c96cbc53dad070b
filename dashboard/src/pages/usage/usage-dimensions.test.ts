import { expect, test } from 'bun:test';
import { COUNTED, tableFor } from '../../../../src/ledger/sql/usage-plan.ts';
import { USAGE_DIMENSIONS } from '../../../../src/usage/rollup.ts';
import type { UsageDimension } from '../../api/types.ts';
import { areKeptTogether, choicesBeside, DIMENSIONS } from './usage-dimensions.ts';

/** Every set of dimensions there is. */
function* sets(): Generator<UsageDimension[]> {
  for (let bits = 0; bits < 2 ** USAGE_DIMENSIONS.length; bits++) {
    yield USAGE_DIMENSIONS.filter((_, place) => (bits >> place) % 2 === 1);
  }
}

test('offers every dimension of the gateway', () => {
  expect([...DIMENSIONS].sort()).toEqual([...USAGE_DIMENSIONS].sort());
});

test('knows of every combination what the gateway says of it', () => {
  expect(COUNTED.length).toBeGreaterThan(0);
  const wrong = [...sets()].filter((set) => areKeptTogether(set) !== (tableFor(set) !== undefined));
  expect(wrong).toEqual([]);
});

test('what is taken leaves only what goes with it', () => {
  expect(choicesBeside([])).toEqual(DIMENSIONS);
  expect(choicesBeside(['client'])).toEqual(['route', 'client', 'path', 'upstream']);
  expect(choicesBeside(['status'])).not.toContain('client');
  expect(choicesBeside(['client', 'status'])).toEqual([]);
});
