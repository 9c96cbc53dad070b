import type { Clock } from '../shared/clock.ts';
import type { Random } from '../shared/random.ts';
import type { Gate } from '../state/contracts.ts';
import type { Command } from './command.ts';
import type { Reply } from './reply.ts';
import type { Route } from './route.ts';

/**
 * Takes a command to its answer. Without a promise where the answer is at hand: that is the fast path. Throws, or
 * rejects with, a GatewayError for a refusal or failure of ours, and the signal's reason when the client is gone.
 */
export type Handler = (command: Command) => Reply | Promise<Reply>;

/** One step of the request's way: does its part and calls the next one, or answers itself. */
export type Stage = (next: Handler) => Handler;

/** What every stage may use. */
export interface StageServices {
  readonly clock: Clock;
  readonly random: Random;
  /** The gate of the route's upstream. */
  readonly gate: Gate;
}

/** Builds a stage for one route; a stage with nothing to do there hands `next` back, so that it costs nothing. */
export type StageFactory<Services = StageServices> = (route: Route, services: Services) => Stage;

/** `then` for an answer that may be at hand: continues without a promise when it is. */
export function whenAnswered(
  answer: Reply | Promise<Reply>,
  proceed: (reply: Reply) => Reply | Promise<Reply>,
): Reply | Promise<Reply> {
  return answer instanceof Promise ? answer.then(proceed) : proceed(answer);
}
