import { GatewayError } from '../../shared/errors.ts';
import { formatRate } from '../../shared/units.ts';
import type { ClientLimitDecision, ClientLimiter } from '../../state/contracts.ts';
import type { Command } from '../command.ts';
import type { HeaderList } from '../reply.ts';
import type { StageFactory } from '../stage.ts';

export interface AccessServices {
  /** The route's client limit, where it has one. */
  readonly clientLimiter: ClientLimiter | undefined;
}

/** Who may come in, and how often: the client limit of the route. Refuses with `client_rate_limited`. */
export const accessStage: StageFactory<AccessServices> = (route, { clientLimiter }) => {
  const limit = route.config.clientLimit;
  return (next) => {
    if (limit === undefined || clientLimiter === undefined) return next;
    const policy = `"client";q=${limit.rate.count};w=${Math.ceil(limit.rate.windowMs / 1_000)}`;

    const decide = (command: Command, decision: ClientLimitDecision) => {
      command.extraHeaders = limitHeaders(policy, decision);
      if (decision.allowed) return next(command);
      throw new GatewayError('client_rate_limited', {
        detail: `This ${limit.by === 'ip' ? 'address' : 'client'} may make ${formatRate(limit.rate)} here.`,
        retryAfterMs: decision.resetMs,
      });
    };

    return (command) => {
      const decision = clientLimiter.take(limit.by === 'ip' ? command.ip : command.client);
      return decision instanceof Promise
        ? decision.then((made) => decide(command, made))
        : decide(command, decision);
    };
  };
};

/** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10): quota, remaining, seconds to reset. */
function limitHeaders(policy: string, decision: ClientLimitDecision): HeaderList {
  return [
    ['RateLimit-Policy', policy],
    ['RateLimit', `"client";r=${decision.remaining};t=${Math.ceil(decision.resetMs / 1_000)}`],
  ];
}
