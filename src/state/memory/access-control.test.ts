import { describe, expect, test } from 'bun:test';
import { accessRule } from '../../policies/access/rule.fixture.ts';
import type { AccessRule } from '../../policies/access/rule.ts';
import { VirtualClock } from '../../shared/virtual-clock.ts';
import type { AccessRequest } from '../access-contract.ts';
import { MemoryAccessControl, type MemoryAccessControlOptions } from './access-control.ts';

function build(rules: readonly AccessRule[], more: Partial<MemoryAccessControlOptions> = {}) {
  const clock = new VirtualClock();
  const access = new MemoryAccessControl({ clock, ...more });
  access.replaceRules(rules);
  const ask = (request: Partial<AccessRequest> = {}) =>
    access.check({ ip: '10.0.0.1', clientId: undefined, path: '/items/1', method: 'GET', ...request });
  const kinds = (times: number, request: Partial<AccessRequest> = {}) =>
    Array.from({ length: times }, () => ask(request).kind);
  return { clock, access, ask, kinds };
}

const FIVE_PASS = ['pass', 'pass', 'pass', 'pass', 'pass'] as const;

describe('limits', () => {
  test('without rules everything passes and nothing is counted', () => {
    const { access, ask } = build([]);
    expect(ask()).toEqual({
      kind: 'pass',
      rule: undefined,
      limit: undefined,
      policyName: undefined,
      shadow: undefined,
    });
    expect(access.snapshot()).toMatchObject({ rules: 0, clients: 0 });
  });

  test.each(['sliding_window', 'token_bucket', 'fixed_window'] as const)(
    '%s: five pass, the sixth is told when to come back, and passes exactly then',
    (algorithm) => {
      const rule = accessRule({ id: 'five', path: '/items/*', limit: '5 per 1m', algorithm });
      const { clock, ask, kinds } = build([rule]);
      const first = ask();
      expect(first).toMatchObject({
        kind: 'pass',
        rule,
        policyName: 'five',
        limit: { limit: 5, remaining: 4 },
      });
      expect(kinds(4)).toEqual([...FIVE_PASS.slice(1)]);
      const sixth = ask();
      if (sixth.kind !== 'throttled') throw new Error(`the sixth is ${sixth.kind}`);
      expect(sixth).toMatchObject({ rule, policyName: 'five', limit: { allowed: false, remaining: 0 } });
      expect(sixth.retryAfterMs).toBe(algorithm === 'token_bucket' ? 12_000 : 60_000);
      clock.advance(sixth.retryAfterMs - 1);
      expect(ask().kind).toBe('throttled');
      clock.advance(1);
      expect(ask().kind).toBe('pass');
    },
  );

  test('after a long silence a client has its whole count again', () => {
    const { clock, kinds } = build([accessRule({ limit: '5 per 1m' })]);
    kinds(6);
    clock.advance(86_400_000);
    expect(kinds(6)).toEqual([...FIVE_PASS, 'throttled']);
  });

  test('a deny with a limit refuses with 403 only over it, and says when it ends', () => {
    const { ask, kinds } = build([accessRule({ id: 'd', limit: '1 per 10s', action: 'deny' })]);
    expect(ask()).toMatchObject({ kind: 'pass', policyName: 'd' });
    expect(ask()).toMatchObject({ kind: 'denied', ruleId: 'd', retryAfterMs: 10_000 });
    expect(kinds(1, { ip: '10.0.0.2' })).toEqual(['pass']);
  });

  test('a deny without a limit always refuses, and an allow never does', () => {
    const { ask } = build([
      accessRule({ id: 'deny', action: 'deny' }),
      accessRule({ id: 'allow', client: '10.0.0.7', action: 'allow' }),
    ]);
    expect(ask()).toMatchObject({
      kind: 'denied',
      ruleId: 'deny',
      limit: undefined,
      retryAfterMs: undefined,
    });
    expect(ask({ ip: '10.0.0.7' })).toMatchObject({
      kind: 'pass',
      rule: { id: 'allow' },
      policyName: undefined,
    });
  });

  test('every rule counts for itself', () => {
    const { kinds } = build([
      accessRule({ id: 'a', path: '/a', limit: '1 per 1m' }),
      accessRule({ id: 'b', path: '/b', limit: '1 per 1m' }),
    ]);
    expect(kinds(2, { path: '/a' })).toEqual(['pass', 'throttled']);
    expect(kinds(2, { path: '/b' })).toEqual(['pass', 'throttled']);
  });
});

