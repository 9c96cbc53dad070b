const DEFAULT_MAX_CLIENTS = 10_000;
const FIRST_SWEEP_AT = 64;

/** What a share is taken of: a call of a client. */
export interface SharedCall {
  readonly client: string;
  readonly cost: number;
}

/**
 * Start-time fair queueing (Goyal, Vin and Cheng, "Start-time Fair Queuing", SIGCOMM 1996). A call's start tag is
 * where its client's last one ended in virtual time, or now if that is past; it ends `cost / weight` later. Calls go
 * in order of their start tags, so that over any time in which two clients both wait, each gets calls in proportion
 * to its weight, within one call of each.
 *
 * Bounded: clients whose last call ended before the virtual time are forgotten, which changes no tag. Should
 * `maxClients` still be exceeded (a flood of clients that come once), the virtual time moves on to the median
 * ending, so that half of them can be forgotten: newcomers then stand behind who was here before.
 */
export class FairShares {
  private readonly weights: ReadonlyMap<string, number>;
  private readonly finish = new Map<string, number>();
  private virtualTime = 0;
  private sweepAt = FIRST_SWEEP_AT;

  /** Clients without a weight have 1. Throws RangeError on a weight that is not a positive number. */
  constructor(
    weights: Readonly<Record<string, number>>,
    private readonly maxClients: number = DEFAULT_MAX_CLIENTS,
  ) {
    // A map, because client ids are anything: `constructor` is found on every plain object.
    this.weights = new Map(Object.entries(weights));
    for (const [client, weight] of this.weights) {
      if (!(weight > 0 && Number.isFinite(weight))) {
        throw new RangeError(`weight of ${client} must be a positive number, not ${weight}`);
      }
    }
    if (!Number.isSafeInteger(maxClients) || maxClients < 1) {
      throw new RangeError(`maxClients must be a whole number from 1, not ${maxClients}`);
    }
  }

  /** The start tag of a call that arrives now; the client's next one starts where this one ends. */
  startTag(input: SharedCall): number {
    const start = this.peek(input);
    this.finish.set(input.client, start + this.share(input));
    if (this.finish.size > Math.min(this.sweepAt, this.maxClients)) this.sweep();
    return start;
  }

  /** The start tag that a call would have; remembers nothing. */
  peek({ client }: Pick<SharedCall, 'client'>): number {
    return Math.max(this.virtualTime, this.finish.get(client) ?? 0);
  }

  /** A call with this start tag goes now: virtual time moves there. */
  served(startTag: number): void {
    this.virtualTime = Math.max(this.virtualTime, startTag);
  }

  /** A call left without being served: its client's next one need not stand behind it. */
  cancelled(input: SharedCall): void {
    const finish = this.finish.get(input.client);
    if (finish === undefined) return;
    const earlier = finish - this.share(input);
    if (earlier <= this.virtualTime) this.finish.delete(input.client);
    else this.finish.set(input.client, earlier);
  }

  /** Clients remembered now. */
  get size(): number {
    return this.finish.size;
  }

  private share({ client, cost }: SharedCall): number {
    return cost / (this.weights.get(client) ?? 1);
  }

  private sweep(): void {
    const isFull = this.finish.size > this.maxClients;
    this.forgetPast();
    // Down to half at least, or the next newcomer would make it sweep again.
    if (isFull && this.finish.size > this.maxClients / 2) {
      const endings = Float64Array.from(this.finish.values()).sort();
      this.virtualTime = Math.max(this.virtualTime, endings[endings.length >>> 1]!);
      this.forgetPast();
    }
    // Half of the next sweep's entries are new, so that a sweep costs each of them a constant.
    this.sweepAt = Math.max(FIRST_SWEEP_AT, 2 * this.finish.size);
  }

  private forgetPast(): void {
    for (const [client, finish] of this.finish) {
      if (finish <= this.virtualTime) this.finish.delete(client);
    }
  }
}
