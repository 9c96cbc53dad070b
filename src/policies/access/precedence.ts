import type { ClientMatcher } from './client-matcher.ts';
import type { PathMatcher } from './path-matcher.ts';
import type { AccessRule, RuleAction } from './rule.ts';

/** The part of a request that rules see. */
export interface AccessRequest {
  /** The client's address, canonical (`src/shared/ip.ts`); what is no address matches only rules for `*` or the id. */
  readonly ip: string;
  /** Undefined when the request names no client. */
  readonly clientId: string | undefined;
  /** As it was received, without query: rules read it as `pathReadings` says. */
  readonly path: string;
  /** Upper case. */
  readonly method: string;
}

/** What one rule can beat another by, the weightiest first. */
export const PRECEDENCE = ['client', 'path', 'methods', 'action', 'id'] as const;
export type PrecedenceStep = (typeof PRECEDENCE)[number];

/**
 * Of all enabled rules that match a request, one wins: the most specific.
 *
 * 1. client: a client id, then a single address, then blocks, the longer prefix first, then `*`;
 * 2. path: an exact path, then prefixes, the longer first, then `*`;
 * 3. methods: named, then any;
 * 4. action: `deny`, then `throttle`, then `allow`;
 * 5. id: the first in the order of character codes.
 *
 * Each step decides only what the steps before left equal. A path that servers could read in several ways
 * (`pathReadings`) is matched in each of them; of the winners the one that lets least through counts
 * (`allowedPerMs`), the order above settling ties. Shadow rules are looked up by the same order, on their own.
 *
 * Below 0 when `one` goes before `other`.
 */
export function comparePrecedence(one: AccessRule, other: AccessRule): number {
  for (const step of PRECEDENCE) {
    const difference = compareBy(step, one, other);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The first step at which `one` and `other` differ; undefined for the same id. */
export function decidingStep(one: AccessRule, other: AccessRule): PrecedenceStep | undefined {
  return PRECEDENCE.find((step) => compareBy(step, one, other) !== 0);
}

/** Requests per ms that the rule lets through: 0 when it always denies, infinitely many without a limit. */
export function allowedPerMs(rule: AccessRule | undefined): number {
  if (rule === undefined || rule.action === 'allow') return Number.POSITIVE_INFINITY;
  return rule.limit === undefined ? 0 : rule.limit.count / rule.limit.windowMs;
}

const ACTION_RANK: Readonly<Record<RuleAction, number>> = { deny: 0, throttle: 1, allow: 2 };

function compareBy(step: PrecedenceStep, one: AccessRule, other: AccessRule): number {
  switch (step) {
    case 'client':
      return clientSpecificity(other.client) - clientSpecificity(one.client);
    case 'path':
      return pathSpecificity(other.path) - pathSpecificity(one.path);
    case 'methods':
      return Number(namesMethods(other)) - Number(namesMethods(one));
    case 'action':
      return ACTION_RANK[one.action] - ACTION_RANK[other.action];
    case 'id':
      return one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
  }
}

export function namesMethods(rule: AccessRule): boolean {
  return !rule.methods.includes('*');
}

export function takesMethod(rule: AccessRule, method: string): boolean {
  const { methods } = rule;
  return methods.includes(method) || methods.includes('*');
}

/** Blocks are at most 128, an address is above every block. */
function clientSpecificity(client: ClientMatcher): number {
  switch (client.kind) {
    case 'any':
      return -1;
    case 'block':
      return client.prefix;
    case 'address':
      return 1_000;
    case 'id':
      return 2_000;
  }
}

function pathSpecificity(path: PathMatcher): number {
  switch (path.kind) {
    case 'any':
      return -1;
    case 'prefix':
      return path.prefix.length;
    case 'exact':
      return Number.MAX_SAFE_INTEGER;
  }
}
