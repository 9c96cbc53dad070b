import type { ClientLimitAlgorithm, ClientLimitDecision } from '../../../policies/limiter/client-limit.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Rate } from '../../../shared/units.ts';
import { clientLimitKey } from '../keys.ts';
import type { RedisLink } from '../link.ts';
import type { Reach } from '../reach.ts';
import { assembleScript, luaReader, runScript } from '../scripts.ts';
import type { LocalShares } from './local-shares.ts';

const readLua = luaReader(import.meta.url);

/** What counts client limits in Lua; the source of time comes before it. */
export const limitArithmetic = (): string => readLua('./arithmetic.lua');
export const sourceOfTime = (): string => readLua('../gate/lua/clock.lua');

export interface ExactCountsOptions {
  readonly clock: Clock;
  readonly link: RedisLink;
  readonly reach: Reach;
  readonly shares: LocalShares;
  readonly prefix: string;
  /** Takes the place of the server's time: tests alone. */
  readonly time?: string | undefined;
}

/**
 * Counts requests in Redis, one script a request. While it is away or too slow this node decides alone, by what
 * Redis said last; what passes so is counted in Redis with the client's next request here.
 */
export class ExactCounts {
  private readonly script;

  constructor(private readonly options: ExactCountsOptions) {
    const chunks = [options.time ?? sourceOfTime(), limitArithmetic()];
    this.script = assembleScript(chunks, readLua('./take.lua'));
  }

  take(
    limitName: string,
    client: string,
    algorithm: ClientLimitAlgorithm,
    rate: Rate,
  ): ClientLimitDecision | Promise<ClientLimitDecision> {
    const { reach, shares, prefix } = this.options;
    const key = clientLimitKey(prefix, limitName, client);
    if (!reach.isAway) return this.askToTake(key, algorithm, rate);
    const decision = shares.take(key, algorithm, rate);
    if (decision.allowed) shares.owe(key, algorithm, rate, 1);
    return decision;
  }

  /** What `take` would say. */
  async peek(
    limitName: string,
    client: string,
    algorithm: ClientLimitAlgorithm,
    rate: Rate,
  ): Promise<ClientLimitDecision> {
    const { reach, shares, prefix } = this.options;
    const key = clientLimitKey(prefix, limitName, client);
    const told = await reach.ask(() => this.run(key, algorithm, rate, 'peek', 0));
    return told ?? shares.peek(key, algorithm, rate);
  }

  /** The client begins anew. Without Redis only here. */
  async forget(limitName: string, client: string): Promise<void> {
    const { link, reach, prefix } = this.options;
    const key = clientLimitKey(prefix, limitName, client);
    await reach.ask(() => link.commands.del(key));
    // Answers to what was asked before have come by now.
    this.forgetHere(limitName, client);
  }

  /** The client begins anew, on this node. */
  forgetHere(limitName: string, client: string): void {
    this.options.shares.forget(clientLimitKey(this.options.prefix, limitName, client));
  }

  private async askToTake(
    key: string,
    algorithm: ClientLimitAlgorithm,
    rate: Rate,
  ): Promise<ClientLimitDecision> {
    const { reach, shares } = this.options;
    const untold = shares.collectUntold(key, algorithm, rate);
    const asked = this.run(key, algorithm, rate, 'take', untold);
    const told = await reach.ask(() => asked);
    if (told !== undefined) return told;
    const decision = shares.take(key, algorithm, rate);
    // It may be counted in Redis all the same, by an answer that is late. Where none comes nobody knows, and it is
    // told once more: a client may lose a request by it, and a limit is not exceeded.
    const passed = decision.allowed ? 1 : 0;
    asked.then(
      ({ allowed }) => !allowed && this.owe(key, algorithm, rate, passed),
      () => this.owe(key, algorithm, rate, untold + passed),
    );
    return decision;
  }

  private owe(key: string, algorithm: ClientLimitAlgorithm, rate: Rate, requests: number): void {
    if (requests > 0) this.options.shares.owe(key, algorithm, rate, requests);
  }

  /** What is learned from the answer holds even if it comes too late for whoever asked. */
  private async run(
    key: string,
    algorithm: ClientLimitAlgorithm,
    { count, windowMs }: Rate,
    mode: 'take' | 'peek',
    untold: number,
  ): Promise<ClientLimitDecision> {
    const { clock, link, shares } = this.options;
    const args = [algorithm, String(count), String(windowMs), mode, String(untold)];
    const answer = await runScript(link.commands, this.script, [key], args);
    const [allowed, remaining, resetMs, state] = answer as [number, number, string, string];
    const [ageMs, used, before] = state.split(' ').map(Number) as [number, number, number];
    shares.learn(key, { atMs: clock.now() - ageMs, used, before });
    return { allowed: allowed === 1, limit: count, windowMs, remaining, resetMs: Number(resetMs) };
  }
}
