import { clientIdOf } from '../../../policies/access/client-matcher.ts';
import type { Clock, Timer } from '../../../shared/clock.ts';
import { DenyList } from '../../memory/access-deny-list.ts';
import { denialKeys, sharedChannel } from '../keys.ts';
import { sourceOfTime } from '../limits/exact-counts.ts';
import type { RedisLink } from '../link.ts';
import type { Change, SharedRevisions } from '../revisions/shared-revisions.ts';
import { assembleScript, luaReader, runScript } from '../scripts.ts';
import type { Topics } from '../topics.ts';

export interface FleetDenialsOptions {
  readonly clock: Clock;
  readonly link: RedisLink;
  readonly topics: Topics;
  readonly revisions: SharedRevisions;
  readonly prefix: string;
  readonly node: string;
  readonly maxDenied: number;
  /** Another node has lifted a denial. */
  readonly onLifted: (client: string, ruleId: string) => void;
}

/** What others are to be told. */
type Operation =
  | { readonly kind: 'deny'; readonly client: string; readonly untilMs: number; readonly ruleId: string }
  | {
      readonly kind: 'lift';
      readonly client: string;
      readonly done: (ruleId: string | undefined) => void;
    };

type WireOperation =
  | readonly [1, client: string, forMs: number, ruleId: string]
  | readonly [0, client: string, ruleId: string];

interface Message {
  readonly v: number;
  readonly n: string;
  readonly o: readonly WireOperation[];
}

interface Heard {
  readonly message: Message;
  /** Monotonic ms. */
  readonly atMs: number;
}

interface Told {
  readonly operations: readonly Operation[];
  readonly revision: number;
}

interface Kept {
  readonly untilMs: number;
  readonly ruleId: string;
}

const PER_SCRIPT = 500;
const PAGE = 1_000;
/** Operations beyond the bound of the list that wait for Redis to come back. */
const MOST_LIFTS = 10_000;
const RETRY_MS = 1_000;
/** A revision may be read before its message has come. */
const MESSAGE_MS = 100;

/**
 * The deny list of the fleet: every node holds all of it, so a look-up asks nobody. Changes are told by pub/sub with
 * a revision; a node that missed one, or was cut off, reads the list anew. Where Redis has lost it, nodes put
 * together what each of them holds.
 */
export class FleetDenials {
  readonly list: DenyList;
  private readonly clock: Clock;
  private readonly channel: string;
  private readonly keys: string[];
  private queue: Operation[] = [];
  /** Sent, and not answered yet. */
  private underWay: readonly Operation[] = [];
  private seen = 0;
  private reading = false;
  private readAgain = false;
  /** Messages that came while the list was read. */
  private heard: Heard[] = [];
  /** What others were told while the list was read. */
  private toldMeanwhile: Told[] = [];
  private readonly timers = new Set<Timer>();
  private closed = false;
  private readonly stops: Array<() => void>;
  private readonly change;
  private readonly page;
  /** Operations that were given up to keep the queue bounded. */
  droppedOperations = 0;

  constructor(private readonly options: FleetDenialsOptions) {
    const { clock, topics, revisions, link, prefix, maxDenied } = options;
    this.clock = clock;
    this.list = new DenyList(clock, maxDenied);
    this.channel = sharedChannel(prefix, 'denials');
    this.keys = denialKeys(prefix);
    const read = luaReader(import.meta.url);
    this.change = assembleScript([sourceOfTime()], read('./denials.lua'));
    this.page = assembleScript([sourceOfTime()], read('./denied-page.lua'));
    this.stops = [
      topics.listen(
        this.channel,
        (message) => this.hear(JSON.parse(message) as Message),
        () => revisions.reread(),
      ),
      revisions.on('denied', (change) => this.compare(change)),
      link.onChange((isUp) => void (isUp && this.send())),
    ];
  }

  /** Denies here at once, and everywhere as soon as they are told. */
  deny(client: string, untilMs: number, ruleId: string): void {
    this.list.add(client, untilMs, ruleId);
    this.enqueue({ kind: 'deny', client, untilMs, ruleId });
  }

