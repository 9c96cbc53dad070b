import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { addressSet, canonicalIp } from '../../shared/ip.ts';
import { canonicalPath } from './canonical-path.ts';
import { formatClientMatcher } from './client-matcher.ts';
import { formatPathMatcher } from './path-matcher.ts';
import type { AccessRequest } from './precedence.ts';
import { accessRule } from './rule.fixture.ts';
import type { AccessRule } from './rule.ts';
import { RuleSet } from './rule-set.ts';

/** Asks every rule in turn, by other means than the tables: node's own block list, and texts. */
function naiveWinner(
  rules: readonly AccessRule[],
  request: AccessRequest,
  shadow: boolean,
): AccessRule | undefined {
  const matching = rules.filter(
    (rule) => rule.enabled && rule.shadow === shadow && naiveMatch(rule, request),
  );
  const scored = matching.map((rule) => ({ rule, score: naiveScore(rule) }));
  scored.sort((one, other) => {
    const at = one.score.findIndex((value, index) => value !== other.score[index]);
    return at === -1 ? 0 : one.score[at]! > other.score[at]! ? -1 : 1;
  });
  return scored[0]?.rule;
}

function naiveMatch(rule: AccessRule, { ip, clientId, path, method }: AccessRequest): boolean {
  const client = formatClientMatcher(rule.client);
  // Node takes IPv4 addresses to be inside `::/0`; here every family has its own blocks.
  const isOfFamily = client.includes(':') === canonicalIp(ip)!.includes(':');
  const isClient =
    client === '*' ||
    (client.startsWith('client:')
      ? `client:${clientId}` === client
      : isOfFamily && addressSet([client]).has(canonicalIp(ip)!));
  const wanted = formatPathMatcher(rule.path);
  const here = canonicalPath(path);
  const isPath = wanted.endsWith('*')
    ? wanted === '*' || `${here}/`.startsWith(wanted.slice(0, -1))
    : here === wanted;
  return isClient && isPath && (rule.methods.includes('*') || rule.methods.includes(method));
}

/** Higher goes first, in this order. */
function naiveScore(rule: AccessRule): readonly (number | string)[] {
  const client = formatClientMatcher(rule.client);
  const path = formatPathMatcher(rule.path);
  const [, bits] = /\/(\d+)$/.exec(client) ?? [];
  const isId = client.startsWith('client:');
  return [
    isId ? 3 : client === '*' ? 0 : bits === undefined ? 2 : 1,
    isId || bits === undefined ? 0 : Number(bits),
    path === '*' ? -1 : path.endsWith('/*') ? path.length : 10_000,
    rule.methods.includes('*') ? 0 : 1,
    { deny: 3, throttle: 2, allow: 1 }[rule.action],
    // The smaller id goes first: ids of the generator are one letter.
    -rule.id.codePointAt(0)!,
  ];
}

// Few values, so that rules and requests meet often.
const octet = fc.constantFrom(0, 1, 127, 128, 255);
const v4 = fc.tuple(fc.constantFrom(10, 11), octet, octet, octet).map((octets) => octets.join('.'));
const group = fc.constantFrom('0', '1', '7fff', '8000', 'ffff');
const v6 = fc
  .tuple(fc.constantFrom('2001', 'fd00'), ...new Array(7).fill(group))
  .map((groups) => groups.join(':'));
const clientId = fc.constantFrom('a', 'b', '10.0.0.1', '*');
const client = fc.oneof(
  fc.constant('*'),
  clientId.map((id) => `client:${id}`),
  v4,
  v6,
  fc.tuple(v4, fc.integer({ min: 0, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`),
  fc.tuple(v6, fc.integer({ min: 0, max: 128 })).map(([ip, bits]) => `${ip}/${bits}`),
);
const segments = fc.array(fc.constantFrom('a', 'b', 'ab', 'c'), { maxLength: 4 });
const path = segments.map((parts) => `/${parts.join('/')}`);
const rulePath = fc.oneof(
  fc.constant('*'),
  path,
  path.map((one) => (one === '/' ? '/*' : `${one}/*`)),
);
const method = fc.constantFrom('GET', 'POST', 'PUT');

const ruleFields = fc.record({
  enabled: fc.integer({ min: 0, max: 4 }).map((chance) => chance > 0),
  shadow: fc.boolean(),
  client,
  path: rulePath,
  methods: fc.oneof(fc.constant(['*']), fc.uniqueArray(method, { minLength: 1 })),
  action: fc.constantFrom('deny' as const, 'throttle' as const, 'allow' as const),
});
const rulesArb = fc
  .array(ruleFields, { maxLength: 40 })
  .chain((all) =>
    fc.shuffledSubarray([...all.keys()], { minLength: all.length }).map((order) => ({ all, order })),
  )
  .map(({ all, order }) =>
    all.map((fields, index) => accessRule({ ...fields, id: String.fromCharCode(65 + order[index]!) })),
  );
const requestArb = fc.record({
  ip: fc.oneof(v4, v6),
  clientId: fc.option(clientId, { nil: undefined }),
  path,
  method,
});

test('the rule that wins is the one that a matcher which asks every rule finds', () => {
  fc.assert(
    fc.property(rulesArb, fc.array(requestArb, { minLength: 1, maxLength: 20 }), (rules, requests) => {
      const set = new RuleSet(rules);
      // Twice: the second time the addresses are remembered.
      for (const request of [...requests, ...requests]) {
        const { winner, shadow } = set.match(request);
        expect({ request, id: winner?.id }).toEqual({ request, id: naiveWinner(rules, request, false)?.id });
        expect({ request, shadow: shadow?.id }).toEqual({
          request,
          shadow: naiveWinner(rules, request, true)?.id,
        });
      }
    }),
    { numRuns: 400 },
  );
});

test('an explanation lists exactly the rules that match, the winner first, and names who wins', () => {
  fc.assert(
    fc.property(rulesArb, requestArb, (rules, request) => {
      const set = new RuleSet(rules);
      const { winner, shadow } = set.match(request);
      const { rules: explained, omitted } = set.explain(request);
      const matching = rules.filter((rule) => rule.enabled && naiveMatch(rule, request)).map(({ id }) => id);
      expect(explained.map(({ rule }) => rule.id).sort()).toEqual(matching.sort());
      expect(omitted).toBe(0);
      expect(explained.filter(({ outcome }) => outcome === 'wins').map(({ rule }) => rule)).toEqual(
        winner === undefined ? [] : [winner],
      );
      expect(explained.filter(({ outcome }) => outcome === 'shadow').map(({ rule }) => rule)).toEqual(
        shadow === undefined ? [] : [shadow],
      );
      expect(explained.find(({ rule }) => !rule.shadow)?.rule).toBe(winner);
      for (const { outcome, lostBy } of explained) expect(lostBy === undefined).toBe(outcome !== 'loses');
    }),
    { numRuns: 300 },
  );
});
