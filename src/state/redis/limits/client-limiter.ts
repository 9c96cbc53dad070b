import { createHash } from 'node:crypto';
import type { ClientLimitAlgorithm, ClientLimitDecision } from '../../../policies/limiter/client-limit.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Rate } from '../../../shared/units.ts';
import type { ClientLimiter } from '../../contracts.ts';
import { DEFAULT_PREFIX } from '../keys.ts';
import type { RedisLink } from '../link.ts';
import { Reach } from '../reach.ts';
import { clientName } from './client-name.ts';
import { ExactCounts } from './exact-counts.ts';
import { LocalShares } from './local-shares.ts';

export interface RedisClientLimiterOptions {
  readonly clock: Clock;
  readonly link: RedisLink;
  /** Tells this limit from others, on every node alike: the route's path and methods. */
  readonly name: string;
  readonly rate: Rate;
  readonly algorithm: ClientLimitAlgorithm;
  /** Nodes of the fleet as known last: while Redis is away each allows its share. */
  readonly nodes: () => number;
  readonly prefix?: string | undefined;
  /** Clients whose counts this node remembers, for when Redis is away. Default 100,000. */
  readonly maxClients?: number | undefined;
  readonly reach?: Reach | undefined;
  /** Takes the place of the server's time: tests alone. */
  readonly time?: string | undefined;
}

/**
 * Client limits of a fleet: one script a request, exact whatever node it comes to. A client that has been silent
 * until its count is whole again leaves no trace in Redis.
 */
export class RedisClientLimiter implements ClientLimiter {
  private readonly counts: ExactCounts;
  private readonly shares: LocalShares;
  private readonly limitName: string;

  constructor(private readonly options: RedisClientLimiterOptions) {
    const {
      clock,
      link,
      rate,
      algorithm,
      name,
      nodes,
      prefix = DEFAULT_PREFIX,
      maxClients = 100_000,
    } = options;
    this.shares = new LocalShares(clock, nodes, maxClients);
    this.counts = new ExactCounts({
      clock,
      link,
      reach: options.reach ?? new Reach({ clock, link }),
      shares: this.shares,
      prefix,
      time: options.time,
    });
    // Counts of another rate mean something else.
    this.limitName = digest(`${name}\n${algorithm}\n${rate.count}\n${rate.windowMs}`).slice(0, 16);
  }

  take(client: string): ClientLimitDecision | Promise<ClientLimitDecision> {
    return this.counts.take(this.limitName, clientName(client), this.options.algorithm, this.options.rate);
  }

  /** Requests that were decided without Redis. */
  get decidedAlone(): number {
    return this.shares.taken;
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
