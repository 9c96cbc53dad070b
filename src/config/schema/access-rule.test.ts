import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type AccessRule, formatRule } from '../../policies/access/rule.ts';
import { parseRule, ruleFileSchema, ruleSection } from './access-rule.ts';

function read(input: unknown): AccessRule {
  const parsed = parseRule(input);
  if (!('id' in parsed)) throw new Error(JSON.stringify(parsed));
  return parsed;
}

describe('parseRule', () => {
  test('fills in what is left out', () => {
    expect(formatRule(read({ id: 'a', action: 'deny' }))).toEqual({
      id: 'a',
      enabled: true,
      shadow: false,
      client: '*',
      path: '*',
      methods: ['*'],
      action: 'deny',
      algorithm: 'sliding_window',
      enforce: 'exact',
    });
  });

  test('reads every field, and writes it canonically', () => {
    const written = {
      id: 'a.b-c_d',
      enabled: 'false',
      shadow: true,
      client: '10.1.2.3/8',
      path: '/ml//it%65ms/*',
      methods: ['get', 'GET', 'Post'],
      limit: '100/m',
      action: 'Throttle',
      algorithm: 'token_bucket',
      enforce: 'eventual',
      block_for: '1.5h',
      note: "'); DROP TABLE rules; --",
    };
    expect<unknown>(formatRule(read(written))).toEqual({
      ...written,
      enabled: false,
      client: '10.0.0.0/8',
      path: '/ml/items/*',
      methods: ['GET', 'POST'],
      limit: '100 per 1m',
      action: 'throttle',
      block_for: '90m',
    });
  });

  test('`none` is no limit, and any method beside others is any', () => {
    expect(read({ id: 'a', action: 'deny', limit: 'none', methods: ['GET', '*'] })).toMatchObject({
      limit: undefined,
      methods: ['*'],
    });
  });

  const good = { id: 'a', action: 'throttle', limit: '5 per 1m' };
  test.each([
    ['an unknown field', { ...good, limt: 1 }, 'limt', 'did you mean `limit`?'],
    ['no id', { ...good, id: undefined }, 'id', 'is required'],
    ['a bad id', { ...good, id: 'a b' }, 'id', 'A-Z, a-z, 0-9'],
    ['a long id', { ...good, id: 'a'.repeat(65) }, 'id', 'at most 64'],
    ['no action', { ...good, action: undefined }, 'action', 'is required'],
    ['a misspelt action', { ...good, action: 'thottle' }, 'action', 'did you mean `throttle`?'],
    ['a prefix too long', { ...good, client: '10.0.0.0/33' }, 'client', 'a block such as 10.0.0.0/8'],
    ['half an address', { ...good, client: '10.0.0' }, 'client', 'an address such as 10.0.0.1'],
    ['a client that is a list', { ...good, client: ['10.0.0.1'] }, 'client', 'got a list'],
    ['a path without a slash', { ...good, path: 'items' }, 'path', 'must begin with `/`'],
    ['a star inside', { ...good, path: '/a*/b' }, 'path', 'only stand at the end'],
    ['a path with a query', { ...good, path: '/a?b=1' }, 'path', '/items/* for everything below'],
    ['a method that is none', { ...good, methods: ['GET /'] }, 'methods[0]', 'an HTTP method'],
    ['no methods', { ...good, methods: [] }, 'methods', 'at least 1'],
    ['one method alone', { ...good, methods: 'GET' }, 'methods', 'a list'],
    ['a negative limit', { ...good, limit: '-5 per 1m' }, 'limit', 'a rate such as "100 per 1m"'],
    ['a limit of nothing', { ...good, limit: '0 per 1m' }, 'limit', 'a rate such as "100 per 1m"'],
    ['a limit without a window', { ...good, limit: 5 }, 'limit', 'a rate such as "100 per 1m"'],
    ['a window below 1 ms', { ...good, limit: '5 per 0.1ms' }, 'limit', 'at least 1ms'],
    ['an algorithm unknown', { ...good, algorithm: 'leaky' }, 'algorithm', 'sliding_window'],
    ['an enforcement unknown', { ...good, enforce: 'maybe' }, 'enforce', 'exact, eventual'],
    ['a block without a unit', { ...good, block_for: 5 }, 'block_for', 'write 5s or 5ms'],
    ['a negative block', { ...good, block_for: '-5s' }, 'block_for', 'a duration such as'],
    ['a block of nothing', { ...good, block_for: '0s' }, 'block_for', 'at least 1ms'],
    ['a note too long', { ...good, note: 'a'.repeat(1_001) }, 'note', '1,000 characters'],
    ['a note of two lines', { ...good, note: 'a\nb' }, 'note', 'on one line'],
    ['a flag that is none', { ...good, shadow: 'perhaps' }, 'shadow', 'true or false'],
    [
      'a throttle without a limit',
      { ...good, limit: undefined },
      'limit',
      'is required with `action: throttle`',
    ],
    ['an allow with a limit', { ...good, action: 'allow' }, 'limit', 'takes no limit'],
    ['a block without a limit', { id: 'a', action: 'deny', block_for: '1m' }, 'block_for', 'needs a limit'],
    ['no rule', null, '', 'a mapping with the keys id,'],
    ['a list', [good], '', 'a mapping with the keys id,'],
  ])('%s is told', (_name, input, field, message) => {
    const problems = parseRule(input);
    expect(problems).toEqual([{ field, message: expect.stringContaining(message) }]);
  });

  test('tells all problems at once', () => {
    const problems = parseRule({ id: '', client: 'x', path: 'x', action: 'x', limit: 'x', more: 1 });
    expect('id' in problems ? [] : problems.map(({ field }) => field).sort()).toEqual([
      'action',
      'client',
      'id',
      'limit',
      'more',
      'path',
    ]);
  });
});

