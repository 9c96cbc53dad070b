import { clientIdentity } from '../policies/access/client-matcher.ts';
import type { AccessRule } from '../policies/access/rule.ts';
import type { ClientLimitDecision } from '../policies/limiter/client-limit.ts';
import type { Clock } from '../shared/clock.ts';
import type {
  AccessDecision,
  AccessRequest,
  DeniedClient,
  RuleCounters,
  ShadowRefusal,
} from './access-contract.ts';

/** What every adapter makes of a rule that matches and of what its limit says. */

export const PASS: AccessDecision = Object.freeze({
  kind: 'pass',
  rule: undefined,
  limit: undefined,
  policyName: undefined,
  shadow: undefined,
});

/**
 * Whom a rule counts: the client id where the rule is for that id or for everybody and the request has one,
 * otherwise the address. A rule for a block counts each of its addresses for itself.
 */
export function identityOf({ client }: AccessRule, { clientId, ip }: AccessRequest): string {
  const countsIds = client.kind === 'id' || client.kind === 'any';
  return countsIds && clientId !== undefined ? clientIdentity(clientId) : ip;
}

export function refusesWith(rule: AccessRule, limit: ClientLimitDecision | undefined): boolean {
  if (rule.action === 'allow') return false;
  return limit === undefined ? rule.action === 'deny' : !limit.allowed;
}

/** Whether the rule puts clients on the deny list. */
export function blocks(rule: AccessRule): boolean {
  return rule.enabled && !rule.shadow && rule.blockForMs !== undefined;
}

export function decisionOf(
  winner: AccessRule,
  limit: ClientLimitDecision | undefined,
  shadow: ShadowRefusal | undefined,
): AccessDecision {
  if (!refusesWith(winner, limit)) {
    const policyName = limit === undefined ? undefined : winner.id;
    return { kind: 'pass', rule: winner, limit, policyName, shadow };
  }
  const retryAfterMs = limit && Math.max(limit.resetMs, winner.blockForMs ?? 0);
  return winner.action === 'throttle' && limit !== undefined && retryAfterMs !== undefined
    ? { kind: 'throttled', rule: winner, limit, policyName: winner.id, retryAfterMs, shadow }
    : { kind: 'denied', ruleId: winner.id, rule: winner, limit, retryAfterMs, shadow };
}

/**
 * What a client on the deny list is answered. `rule` and `limit` are those of the rule that put it there, where they
 * are still in force: the limit may be used up for longer than the denial lasts.
 */
export function deniedBy(
  { ruleId, untilMs }: Pick<DeniedClient, 'ruleId' | 'untilMs'>,
  rule: AccessRule | undefined,
  limit: ClientLimitDecision | undefined,
  nowMs: number,
): AccessDecision {
  const limitMs = limit === undefined || limit.allowed ? 0 : limit.resetMs;
  const retryAfterMs = Math.max(untilMs - nowMs, limitMs);
  return { kind: 'denied', ruleId, rule, limit: undefined, retryAfterMs, shadow: undefined };
}

/** A denial as others see it: its end by the wall clock too. */
export function shownDenial(
  denial: Omit<DeniedClient, 'untilWallMs'>,
  clock: Pick<Clock, 'now' | 'wallNow'>,
): DeniedClient {
  return { ...denial, untilWallMs: clock.wallNow() + (denial.untilMs - clock.now()) };
}

/** What a rule has counted, without whatever else an adapter keeps of it. */
export function shownCounters(counted: RuleCounters | undefined): RuleCounters | undefined {
  if (counted === undefined) return undefined;
  const { matched, refused, shadowRefused } = counted;
  return { matched, refused, shadowRefused };
}
