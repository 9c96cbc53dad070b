import type { Clock } from '../../../shared/clock.ts';
import type { Gate, GateSnapshot } from '../../contracts.ts';
import { DEFAULT_PREFIX, sharedChannel, wishesKey } from '../keys.ts';
import type { RedisLink } from '../link.ts';
import { assembleScript, luaReader, runScript } from '../scripts.ts';
import type { Topics } from '../topics.ts';
import { type GateWish, WishingGate, type WishingGateOptions } from './wishing-gate.ts';

export interface SharedWishesOptions {
  readonly clock: Clock;
  readonly link: RedisLink;
  readonly topics: Topics;
  /** This process among the nodes. */
  readonly node: string;
  readonly prefix?: string | undefined;
}

/** What holds for an upstream, as Redis tells it. Times are ms from now on. */
interface HeldWishes {
  readonly rev: number;
  readonly pause?: { readonly left?: number; readonly reason: string };
  readonly force?: { readonly state: 'open' | 'closed'; readonly left: number };
}

const read = luaReader(import.meta.url);
const TELL = assembleScript([], read('./wish.lua'));
const READ = assembleScript([], read('./wishes.lua'));

/**
 * Pauses and forced breakers of upstreams whose calls are not counted: each node lets its own calls go without asking
 * anybody, so that they go on while Redis is away; what operators want of them holds on all nodes all the same.
 */
export class SharedWishes {
  private readonly gates = new Map<string, WishingGate>();
  /** Up to which revision this node knows what is wanted. */
  private readonly seen = new Map<string, number>();
  /** Wishes that nobody could be told of: the last ones, by upstream. */
  private readonly owed = new Map<string, GateWish[]>();
  private readonly key: string;
  private readonly channel: string;
  private readonly stops: Array<() => void>;

  constructor(private readonly options: SharedWishesOptions) {
    const { topics, link, prefix = DEFAULT_PREFIX } = options;
    this.key = wishesKey(prefix);
    this.channel = sharedChannel(prefix, 'wishes');
    this.stops = [
      topics.listen(
        this.channel,
        (message) => this.hear(message),
        () => void this.reread(),
      ),
      // Either connection may be there first.
      link.onChange((isUp) => void (isUp && this.reread())),
    ];
  }

  /** A gate of this process, of which the others learn what is wanted, and the other way round. */
  open(upstream: string, options: WishingGateOptions): Gate {
    const gate = new WishingGate(options, (wish) => void this.tell(upstream, wish));
    this.gates.set(upstream, gate);
    void this.reread();
    return gate;
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.gates.clear();
  }

  private async tell(upstream: string, wish: GateWish): Promise<void> {
    const { link, node } = this.options;
    const { untilMs, ...rest } = wish;
    const left = untilMs === undefined ? {} : { for: untilMs - this.options.clock.now() };
    if (left.for !== undefined && left.for <= 0) return;
    const told = JSON.stringify({ u: upstream, n: node, ...rest, ...left });
    try {
      const rev = Number(await runScript(link.commands, TELL, [this.key], [told, this.channel]));
      this.see(upstream, rev);
    } catch {
      const others = (this.owed.get(upstream) ?? []).filter(({ op }) => isOfPause(op) !== isOfPause(wish.op));
      this.owed.set(upstream, [...others, wish]);
    }
  }

  private hear(message: string): void {
    const told = JSON.parse(message) as GateWish & { u: string; n: string; rev: number; for?: number };
    this.see(told.u, told.rev);
    if (told.n === this.options.node) return;
    const untilMs = told.for === undefined ? undefined : this.options.clock.now() + told.for;
    this.gates.get(told.u)?.grantWish({ op: told.op, untilMs, reason: told.reason, state: told.state });
  }

  /** Messages may have been missed, and Redis may have forgotten everything. */
  private async reread(): Promise<void> {
    const { link, clock } = this.options;
    if (!link.isUp) return;
    const owed = [...this.owed];
    this.owed.clear();
    for (const [upstream, wishes] of owed) for (const wish of wishes) await this.tell(upstream, wish);
    let held: Readonly<Record<string, HeldWishes>>;
    try {
      held = JSON.parse(String(await runScript(link.commands, READ, [this.key], [])));
    } catch {
      return;
    }
    for (const [upstream, gate] of this.gates) {
      const wishes = held[upstream];
      const seen = this.seen.get(upstream) ?? 0;
      if (wishes === undefined || wishes.rev < seen) {
        // It was told once and is not there: a server that forgot. Whoever remembers tells it again.
        this.seen.delete(upstream);
        if (seen > 0) for (const wish of wishesOf(gate.snapshot())) void this.tell(upstream, wish);
      } else if (wishes.rev > seen) {
        this.see(upstream, wishes.rev);
        this.apply(gate, wishes, clock.now());
      }
    }
  }

  private apply(gate: WishingGate, { pause, force }: HeldWishes, now: number): void {
    gate.grantWish({ op: 'resume' });
    if (pause !== undefined) {
      const untilMs = pause.left === undefined ? undefined : now + pause.left;
      gate.grantWish({ op: 'pause', untilMs, reason: pause.reason });
    }
    if (force !== undefined) gate.grantWish({ op: 'force', untilMs: now + force.left, state: force.state });
    else if (gate.snapshot().breaker?.kind === 'forced') gate.grantWish({ op: 'force', state: 'reset' });
  }

  private see(upstream: string, rev: number): void {
    this.seen.set(upstream, Math.max(rev, this.seen.get(upstream) ?? 0));
  }
}

const isOfPause = (op: GateWish['op']): boolean => op !== 'force';

/** What holds at a gate, as wishes. */
function wishesOf({ pause, breaker }: GateSnapshot): GateWish[] {
  const wishes: GateWish[] = [];
  if (pause !== undefined) wishes.push({ op: 'pause', untilMs: pause.untilMs, reason: pause.reason });
  if (breaker?.kind === 'forced') wishes.push({ op: 'force', untilMs: breaker.untilMs, state: breaker.as });
  return wishes;
}
