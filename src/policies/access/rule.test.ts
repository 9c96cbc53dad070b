import { describe, expect, test } from 'bun:test';
import { accessRule } from './rule.fixture.ts';
import { countsAlike, decidesAlike, formatRule, ruleProblems } from './rule.ts';

const limit = { count: 5, windowMs: 60_000 };

describe('ruleProblems', () => {
  test.each([
    ['a throttle without a limit', { action: 'throttle' }, ['limit']],
    ['an allow with a limit', { action: 'allow', limit }, ['limit']],
    ['an allow that blocks', { action: 'allow', limit, blockForMs: 1 }, ['limit', 'block_for']],
    ['a block without a limit', { action: 'deny', blockForMs: 1 }, ['block_for']],
    ['a throttle', { action: 'throttle', limit }, []],
    ['a throttle that blocks', { action: 'throttle', limit, blockForMs: 1 }, []],
    ['a deny', { action: 'deny' }, []],
    ['a deny over a limit', { action: 'deny', limit }, []],
    ['an allow', { action: 'allow' }, []],
  ] as const)('%s', (_name, rule, fields) => {
    const problems = ruleProblems({ limit: undefined, blockForMs: undefined, ...rule });
    expect(problems.map(({ field }) => field)).toEqual([...fields]);
  });
});

describe('formatRule', () => {
  test('writes what the file writes', () => {
    const rule = accessRule({
      id: 'items',
      client: '10.0.0.0/8',
      path: '/ml/items/*',
      methods: ['GET'],
      limit: '5 per 1m',
      blockForMs: 5_400_000,
      note: 'why',
    });
    expect(formatRule(rule)).toEqual({
      id: 'items',
      enabled: true,
      shadow: false,
      client: '10.0.0.0/8',
      path: '/ml/items/*',
      methods: ['GET'],
      limit: '5 per 1m',
      action: 'throttle',
      algorithm: 'sliding_window',
      enforce: 'exact',
      block_for: '90m',
      note: 'why',
    });
  });

  test('leaves out what is not set', () => {
    const keys = Object.keys(formatRule(accessRule({ action: 'deny' })));
    expect(keys).not.toContain('limit');
    expect(keys).not.toContain('block_for');
    expect(keys).not.toContain('note');
  });

  test('a duration that is no whole number of a unit keeps every ms', () => {
    expect(formatRule(accessRule({ limit: '5 per 1m', blockForMs: 3_960_001 })).block_for).toBe('3960001ms');
  });
});

test('another note decides alike; another limit does not even count alike', () => {
  const rule = accessRule({ limit: '5 per 1m', client: '10.0.0.0/8', methods: ['GET', 'POST'] });
  expect(decidesAlike(rule, { ...rule, note: 'other' })).toBe(true);
  expect(decidesAlike(rule, { ...rule, methods: ['POST', 'GET'] })).toBe(true);
  for (const change of [
    { enabled: false },
    { shadow: true },
    { methods: ['GET'] },
    { methods: ['GET', 'PUT'] },
    { action: 'deny' as const },
    { enforce: 'eventual' as const },
    { blockForMs: 1 },
    { path: accessRule({ path: '/x' }).path },
  ]) {
    expect({ change, alike: decidesAlike(rule, { ...rule, ...change }) }).toEqual({ change, alike: false });
    expect(countsAlike(rule, { ...rule, ...change })).toBe(true);
  }
  for (const change of [
    { id: 'other' },
    { algorithm: 'fixed_window' as const },
    { limit: { count: 6, windowMs: 60_000 } },
    { limit: { count: 5, windowMs: 60_001 } },
    { limit: undefined },
    { client: accessRule({ client: '10.0.0.0/9' }).client },
  ]) {
    expect(countsAlike(rule, { ...rule, ...change })).toBe(false);
    expect(decidesAlike(rule, { ...rule, ...change })).toBe(false);
  }
});
