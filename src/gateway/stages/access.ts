import { GatewayError } from '../../shared/errors.ts';
import { formatRate, type Rate } from '../../shared/units.ts';
import type { AccessControl, AccessDecision } from '../../state/access-contract.ts';
import type { ClientLimitDecision, ClientLimiter } from '../../state/contracts.ts';
import type { Command } from '../command.ts';
import type { HeaderList, Reply } from '../reply.ts';
import type { Handler, StageFactory } from '../stage.ts';

export interface AccessServices {
  /** The rules and the deny list, for all routes. */
  readonly access: AccessControl;
  /** The route's client limit, where it has one. */
  readonly clientLimiter: ClientLimiter | undefined;
}

/**
 * Who may come in, and how often: access rules and the deny list, then the client limit of the route. Refuses with
 * `access_denied` and `client_rate_limited`.
 */
export const accessStage: StageFactory<AccessServices> = (route, { access, clientLimiter }) => {
  const limit = route.config.clientLimit;
  return (next) => {
    const limited =
      limit === undefined || clientLimiter === undefined ? next : limitedBy(clientLimiter, limit, next);
    return (command) => (access.idle ? limited(command) : byRules(access, command, limited));
  };
};

function byRules(access: AccessControl, command: Command, next: Handler): Reply | Promise<Reply> {
  const { ip, clientId, path, method } = command;
  const decision = access.check({ ip, clientId, path, method });
  return decision instanceof Promise
    ? decision.then((made) => obey(made, command, next))
    : obey(decision, command, next);
}

function obey(decision: AccessDecision, command: Command, next: Handler): Reply | Promise<Reply> {
  if (decision.kind === 'pass') {
    const { rule, limit, policyName } = decision;
    if (limit !== undefined && policyName !== undefined) tell(command, policyName, rule?.limit, limit);
    return next(command);
  }
  if (decision.kind === 'throttled') {
    const { rule, limit, policyName, retryAfterMs } = decision;
    tell(command, policyName, rule.limit, limit);
    throw new GatewayError('client_rate_limited', {
      detail: `The access rule \`${rule.id}\` allows ${rule.limit === undefined ? 'less' : formatRate(rule.limit)} here.`,
      retryAfterMs,
    });
  }
  throw new GatewayError('access_denied', {
    detail: `The access rule \`${decision.ruleId}\` denies this.`,
    retryAfterMs: decision.retryAfterMs,
  });
}

function limitedBy(
  limiter: ClientLimiter,
  { rate, by }: { readonly rate: Rate; readonly by: 'ip' | 'client' },
  next: Handler,
): Handler {
  const decide = (command: Command, decision: ClientLimitDecision) => {
    tell(command, 'client', rate, decision);
    if (decision.allowed) return next(command);
    throw new GatewayError('client_rate_limited', {
      detail: `This ${by === 'ip' ? 'address' : 'client'} may make ${formatRate(rate)} here.`,
      retryAfterMs: decision.resetMs,
    });
  };
  return (command) => {
    const decision = limiter.take(by === 'ip' ? command.ip : command.client);
    return decision instanceof Promise
      ? decision.then((made) => decide(command, made))
      : decide(command, decision);
  };
}

/**
 * `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10): quota and window, what remains, and
 * seconds to the reset. Where a rule and the route's limit hold together, both are listed.
 */
function tell(command: Command, name: string, rate: Rate | undefined, decision: ClientLimitDecision): void {
  const windowMs = rate?.windowMs ?? decision.windowMs;
  const policy = `"${name}";q=${decision.limit};w=${Math.ceil(windowMs / 1_000)}`;
  const state = `"${name}";r=${decision.remaining};t=${Math.ceil(decision.resetMs / 1_000)}`;
  const before = command.extraHeaders;
  const and = (header: string) => {
    const value = before?.find(([known]) => known === header)?.[1];
    return value === undefined ? '' : `${value}, `;
  };
  const headers: HeaderList = [
    ['RateLimit-Policy', and('RateLimit-Policy') + policy],
    ['RateLimit', and('RateLimit') + state],
  ];
  command.extraHeaders = headers;
}