test('a rule reads back as it was written', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const v4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
  const v6 = fc.array(fc.integer({ min: 0, max: 65_535 }), { minLength: 8, maxLength: 8 });
  const v6Text = v6.map((groups) => groups.map((group) => group.toString(16)).join(':'));
  const rule = fc.record({
    id: fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/),
    client: fc.oneof(
      fc.constant('*'),
      v4,
      v6Text,
      fc.tuple(v4, fc.integer({ min: 0, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`),
      fc.tuple(v6Text, fc.integer({ min: 0, max: 128 })).map(([ip, bits]) => `${ip}/${bits}`),
      fc.stringMatching(/^client:[!-~]{1,40}$/),
    ),
    path: fc
      .oneof(fc.constant('*'), fc.stringMatching(/^(\/[a-z.;%25]{1,4}){1,4}(\/\*)?$/))
      .filter((path) => !/%(?![0-9a-f]{2})/.test(path)),
    limit: fc
      .tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 90_000_000 }))
      .map(([count, ms]) => `${count} per ${ms}ms`),
    action: fc.constantFrom('throttle', 'deny'),
    block_for: fc.integer({ min: 1, max: 90_000_000 }).map((ms) => `${ms}ms`),
  });
  fc.assert(
    fc.property(rule, (written) => {
      const once = read(written);
      expect(read(formatRule(once))).toEqual(once);
      expect(formatRule(read(formatRule(once)))).toEqual(formatRule(once));
    }),
    { numRuns: 500 },
  );
});

test('the rules of a file are a list, and each problem names its place', () => {
  const parsed = ruleSection.safeParse([
    { id: 'a', action: 'deny' },
    { id: 'b', action: 'throttle' },
  ]);
  expect(parsed.error?.issues.map(({ path }) => path)).toEqual([[1, 'limit']]);
  expect(ruleFileSchema.safeParse({ id: 'a', action: 'deny' }).success).toBe(true);
});
