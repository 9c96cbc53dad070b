import { type Address, parseAddress, WORD_BITS } from './address.ts';
import { formatClientMatcher } from './client-matcher.ts';
import { formatPathMatcher, pathMatches } from './path-matcher.ts';
import {
  type AccessRequest,
  comparePrecedence,
  decidingStep,
  type PrecedenceStep,
  takesMethod,
} from './precedence.ts';
import type { AccessRule } from './rule.ts';

/** One rule that matches a request. */
export interface ExplainedRule {
  readonly rule: AccessRule;
  /** `shadow`: it wins among the shadow rules, which never refuse. */
  readonly outcome: 'wins' | 'shadow' | 'loses';
  /** What the rule that beat it beat it by; undefined for a rule that was not beaten. */
  readonly lostBy: PrecedenceStep | 'reading' | undefined;
  /** The same as a sentence. */
  readonly reason: string;
}

export interface RuleExplanation {
  /** The path as the winner saw it. */
  readonly path: string;
  /** Every other way in which a server could read it; nearly always empty. */
  readonly otherReadings: readonly string[];
  /** In order of precedence, at most `MOST_EXPLAINED`. */
  readonly rules: readonly ExplainedRule[];
  /** Matching rules that are not listed. */
  readonly omitted: number;
}

export const MOST_EXPLAINED = 100;

/** Whether the rule matches, asked of the rule itself: for explanations, which may take their time. */
export function ruleMatches(rule: AccessRule, request: AccessRequest, readings: readonly string[]): boolean {
  return (
    rule.enabled &&
    matchesClient(rule, request) &&
    takesMethod(rule, request.method) &&
    readings.some((path) => pathMatches(rule.path, path))
  );
}

function matchesClient({ client }: AccessRule, request: AccessRequest): boolean {
  switch (client.kind) {
    case 'any':
      return true;
    case 'id':
      return client.clientId === request.clientId;
    case 'address':
      return parseAddress(request.ip)?.text === client.ip;
    case 'block': {
      const address = parseAddress(request.ip);
      return address !== undefined && isInside(address, client.base, client.prefix);
    }
  }
}

function isInside(address: Address, base: Address, prefix: number): boolean {
  if (address.family !== base.family) return false;
  let left = prefix;
  return WORD_BITS[base.family].every((bits, index) => {
    const unit = 2 ** (bits - Math.min(bits, Math.max(0, left)));
    left -= bits;
    return Math.floor(address.words[index]! / unit) === Math.floor(base.words[index]! / unit);
  });
}

/** Lists the matching rules with the reason each lost, given who won. */
export function explainRules(
  matching: readonly AccessRule[],
  winner: AccessRule | undefined,
  shadow: AccessRule | undefined,
): Pick<RuleExplanation, 'rules' | 'omitted'> {
  const ordered = [...matching].sort(comparePrecedence);
  const explained = ordered.map((rule) => explainOne(rule, rule.shadow ? shadow : winner));
  const first = explained.slice(0, MOST_EXPLAINED);
  return { rules: first, omitted: explained.length - first.length };
}

function explainOne(rule: AccessRule, winner: AccessRule | undefined): ExplainedRule {
  if (winner === undefined || rule === winner) {
    return rule.shadow
      ? {
          rule,
          outcome: 'shadow',
          lostBy: undefined,
          reason: 'the most specific shadow rule; it counts and never refuses',
        }
      : { rule, outcome: 'wins', lostBy: undefined, reason: 'the most specific rule that matches' };
  }
  const lostBy = comparePrecedence(rule, winner) < 0 ? 'reading' : decidingStep(winner, rule);
  return { rule, outcome: 'loses', lostBy, reason: reasonFor(lostBy, rule, winner) };
}

function reasonFor(lostBy: ExplainedRule['lostBy'], rule: AccessRule, winner: AccessRule): string {
  const by = `rule ${winner.id}`;
  switch (lostBy) {
    case 'client':
      return `client ${formatClientMatcher(rule.client)} is less specific than ${formatClientMatcher(winner.client)} of ${by}`;
    case 'path':
      return `path ${formatPathMatcher(rule.path)} is less specific than ${formatPathMatcher(winner.path)} of ${by}`;
    case 'methods':
      return `it takes any method, and ${by} names ${winner.methods.join(', ')}`;
    case 'action':
      return `${winner.action} goes before ${rule.action}: ${by}`;
    case 'reading':
      return `the path can be read in several ways, and ${by} lets less through in another`;
    default:
      return `it is as specific as ${by}, whose id comes first`;
  }
}
