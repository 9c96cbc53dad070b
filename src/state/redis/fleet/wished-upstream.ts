import type { GateWish, Wanted, WishingGate } from './wishing-gate.ts';

/** What holds for an upstream, as Redis tells it. Times are ms from now on. */
export interface HeldWishes {
  /** The wish that it began with: another one after Redis has forgotten it. */
  readonly of: string;
  /** How many wishes there were. */
  readonly rev: number;
  /** The last one. */
  readonly id: string;
  readonly pause?: { readonly left?: number; readonly reason: string };
  readonly force?: { readonly state: 'open' | 'closed'; readonly left: number };
}

/** A wish as it is published. */
export interface ToldWish extends Omit<GateWish, 'untilMs'> {
  /** Upstream. */
  readonly u: string;
  /** The node that told it. */
  readonly n: string;
  readonly id: string;
  readonly of: string;
  readonly rev: number;
  /** Ms from when it was told. */
  readonly for?: number;
}

export interface OwedWish {
  readonly id: string;
  readonly wish: GateWish;
}

type Seen = Pick<HeldWishes, 'of' | 'rev' | 'id'>;

/**
 * What this node knows of the wishes for one upstream. A message is taken at its word only when it is the very next
 * one and none of this node's own is on its way; otherwise everything is read, and that is what holds.
 */
export class WishedUpstream {
  /** Wishes of this node that are not in Redis yet: at most one of pauses and one of forced states. */
  readonly owed: OwedWish[] = [];
  /** How many wishes this node had: what was read before the last one says nothing. */
  made = 0;
  /** One after another is told. */
  telling = false;
  /** The change that this node knows of last; undefined: none. */
  private seen: Seen | undefined;
  /** Own wishes whose message has not come yet. */
  private readonly echoes = new Set<string>();

  constructor(
    readonly gate: WishingGate,
    private readonly nextId: () => string,
  ) {}

  /** This node's own wish: it holds here already. */
  want(wish: GateWish): void {
    this.made++;
    const same = this.owed.findIndex(({ wish: { op } }) => isOfPause(op) === isOfPause(wish.op));
    if (same >= 0) this.owed.splice(same, 1);
    this.owed.push({ id: this.nextId(), wish });
  }

  /** It is being told to Redis, and may be heard of from now on. */
  expect({ id }: OwedWish): void {
    this.echoes.add(id);
  }

  /** Redis has it. */
  told(owed: OwedWish): void {
    const place = this.owed.indexOf(owed);
    if (place >= 0) this.owed.splice(place, 1);
  }

  /** False: what holds has to be read. */
  hear(told: ToldWish, nowMs: number): boolean {
    const { seen } = this;
    const { of, rev, id } = told;
    const isOwn = this.echoes.delete(id);
    if (seen?.of === of && seen.rev === rev && seen.id === id) return true;
    const isNext = seen === undefined ? rev === 1 : seen.of === of && rev === seen.rev + 1;
    if (!isNext || (!isOwn && (this.echoes.size > 0 || this.owed.length > 0))) return false;
    this.seen = { of, rev, id };
    if (isOwn) return true;
    const untilMs = told.for === undefined ? undefined : nowMs + told.for;
    this.gate.grantWish({ op: told.op, untilMs, reason: told.reason, state: told.state });
    return true;
  }

  /** What Redis holds, undefined: nothing. Read when this node owed nothing, or Redis has forgotten. */
  compare(there: HeldWishes | undefined, nowMs: number): void {
    const { seen } = this;
    const isForgotten = seen !== undefined && there?.of !== seen.of;
    // A replica that had missed the last changes has taken over.
    const isBehind = seen !== undefined && !isForgotten && there!.rev < seen.rev;
    if (isForgotten || isBehind) {
      this.remind(there, isBehind);
      // What it has besides is taken over once it has been told.
      this.seen = undefined;
    }
    if (this.owed.length > 0) return;
    this.echoes.clear();
    if (there === undefined || (this.seen?.rev === there.rev && this.seen.id === there.id)) return;
    const { of, rev, id } = there;
    this.seen = { of, rev, id };
    this.gate.become(wantedOf(there, nowMs));
  }

  /**
   * Tells Redis what it does not know any more. A server that has forgotten everything is told what holds; one that is
   * behind is told, too, what holds no more.
   */
  private remind(there: HeldWishes | undefined, isBehind: boolean): void {
    const { pause, force } = this.gate.wanted;
    const owes = (ofPause: boolean) => this.owed.some(({ wish: { op } }) => isOfPause(op) === ofPause);
    if (!owes(true)) {
      if (pause !== undefined && (isBehind || there?.pause === undefined))
        this.want({ op: 'pause', ...pause });
      else if (pause === undefined && isBehind && there?.pause !== undefined) this.want({ op: 'resume' });
    }
    if (owes(false) || this.gate.snapshot().breaker === undefined) return;
    if (force !== undefined && (isBehind || there?.force === undefined)) this.want({ op: 'force', ...force });
    else if (force === undefined && isBehind && there?.force !== undefined) {
      this.want({ op: 'force', state: 'reset' });
    }
  }
}

const isOfPause = (op: GateWish['op']): boolean => op !== 'force';

function wantedOf({ pause, force }: HeldWishes, nowMs: number): Wanted {
  return {
    pause: pause && {
      untilMs: pause.left === undefined ? undefined : nowMs + pause.left,
      reason: pause.reason,
    },
    force: force && { untilMs: nowMs + force.left, state: force.state },
  };
}
