import { createHash } from 'node:crypto';
import { formatClientMatcher } from '../../../policies/access/client-matcher.ts';
import { type AccessRule, decidesAlike } from '../../../policies/access/rule.ts';
import type { ClientLimitAlgorithm } from '../../../policies/limiter/client-limit.ts';
import type { Rate } from '../../../shared/units.ts';

/** A limit as the counts of it are known on every node: rules whose counts go on under each other have one name. */
export interface CountedLimit {
  readonly name: string;
  readonly algorithm: ClientLimitAlgorithm;
  readonly rate: Rate;
  /** How long a generation of its counts lasts. */
  readonly generationMs: number;
}

/** A rule in force, and what this node has counted of it. */
export interface RuleTally {
  readonly rule: AccessRule;
  /** Undefined: nothing is counted. */
  readonly limit: CountedLimit | undefined;
  matched: number;
  refused: number;
  shadowRefused: number;
}

/** The tallies of other rules; those that decide as before go on. */
export function nextTallies(
  before: ReadonlyMap<string, RuleTally>,
  rules: readonly AccessRule[],
): Map<string, RuleTally> {
  const next = new Map<string, RuleTally>();
  for (const rule of rules) {
    if (!rule.enabled) continue;
    const known = before.get(rule.id);
    const counters = known !== undefined && decidesAlike(known.rule, rule) ? known : undefined;
    next.set(rule.id, {
      rule,
      limit: countedLimit(rule),
      matched: counters?.matched ?? 0,
      refused: counters?.refused ?? 0,
      shadowRefused: counters?.shadowRefused ?? 0,
    });
  }
  return next;
}

function countedLimit(rule: AccessRule): CountedLimit | undefined {
  const { id, limit, algorithm, client } = rule;
  if (limit === undefined) return undefined;
  const facts = [id, algorithm, limit.count, limit.windowMs, formatClientMatcher(client)];
  return {
    name: shortDigest(facts.join('\n')),
    algorithm,
    rate: limit,
    generationMs: generationOf(limit.windowMs),
  };
}

/** At least two windows, after which no algorithm knows a client any more; few different lengths, so few hashes. */
function generationOf(windowMs: number): number {
  let lengthMs = 1_000;
  while (lengthMs < 2 * windowMs) lengthMs *= 2;
  return lengthMs;
}

const shortDigest = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 16);
