import type { Clock, Timer } from '../../../shared/clock.ts';
import type { Gate } from '../../contracts.ts';
import { DEFAULT_PREFIX, revisionsKey, sharedChannel, wishesKey } from '../keys.ts';
import type { RedisLink } from '../link.ts';
import type { SharedRevisions } from '../revisions/shared-revisions.ts';
import { assembleScript, luaReader, runScript } from '../scripts.ts';
import type { Topics } from '../topics.ts';
import { type HeldWishes, type ToldWish, WishedUpstream } from './wished-upstream.ts';
import { WishingGate, type WishingGateOptions } from './wishing-gate.ts';

export interface SharedWishesOptions {
  readonly clock: Clock;
  readonly link: RedisLink;
  readonly topics: Topics;
  /** Says that there were wishes whose message may have been lost. */
  readonly revisions: Pick<SharedRevisions, 'on'>;
  /** This process among the nodes; another one after each start. */
  readonly node: string;
  readonly prefix?: string | undefined;
}

const read = luaReader(import.meta.url);
const TELL = assembleScript([], read('./wish.lua'));
const READ = assembleScript([], read('./wishes.lua'));

const RETRY_MS = 500;

/**
 * Pauses and forced breakers of upstreams whose calls are not counted: each node lets its own calls go without asking
 * anybody, so that they go on while Redis is away; what operators want of them holds on all nodes all the same. News
 * come by message at once, and by the revision that is read twice a second in any case.
 */
export class SharedWishes {
  private readonly upstreams = new Map<string, WishedUpstream>();
  private readonly keys: string[];
  private readonly channel: string;
  private readonly stops: Array<() => void>;
  private ids = 0;
  private isReading = false;
  private readAgain = false;
  private retry: Timer | undefined;
  private closed = false;

  constructor(private readonly options: SharedWishesOptions) {
    const { topics, revisions, prefix = DEFAULT_PREFIX } = options;
    this.keys = [wishesKey(prefix), revisionsKey(prefix)];
    this.channel = sharedChannel(prefix, 'wishes');
    this.stops = [
      topics.listen(
        this.channel,
        (message) => this.hear(message),
        () => this.reread(),
      ),
      revisions.on('wishes', () => this.reread()),
    ];
  }

  /** A gate of this process, of which the others learn what is wanted, and the other way round. */
  open(upstream: string, options: WishingGateOptions): Gate {
    const gate: WishingGate = new WishingGate(options, (wish) => {
      // A gate that another one has replaced wants nothing any more.
      if (this.upstreams.get(upstream) !== one) return;
      one.want(wish);
      this.tellOwed(upstream, one).catch(() => {});
    });
    const one = new WishedUpstream(gate, () => `${this.options.node}:${++this.ids}`);
    this.upstreams.set(upstream, one);
    this.reread();
    return gate;
  }

  close(): void {
    this.closed = true;
    this.retry?.cancel();
    for (const stop of this.stops) stop();
    this.upstreams.clear();
  }

  private hear(message: string): void {
    const told = JSON.parse(message) as ToldWish;
    const one = this.upstreams.get(told.u);
    if (one !== undefined && !one.hear(told, this.options.clock.now())) this.reread();
  }

  /** One reading at a time: what comes up meanwhile is read by the next one. Never rejects. */
  private reread(): void {
    this.readAgain = true;
    if (!this.isReading) void this.readOn();
  }

  private async readOn(): Promise<void> {
    this.isReading = true;
    try {
      while (this.readAgain && !this.closed && this.options.link.isUp) {
        this.readAgain = false;
        await this.readOnce();
      }
    } catch {
      // Whoever comes back says so; this is for one that never went.
      this.tryAgain();
    } finally {
      this.isReading = false;
    }
  }

  private async readOnce(): Promise<void> {
    const { link, clock } = this.options;
    const made = new Map([...this.upstreams].map(([name, one]) => [name, one.made]));
    const [key] = this.keys;
    const held: Readonly<Record<string, HeldWishes>> = JSON.parse(
      String(await runScript(link.commands, READ, [key!], [])),
    );
    for (const [name, one] of this.upstreams) {
      if (one.made === made.get(name)) one.compare(held[name], clock.now());
      else this.readAgain = true;
      if (one.owed.length === 0) continue;
      await this.tellOwed(name, one);
      this.readAgain = true;
    }
  }

  /** Tells Redis what this node wants, one wish after another. Rejects when it does not answer; then tries again. */
  private async tellOwed(upstream: string, one: WishedUpstream): Promise<void> {
    const { link, node, clock } = this.options;
    if (one.telling) return;
    one.telling = true;
    try {
      for (let [owed] = one.owed; owed !== undefined; [owed] = one.owed) {
        const { untilMs, ...rest } = owed.wish;
        const left = untilMs === undefined ? {} : { for: untilMs - clock.now() };
        if (left.for === undefined || left.for > 0) {
          one.expect(owed);
          const told = JSON.stringify({ u: upstream, n: node, id: owed.id, ...rest, ...left });
          await runScript(link.commands, TELL, this.keys, [told, this.channel]);
        }
        one.told(owed);
      }
    } catch (error) {
      this.tryAgain();
      throw error;
    } finally {
      one.telling = false;
    }
  }

  /** A server that is away says itself when it is back. */
  private tryAgain(): void {
    if (this.closed || !this.options.link.isUp) return;
    this.retry?.cancel();
    this.retry = this.options.clock.after(RETRY_MS, () => this.reread());
  }
}