describe('who is counted', () => {
  const onePerMinute = (client: string) => [accessRule({ client, limit: '1 per 1m' })];

  test('`*` counts the client id, wherever it comes from, and without one the address', () => {
    const { kinds } = build(onePerMinute('*'));
    expect(kinds(1, { clientId: 'a', ip: '10.0.0.1' })).toEqual(['pass']);
    expect(kinds(1, { clientId: 'a', ip: '10.0.0.2' })).toEqual(['throttled']);
    expect(kinds(1, { clientId: 'b', ip: '10.0.0.2' })).toEqual(['pass']);
    expect(kinds(2, { ip: '10.0.0.2' })).toEqual(['pass', 'throttled']);
  });

  test('a rule for an id counts the id', () => {
    const { kinds } = build(onePerMinute('client:a'));
    expect(kinds(1, { clientId: 'a', ip: '10.0.0.1' })).toEqual(['pass']);
    expect(kinds(1, { clientId: 'a', ip: '10.0.0.2' })).toEqual(['throttled']);
  });

  test('a rule for a block counts each address for itself, whatever id it gives', () => {
    const { kinds } = build(onePerMinute('10.0.0.0/8'));
    expect(kinds(1, { clientId: 'a', ip: '10.0.0.1' })).toEqual(['pass']);
    expect(kinds(1, { clientId: 'b', ip: '10.0.0.1' })).toEqual(['throttled']);
    expect(kinds(1, { clientId: 'a', ip: '10.0.0.2' })).toEqual(['pass']);
  });

  test('an id that looks like an address is not that address', () => {
    const { kinds } = build(onePerMinute('*'));
    expect(kinds(1, { clientId: '10.0.0.1', ip: '10.9.9.9' })).toEqual(['pass']);
    expect(kinds(1, { ip: '10.0.0.1' })).toEqual(['pass']);
  });

  test('counts are bounded: the least recently used is forgotten, and that is counted', () => {
    const { access, kinds } = build(onePerMinute('*'), { maxClients: 2 });
    kinds(1, { ip: '10.0.0.1' });
    kinds(1, { ip: '10.0.0.2' });
    kinds(1, { ip: '10.0.0.1' });
    kinds(1, { ip: '10.0.0.3' });
    expect(access.snapshot()).toMatchObject({ clients: 2, clientsForgotten: 1 });
    expect(kinds(1, { ip: '10.0.0.1' })).toEqual(['throttled']);
    expect(kinds(1, { ip: '10.0.0.2' })).toEqual(['pass']);
  });
});

describe('shadow rules', () => {
  test('count and report what they would refuse, and refuse nothing', () => {
    const shadow = accessRule({ id: 'shadow', shadow: true, limit: '2 per 1m', blockForMs: 60_000 });
    const { access, ask, kinds } = build([shadow]);
    expect(kinds(5)).toEqual([...FIVE_PASS]);
    expect(ask()).toMatchObject({
      kind: 'pass',
      rule: undefined,
      shadow: { rule: shadow, limit: { allowed: false } },
    });
    expect(access.counters('shadow')).toEqual({ matched: 6, refused: 0, shadowRefused: 4 });
    expect(access.denied()).toEqual([]);
  });

  test('stand beside the rule that wins, and each has its own count', () => {
    const { access, ask } = build([
      accessRule({ id: 'real', limit: '1 per 1m' }),
      accessRule({ id: 'shadow', shadow: true, client: '10.0.0.1', action: 'deny' }),
    ]);
    expect(ask()).toMatchObject({ kind: 'pass', rule: { id: 'real' }, shadow: { rule: { id: 'shadow' } } });
    expect(ask()).toMatchObject({
      kind: 'throttled',
      rule: { id: 'real' },
      shadow: { rule: { id: 'shadow' } },
    });
    expect(access.counters('real')).toEqual({ matched: 2, refused: 1, shadowRefused: 0 });
    expect(access.counters('shadow')).toEqual({ matched: 2, refused: 0, shadowRefused: 2 });
  });

  test('a shadow allow has nothing to report', () => {
    const { ask } = build([accessRule({ shadow: true, action: 'allow' })]);
    expect(ask().shadow).toBeUndefined();
  });
});

