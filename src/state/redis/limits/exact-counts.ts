import type { ClientLimitAlgorithm, ClientLimitDecision } from '../../../policies/limiter/client-limit.ts';
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
  readonly link: RedisLink;
  readonly reach: Reach;
  readonly shares: LocalShares;
  readonly prefix: string;
  /** Takes the place of the server's time: tests alone. */
  readonly time?: string | undefined;
}

/** Counts requests in Redis, one script a request, and in this node's share of the limit while it is away. */
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
    const { reach, shares } = this.options;
    const key = clientLimitKey(this.options.prefix, limitName, client);
    if (reach.isAway) return shares.take(key, algorithm, rate);
    return this.ask(key, algorithm, rate, 'take').then((told) => told ?? shares.take(key, algorithm, rate));
  }

  /** What `take` would say. */
  async peek(
    limitName: string,
    client: string,
    algorithm: ClientLimitAlgorithm,
    rate: Rate,
  ): Promise<ClientLimitDecision> {
    const key = clientLimitKey(this.options.prefix, limitName, client);
    const told = await this.ask(key, algorithm, rate, 'peek');
    return told ?? this.options.shares.peek(key, algorithm, rate);
  }

  /** The client begins anew. Without Redis only here. */
  async forget(limitName: string, client: string): Promise<void> {
    const { link, reach, shares, prefix } = this.options;
    const key = clientLimitKey(prefix, limitName, client);
    shares.forget(key);
    await reach.ask(() => link.commands.del(key));
  }

  private async ask(
    key: string,
    algorithm: ClientLimitAlgorithm,
    { count, windowMs }: Rate,
    mode: 'take' | 'peek',
  ): Promise<ClientLimitDecision | undefined> {
    const { link, reach } = this.options;
    const args = [algorithm, String(count), String(windowMs), mode];
    const answer = await reach.ask(() => runScript(link.commands, this.script, [key], args));
    if (answer === undefined) return undefined;
    const [allowed, remaining, resetMs] = answer as [number, number, string];
    return { allowed: allowed === 1, limit: count, windowMs, remaining, resetMs: Number(resetMs) };
  }
}