  /** Resolves with whether it was denied: as Redis says, or without it as this node knew. */
  async lift(client: string): Promise<{ readonly client: string; readonly ruleId: string } | undefined> {
    const denial = this.list.remove(client);
    const lifted = new Promise<string | undefined>((done) => {
      this.enqueue({ kind: 'lift', client: denial?.client ?? client, done });
    });
    const ruleId = await lifted;
    if (denial !== undefined) return denial;
    return ruleId === undefined ? undefined : { client, ruleId };
  }

  /** Frees everybody whom such a rule denied, on all nodes. */
  removeRules(isSuch: (ruleId: string) => boolean): void {
    const gone = this.list.list().filter(({ ruleId }) => isSuch(ruleId));
    this.list.removeRules(isSuch);
    for (const { client } of gone) this.enqueue({ kind: 'lift', client, done: () => {} });
  }

  close(): void {
    this.closed = true;
    for (const stop of this.stops) stop();
    for (const timer of this.timers) timer.cancel();
    for (const operation of [...this.underWay, ...this.queue]) giveUp(operation);
    this.underWay = [];
    this.queue = [];
  }

  private enqueue(operation: Operation): void {
    this.queue.push(operation);
    this.dropSurplus();
    // Without Redis nobody waits for it: this node has done its part.
    if (!this.options.link.isUp) giveUp(operation);
    void this.send();
  }

  private dropSurplus(): void {
    const surplus = this.underWay.length + this.queue.length - this.options.maxDenied - MOST_LIFTS;
    if (surplus <= 0) return;
    const dropped = this.queue.splice(0, surplus);
    for (const operation of dropped) giveUp(operation);
    this.droppedOperations += dropped.length;
  }

  /** One script at a time, in order; what comes meanwhile goes with the next. */
  private async send(): Promise<void> {
    const { link, node, maxDenied: most } = this.options;
    if (this.underWay.length > 0 || this.closed || !link.isUp || this.queue.length === 0) return;
    const batch = this.queue.splice(0, PER_SCRIPT);
    this.underWay = batch;
    const nowMs = this.clock.now();
    const seenBefore = this.seen;
    const o = batch.map((one) =>
      one.kind === 'deny' ? [1, one.client, Math.max(0, one.untilMs - nowMs), one.ruleId] : [0, one.client],
    );
    try {
      const request = JSON.stringify({ o, most, ch: this.channel, n: node });
      const answer = await runScript(link.commands, this.change, this.keys, [request]);
      if (this.closed) return;
      const { v, d } = JSON.parse(String(answer)) as { v: number; d: Array<boolean | string> };
      this.underWay = [];
      for (const [place, one] of batch.entries()) {
        const told = d[place];
        if (one.kind === 'lift') one.done(typeof told === 'string' ? told : undefined);
      }
      if (this.reading) this.toldMeanwhile.push({ operations: batch, revision: v });
      if (v < seenBefore) this.compare({ revision: v, forgot: false });
    } catch {
      for (const one of batch) giveUp(one);
      if (this.closed) return;
      this.underWay = [];
      this.queue = [...batch, ...this.queue];
      this.dropSurplus();
      this.later(RETRY_MS, () => void this.send());
      return;
    }
    void this.send();
  }

  private hear(message: Message): void {
    this.options.revisions.saw('denied', message.v);
    const heard = { message, atMs: this.clock.now() };
    if (this.reading) {
      this.heard.push(heard);
      if (this.heard.length > MOST_LIFTS) {
        this.heard = [];
        this.readAgain = true;
      }
      return;
    }
    if (!this.apply(heard)) void this.read();
  }

  /**
   * Messages come in the order in which Redis made the changes: so its own, too, are applied where they stand. Answers
   * whether none is missing before it.
   */
  private apply({ message: { v, n, o }, atMs }: Heard): boolean {
    const isNext = v <= this.seen + 1;
    this.seen = Math.max(this.seen, v);
    if (n === this.options.node) this.applyOwn(o, atMs);
    else {
      for (const one of o) {
        if (one[0] === 1) this.list.add(one[1], atMs + one[2], one[3]);
        else {
          this.list.remove(one[1]);
          this.options.onLifted(one[1], one[2]);
        }
      }
    }
    return isNext;
  }