describe('block_for', () => {
  const blocking = accessRule({ id: 'b', path: '/items/*', limit: '2 per 1s', blockForMs: 60_000 });

  test('denies a client that exceeds, on every path, until it expires', () => {
    const { access, clock, ask, kinds } = build([blocking]);
    expect(kinds(2)).toEqual(['pass', 'pass']);
    expect(ask()).toMatchObject({ kind: 'throttled', retryAfterMs: 60_000 });
    clock.advance(10_000);
    expect(ask({ path: '/other' })).toMatchObject({
      kind: 'denied',
      ruleId: 'b',
      rule: blocking,
      retryAfterMs: 50_000,
    });
    expect(kinds(1, { ip: '10.0.0.2' })).toEqual(['pass']);
    expect(access.denied()).toEqual([
      { client: '10.0.0.1', ruleId: 'b', untilMs: 60_000, untilWallMs: clock.wallNow() + 50_000, refused: 1 },
    ]);
    clock.advance(49_999);
    expect(kinds(1)).toEqual(['denied']);
    clock.advance(1);
    expect(kinds(1)).toEqual(['pass']);
    expect(access.denied()).toEqual([]);
    expect(access.snapshot()).toMatchObject({ denied: 0, deniedRefused: 2 });
  });

  test('refusals of the deny list are not the rule’s', () => {
    const { access, kinds } = build([blocking]);
    kinds(10);
    expect(access.counters('b')).toEqual({ matched: 3, refused: 1, shadowRefused: 0 });
  });

  test('a client id is denied from every address, and nobody else', () => {
    const { kinds } = build([blocking]);
    kinds(3, { clientId: 'a' });
    expect(kinds(1, { clientId: 'a', ip: '10.0.0.99' })).toEqual(['denied']);
    expect(kinds(1, { clientId: 'b' })).toEqual(['pass']);
    expect(kinds(1)).toEqual(['pass']);
  });

  test('whoever is told when to come back passes exactly then, even when the limit lasts longer than the block', () => {
    const { clock, ask } = build([accessRule({ limit: '1 per 1m', blockForMs: 10_000 })]);
    ask();
    expect(ask()).toMatchObject({ kind: 'throttled', retryAfterMs: 60_000 });
    clock.advance(5_000);
    expect(ask()).toMatchObject({ kind: 'denied', retryAfterMs: 55_000 });
    clock.advance(55_000);
    expect(ask().kind).toBe('pass');
  });

  test.each(['*', '10.0.0.1'])(
    'a client that a rule for %p denied begins anew when it is lifted',
    (client) => {
      const { access, kinds } = build([accessRule({ client, limit: '2 per 1h', blockForMs: 60_000 })]);
      kinds(3);
      expect(kinds(1)).toEqual(['denied']);
      expect(access.lift('10.0.0.1')).toBe(true);
      expect(access.lift('10.0.0.1')).toBe(false);
      expect(kinds(3)).toEqual(['pass', 'pass', 'throttled']);
    },
  );

  test('clients can be denied from elsewhere, in any spelling, by a rule that is not here', () => {
    const { access, clock, ask } = build([]);
    access.deny('::FFFF:10.0.0.1', 5_000, 'of-another-node');
    access.deny('client:a', 7_000, 'of-another-node');
    expect(ask()).toMatchObject({
      kind: 'denied',
      ruleId: 'of-another-node',
      rule: undefined,
      retryAfterMs: 5_000,
    });
    expect(ask({ ip: '10.0.0.2', clientId: 'a' })).toMatchObject({ kind: 'denied', retryAfterMs: 7_000 });
    // Both hold: the later end is the honest one.
    expect(ask({ clientId: 'a' })).toMatchObject({ retryAfterMs: 7_000 });
    access.replaceRules([accessRule({ action: 'allow' })]);
    expect(ask().kind).toBe('denied');
    clock.advance(5_000);
    expect(ask().kind).toBe('pass');
  });

  test.each([
    ['removed', []],
    ['disabled', [{ ...blocking, enabled: false }]],
    ['a shadow', [{ ...blocking, shadow: true }]],
    ['one that blocks nobody', [{ ...blocking, blockForMs: undefined }]],
  ])('clients are free when their rule is %s', (_name, rules) => {
    const { access, kinds } = build([blocking]);
    kinds(3);
    access.replaceRules(rules);
    expect(kinds(1, { path: '/other' })).toEqual(['pass']);
    expect(access.denied()).toEqual([]);
  });

  test('clients stay denied while their rule blocks, whatever else changes', () => {
    const { access, kinds } = build([blocking]);
    kinds(3);
    access.replaceRules([
      { ...blocking, note: 'new', blockForMs: 1_000 },
      accessRule({ id: 'more', path: '/x' }),
    ]);
    expect(kinds(1)).toEqual(['denied']);
  });
});

