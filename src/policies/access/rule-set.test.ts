import { describe, expect, test } from 'bun:test';
import { MOST_EXPLAINED } from './explain.ts';
import { accessRule } from './rule.fixture.ts';
import type { RuleFile } from './rule.ts';
import { MAX_RULES, RuleSet } from './rule-set.ts';

const request = { ip: '10.0.0.1', clientId: 'team-a', path: '/items/1', method: 'GET' };

const setOf = (...rules: readonly Partial<RuleFile>[]) => new RuleSet(rules.map(accessRule));

describe('RuleSet', () => {
  test('counts the enabled rules', () => {
    expect(setOf({ id: 'a' }, { id: 'b', shadow: true }, { id: 'c', enabled: false }).size).toBe(2);
  });

  test('refuses an id that is there twice, even when one of them is disabled', () => {
    expect(() => setOf({ id: 'a' }, { id: 'a', enabled: false })).toThrow(RangeError);
  });

  test('refuses more rules than it may have', () => {
    expect(() => new RuleSet(new Array(MAX_RULES + 1).fill(accessRule({})))).toThrow(RangeError);
  });

  test('names of every object’s properties are names like others', () => {
    const rules = setOf(
      { id: '__proto__', client: 'client:__proto__', path: '/constructor', action: 'deny' },
      { id: 'toString', path: '/__proto__/*', methods: ['CONSTRUCTOR'], action: 'deny' },
    );
    const found = (clientId: string, path: string, method: string) =>
      rules.match({ ip: '10.0.0.1', clientId, path, method }).winner?.id;
    expect(found('__proto__', '/constructor', 'GET')).toBe('__proto__');
    expect(found('toString', '/constructor', 'GET')).toBeUndefined();
    expect(found('x', '/__proto__/x', 'CONSTRUCTOR')).toBe('toString');
    expect(found('x', '/__proto__/x', 'toString')).toBeUndefined();
  });

  test('a path of many segments is walked only as far as a rule reaches', () => {
    const rules = setOf({ id: 'items', path: '/items/*', action: 'deny' });
    const lookups: string[] = [];
    const slice = String.prototype.slice;
    const path = `/items${'/a'.repeat(8_000)}`;
    String.prototype.slice = function (this: string, ...bounds: Parameters<typeof slice>) {
      lookups.push('slice');
      return slice.apply(this, bounds);
    };
    try {
      expect(rules.match({ ...request, path }).winner?.id).toBe('items');
    } finally {
      String.prototype.slice = slice;
    }
    expect(lookups.length).toBeLessThanOrEqual(2);
  });
});

describe('explain', () => {
  test('tells of every matching rule by what it lost', () => {
    const rules = setOf(
      { id: 'other', path: '/other' },
      { id: 'everybody' },
      { id: 'any-path', client: 'client:team-a' },
      { id: 'prefix', client: 'client:team-a', path: '/items/*' },
      { id: 'any-method', client: 'client:team-a', path: '/items/1', action: 'deny' },
      { id: 'allow', client: 'client:team-a', path: '/items/1', methods: ['GET'], action: 'allow' },
      { id: 'deny-b', client: 'client:team-a', path: '/items/1', methods: ['GET'], action: 'deny' },
      { id: 'deny-a', client: 'client:team-a', path: '/items/1', methods: ['GET', 'PUT'], action: 'deny' },
      { id: 'shadow', client: '10.0.0.1', shadow: true },
      { id: 'shadow-all', shadow: true },
      { id: 'off', client: 'client:team-a', path: '/items/1', methods: ['GET'], enabled: false },
    );
    const explained = rules.explain(request);
    expect(explained.path).toBe('/items/1');
    expect(explained.otherReadings).toEqual([]);
    expect(explained.rules.map(({ rule, outcome, lostBy }) => [rule.id, outcome, lostBy])).toEqual([
      ['deny-a', 'wins', undefined],
      ['deny-b', 'loses', 'id'],
      ['allow', 'loses', 'action'],
      ['any-method', 'loses', 'methods'],
      ['prefix', 'loses', 'path'],
      ['any-path', 'loses', 'path'],
      ['shadow', 'shadow', undefined],
      ['everybody', 'loses', 'client'],
      ['shadow-all', 'loses', 'client'],
    ]);
    expect(explained.rules.map(({ reason }) => reason)).toEqual([
      'the most specific rule that matches',
      'it is as specific as rule deny-a, whose id comes first',
      'deny goes before allow: rule deny-a',
      'it takes any method, and rule deny-a names GET, PUT',
      'path /items/* is less specific than /items/1 of rule deny-a',
      'path * is less specific than /items/1 of rule deny-a',
      'the most specific shadow rule; it counts and never refuses',
      'client * is less specific than client:team-a of rule deny-a',
      'client * is less specific than 10.0.0.1 of rule shadow',
    ]);
  });

  test('tells in which reading of the path the winner matches', () => {
    const rules = setOf(
      { id: 'allow', path: '/a/*', client: '10.0.0.1', action: 'allow' },
      { id: 'deny', path: '/b/*', action: 'deny' },
    );
    const explained = rules.explain({ ...request, path: '/a/..;/b/x' });
    expect(explained.path).toBe('/b/x');
    expect(explained.otherReadings).toEqual(['/a/..;/b/x']);
    expect(explained.rules.map(({ rule, lostBy }) => [rule.id, lostBy])).toEqual([
      ['allow', 'reading'],
      ['deny', undefined],
    ]);
  });

  test('says how many it leaves out', () => {
    const many = Array.from({ length: MOST_EXPLAINED + 7 }, (_, index) => ({ id: `r${index}` }));
    const { rules, omitted } = setOf(...many).explain(request);
    expect([rules.length, omitted]).toEqual([MOST_EXPLAINED, 7]);
  });
});