  /** It was done here before it was told; something else of others may have come between. */
  private applyOwn(o: readonly WireOperation[], atMs: number): void {
    let untold: ReadonlyMap<string, Operation['kind']> | undefined;
    for (const one of o) {
      const client = one[1];
      const isDenied = this.list.find(clientIdOf(client), client) !== undefined;
      if (isDenied === (one[0] === 1)) continue;
      // What was said here since then counts.
      untold ??= this.untold();
      if (untold.has(client)) continue;
      if (one[0] === 0) this.list.remove(client);
      // In a full list it has made room for others.
      else if (this.list.count() < this.options.maxDenied) this.list.add(client, atMs + one[2], one[3]);
    }
  }

  private compare({ revision, forgot }: Change): void {
    // Also a replica that took over and had missed the last changes.
    const isLost = forgot || (revision ?? 0) < this.seen;
    if (isLost) this.tellAll();
    this.later(MESSAGE_MS, () => {
      if (isLost || revision !== this.seen) void this.read();
    });
  }

  /** Redis has forgotten something: what this node holds is told anew. */
  private tellAll(): void {
    this.seen = 0;
    for (const { client, untilMs, ruleId } of this.list.list()) {
      this.enqueue({ kind: 'deny', client, untilMs, ruleId });
    }
  }

  /** The list in Redis takes the place of this node's, but for what this node has told since or has yet to tell. */
  private async read(): Promise<void> {
    if (this.reading) {
      this.readAgain = true;
      return;
    }
    this.reading = true;
    this.readAgain = false;
    try {
      const { denied, revision } = await this.pages();
      if (revision < this.seen) this.tellAll();
      this.replace(denied, revision);
      this.seen = revision;
    } catch {
      this.later(RETRY_MS, () => void this.read());
    }
    this.reading = false;
    const { heard, seen } = this;
    this.heard = [];
    this.toldMeanwhile = [];
    // What a page has seen already is applied once more, in order, which changes nothing.
    for (const one of heard) {
      if (one.message.v > seen && !this.apply(one)) this.readAgain = true;
    }
    if (this.readAgain) void this.read();
  }

  /** All that Redis has, and the revision before the first page. */
  private async pages(): Promise<{ denied: Map<string, Kept>; revision: number }> {
    const denied = new Map<string, Kept>();
    let revision: number | undefined;
    let cursor = '0';
    do {
      const request = [cursor, String(PAGE)];
      const answer = await runScript(this.options.link.commands, this.page, this.keys, request);
      const { c, v, d } = JSON.parse(String(answer)) as {
        c: string;
        v: number;
        d: Array<[client: string, leftMs: number, ruleId: string]> | Record<string, never>;
      };
      revision ??= v;
      const nowMs = this.clock.now();
      // Lua cannot tell an empty list from an empty object.
      for (const [client, leftMs, ruleId] of Array.isArray(d) ? d : []) {
        denied.set(client, { untilMs: nowMs + leftMs, ruleId });
      }
      cursor = c;
    } while (cursor !== '0' && !this.closed);
    return { denied, revision };
  }

  private replace(denied: ReadonlyMap<string, Kept>, revision: number): void {
    const own = this.untold(this.toldMeanwhile.filter((told) => told.revision > revision));
    for (const { client } of this.list.list()) {
      if (!denied.has(client) && own.get(client) !== 'deny') this.list.remove(client);
    }
    for (const [client, { untilMs, ruleId }] of denied) {
      if (own.get(client) !== 'lift') this.list.add(client, untilMs, ruleId);
    }
  }

  /** What this node wants of each client that it has something to tell about, or has told of. */
  private untold(told: readonly Told[] = []): ReadonlyMap<string, Operation['kind']> {
    const all = [...told.flatMap(({ operations }) => operations), ...this.underWay, ...this.queue];
    return new Map(all.map(({ client, kind }) => [client, kind]));
  }

  private later(delayMs: number, run: () => void): void {
    if (this.closed) return;
    const timer = this.clock.after(delayMs, () => {
      this.timers.delete(timer);
      run();
    });
    this.timers.add(timer);
  }
}

function giveUp(operation: Operation): void {
  if (operation.kind === 'lift') operation.done(undefined);
}