describe('replaceRules', () => {
  const five = accessRule({ id: 'five', limit: '5 per 1m' });

  test('holds for the very next request', () => {
    const { access, kinds } = build([]);
    expect(kinds(1)).toEqual(['pass']);
    access.replaceRules([accessRule({ action: 'deny' })]);
    expect(kinds(1)).toEqual(['denied']);
    access.replaceRules([]);
    expect(kinds(1)).toEqual(['pass']);
  });

  test('unchanged rules keep their counters and their clients’ counts', () => {
    const { access, kinds } = build([five]);
    kinds(5);
    access.replaceRules([{ ...five, note: 'written anew' }, accessRule({ id: 'new', path: '/new' })]);
    expect(access.counters('five')).toEqual({ matched: 5, refused: 0, shadowRefused: 0 });
    expect(kinds(1)).toEqual(['throttled']);
  });

  test('an edit that leaves the limit gives nobody a fresh count, and counts the rule anew', () => {
    const { access, kinds } = build([five]);
    kinds(5);
    access.replaceRules([{ ...five, blockForMs: 1_000 }]);
    expect(access.counters('five')).toEqual({ matched: 0, refused: 0, shadowRefused: 0 });
    expect(kinds(1)).toEqual(['throttled']);
  });

  test('a rule for one client carries its count along as well, and another client begins anew', () => {
    const rule = accessRule({ client: '10.0.0.1', limit: '1 per 1m' });
    const { access, kinds } = build([rule]);
    kinds(1);
    access.replaceRules([{ ...rule, note: 'new' }]);
    expect(kinds(1)).toEqual(['throttled']);
    access.replaceRules([{ ...rule, client: accessRule({ client: '10.0.0.2' }).client }]);
    expect(kinds(2, { ip: '10.0.0.2' })).toEqual(['pass', 'throttled']);
  });

  test('another limit, or a rule that was away, begins anew', () => {
    const { access, kinds } = build([five]);
    kinds(5);
    access.replaceRules([{ ...five, limit: { count: 6, windowMs: 60_000 } }]);
    expect(kinds(7).at(-1)).toBe('throttled');
    access.replaceRules([]);
    expect(access.counters('five')).toBeUndefined();
    access.replaceRules([{ ...five, limit: { count: 6, windowMs: 60_000 } }]);
    expect(kinds(1)).toEqual(['pass']);
  });

  test('a list with one id twice changes nothing', () => {
    const { access, kinds } = build([five]);
    kinds(5);
    expect(() => access.replaceRules([five, five])).toThrow(RangeError);
    expect(kinds(1)).toEqual(['throttled']);
  });
});

describe('test', () => {
  const rule = accessRule({ id: 'b', limit: '2 per 1m', blockForMs: 60_000 });
  const shadow = accessRule({ id: 's', shadow: true, limit: '1 per 1m' });
  const request = { ip: '::ffff:10.0.0.1', clientId: undefined, path: '/items/1', method: 'GET' };

  test('tells what the request would meet and consumes nothing', () => {
    const { access, kinds } = build([rule, shadow]);
    kinds(1);
    for (let time = 0; time < 10; time++) {
      expect(access.test(request)).toMatchObject({
        decision: { kind: 'pass', limit: { remaining: 0 }, shadow: { rule: { id: 's' } } },
        denied: undefined,
        counters: { matched: 1, refused: 0 },
        shadowCounters: { matched: 1, shadowRefused: 0 },
        explanation: {
          rules: [
            { rule: { id: 'b' }, outcome: 'wins' },
            { rule: { id: 's' }, outcome: 'shadow' },
          ],
        },
      });
    }
    expect(kinds(1)).toEqual(['pass']);
    expect(access.test(request).decision).toMatchObject({ kind: 'throttled', retryAfterMs: 60_000 });
    expect(access.denied()).toEqual([]);
    expect(kinds(2)).toEqual(['throttled', 'denied']);
    expect(access.test(request)).toMatchObject({
      decision: { kind: 'denied', retryAfterMs: 60_000 },
      denied: { client: '10.0.0.1', ruleId: 'b', refused: 1 },
      counters: { matched: 3, refused: 1 },
    });
    expect(access.snapshot()).toMatchObject({ deniedRefused: 1, clients: 2 });
  });

  test('asking about a client does not keep its count from being forgotten', () => {
    const { access, kinds } = build([accessRule({ limit: '1 per 1m' })], { maxClients: 2 });
    kinds(1, { ip: '10.0.0.1' });
    kinds(1, { ip: '10.0.0.2' });
    expect(access.test(request).decision.kind).toBe('throttled');
    kinds(1, { ip: '10.0.0.3' });
    expect(access.test(request).decision.kind).toBe('pass');
  });

  test('without a matching rule there are no counters', () => {
    const { access } = build([]);
    expect(access.test(request)).toMatchObject({
      decision: { kind: 'pass' },
      counters: undefined,
      explanation: { rules: [], omitted: 0 },
    });
  });
});

test.each([
  ['maxClients', { maxClients: 0 }],
  ['maxDenied', { maxDenied: 1.5 }],
])('a bad %s is named', (name, options) => {
  expect(() => build([], options)).toThrow(RangeError);
  expect(() => build([], options)).toThrow(name);
});
