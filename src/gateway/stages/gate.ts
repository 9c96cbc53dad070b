import type { Outcome } from '../../policies/breaker/breaker.ts';
import { type FailureClass, matchesFailure } from '../../policies/breaker/failure-class.ts';
import { parseRetryAfter } from '../../policies/retry/retry-after.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Grant } from '../../state/contracts.ts';
import { StreamBody } from '../body.ts';
import type { Command } from '../command.ts';
import { headerOf, type Reply } from '../reply.ts';
import type { StageFactory } from '../stage.ts';
import { isStaleGrant } from '../transport/transport.ts';

/** Waits for the command's turn at the upstream's gate, makes the call below, and tells the gate how it went. */
export const gateStage: StageFactory = (route, { gate, clock }) => {
  const { upstream } = route;
  const failures = upstream.breaker?.failures ?? [];
  return (next) => {
    const attempt = async (command: Command, grant: Grant): Promise<Reply> => {
      if (command.signal.aborted) {
        grant.giveBack();
        throw command.signal.reason;
      }
      if (!grant.isFresh()) return again(command, grant);
      command.grant = grant;
      command.attempts++;
      command.queueMs = (command.queueMs ?? 0) + grant.waitedMs;
      const startedAtMs = clock.now();
      try {
        const reply = await next(command);
        pauseIfAsked(reply);
        endWith(grant, reply, outcomeOfReply(reply, failures));
        return reply;
      } catch (error) {
        if (isStaleGrant(error)) {
          command.attempts--;
          return again(command, grant);
        }
        grant.end(outcomeOfError(error, failures));
        throw error;
      } finally {
        command.upstreamMs = (command.upstreamMs ?? 0) + clock.now() - startedAtMs;
      }
    };

    /** This process stood still for too long: others may be about to write. The ticket keeps its rank. */
    const again = (command: Command, grant: Grant): Reply | Promise<Reply> => {
      grant.giveBack();
      return enter(command);
    };

    /** The provider said for how long it wants no calls: nobody calls it until then. */
    const pauseIfAsked = (reply: Reply): void => {
      if (reply.status !== 429 && reply.status !== 503) return;
      const asked = parseRetryAfter(headerOf(reply.headers, 'retry-after') ?? null, clock.wallNow());
      const pauseMs = asked ?? (reply.status === 429 ? upstream.penaltyMs : undefined);
      if (pauseMs === undefined || pauseMs <= 0) return;
      const reason = `the upstream answered ${reply.status} and asked for a pause`;
      // Where it cannot be told now, nothing is granted either, and the gate tells it later.
      void Promise.resolve(gate.pause(clock.now() + pauseMs, reason)).catch(() => {});
    };

    const enter = (command: Command): Reply | Promise<Reply> => {
      // Also where nothing is paced: a pause makes calls wait everywhere.
      const entered = gate.enter(command.ticket, command.signal);
      if (!(entered instanceof Promise)) return attempt(command, entered);
      const enteredAtMs = clock.now();
      return entered.then(
        (grant) => attempt(command, grant),
        (error: unknown) => {
          // Whoever waited in vain waited in the queue, not on us.
          command.queueMs = (command.queueMs ?? 0) + clock.now() - enteredAtMs;
          throw error;
        },
      );
    };
    return enter;
  };
};

/** A streamed answer holds its place until its last byte; one that breaks off is a failure all the same. */
function endWith(grant: Grant, reply: Reply, outcome: Outcome): void {
  if (!(reply.body instanceof StreamBody)) grant.end(outcome);
  else reply.body.onEnd((end) => grant.end(end === 'failed' ? 'failure' : outcome));
}

function outcomeOfReply(reply: Reply, failures: readonly FailureClass[]): Outcome {
  // A 429 says that we were too fast, not that the upstream is ill: it pauses, unless configured to count.
  if (reply.status === 429 && !failures.includes(429)) return 'ignore';
  return matchesFailure(failures, { status: reply.status }) ? 'failure' : 'success';
}

function outcomeOfError(error: unknown, failures: readonly FailureClass[]): Outcome {
  if (!(error instanceof GatewayError)) return 'ignore';
  if (error.code === 'upstream_timeout') {
    return matchesFailure(failures, { error: 'timeout' }) ? 'failure' : 'ignore';
  }
  if (error.code === 'upstream_unreachable') {
    return matchesFailure(failures, { error: 'connection' }) ? 'failure' : 'ignore';
  }
  return 'ignore';
}
