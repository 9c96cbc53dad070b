import { describe, expect, test } from 'bun:test';
import access from '../../../test/vectors/access.json' with { type: 'json' };
import { accessRule } from './rule.fixture.ts';
import type { RuleFile } from './rule.ts';
import { RuleSet } from './rule-set.ts';

/**
 * Settings: `rules`, as files write them. Every step is one request, `{ ip, clientId?, path, method }`; `expect`
 * gives the ids of the rule that wins and of the shadow rule that is looked up beside it, null for none.
 */
describe('access.json', () => {
  for (const vector of access.cases) {
    const written = vector.rules as unknown as readonly Partial<RuleFile>[];
    for (const order of ['as written', 'in reverse'] as const) {
      test(`${vector.name} (rules ${order})`, () => {
        const rules = written.map(accessRule);
        const set = new RuleSet(order === 'as written' ? rules : rules.reverse());
        for (const { expect: expected, ...step } of vector.steps) {
          const { winner, shadow } = set.match({ clientId: undefined, ...step });
          const answer = { winner: winner?.id ?? null, shadow: shadow?.id ?? null };
          expect({ step, answer }).toEqual({ step, answer: expected });
        }
      });
    }
  }
});
