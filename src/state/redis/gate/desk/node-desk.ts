import type { Clock } from '../../../../shared/clock.ts';
import type { Grant, Ticket, Urgency } from '../../../contracts.ts';
import { Alarm } from '../../../memory/alarm.ts';
import { GateCounts } from '../../../memory/gate-counts.ts';
import { draining, Refusals } from '../../../memory/refusals.ts';
import { type Entered, type GateAnswer, type GateHeader, type GateLink, listOf } from '../gate-link.ts';
import type { GateScriptName } from '../gate-scripts.ts';
import { type DeadlineHost, DeadlineWatch } from './deadline-watch.ts';
import type { DeskOptions, DeskOwner, Predecessor } from './desk-options.ts';
import { HeldGrants } from './held-grants.ts';
import { holdMs } from './hold.ts';
import { LineWatch } from './line-watch.ts';
import { LocalQueue } from './local-queue.ts';
import { LocalTicket } from './local-ticket.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { Placing, type PlacingHost } from './placing.ts';
import { RedisGrant } from './redis-grant.ts';
import { refusalOf } from './refusal-of.ts';
import { rejoinFacts } from './rejoin-facts.ts';
import { type Asked, type RequestOptions, Session, type SessionHost } from './session.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** After a request without an answer, this node says anew what it knows. */
const REJOIN_AFTER_MS = 250;

/** Calls are told apart over all gates of a process and their lives: what a fleet knows of one outlives its gate. */
let lastNumber = 0;

/**
 * This node's part of a gate: callers that wait here, their connections and deadlines, the grants that they hold, and
 * what there is to say to a Redis that has forgotten. What is decided, the scripts decide.
 */
export class NodeDesk implements SessionHost, PlacingHost, DeadlineHost {
  readonly session: Session;
  readonly counts = new GateCounts();
  readonly refusals = new Refusals();
  readonly queue = new LocalQueue();
  readonly clock: Clock;
  private readonly link: GateLink;
  private readonly placing = new Placing(this);
  private readonly deadlines: DeadlineWatch;
  readonly grants: HeldGrants;
  private readonly lines: LineWatch | undefined;
  private readonly askAlarm: Alarm;
  private readonly beatAlarm: Alarm;
  private readonly retryAlarm: Alarm;
  readonly knowsSince = lastNumber;
  readonly predecessor: Predecessor | undefined;
  private known: readonly string[] = [];
  private readonly claims = new OneAtATime(() => this.try('claim', {}));
  private deaf = false;
  private closed = false;
  /** Grants that came too late to be used, or without a connection: given back. */
  unused = 0;

  constructor(
    private readonly options: DeskOptions,
    private readonly owner: DeskOwner,
  ) {
    const { clock, link, lines } = options;
    this.clock = clock;
    this.predecessor = options.predecessor;
    this.link = link;
    this.session = new Session(options, this);
    this.deadlines = new DeadlineWatch(this);
    this.askAlarm = new Alarm(clock, () => this.claim());
    this.beatAlarm = new Alarm(clock, () => void this.try('claim', {}));
    this.retryAlarm = new Alarm(clock, () => this.rejoin());
    this.lines = lines && new LineWatch(lines, clock, () => this.onLines());
    this.grants = new HeldGrants(clock, this.counts, this.lines, async (report) => {
      const frees = report.over.length + report.left.length > 0;
      if (await this.try('report', report, frees ? {} : { lines: 0 })) return;
      for (const { id, back } of report.over) if (back) this.placing.noteUnused(id);
    });
  }

  /** Calls of this node that are under way. */
  get running(): number {
    return this.grants.size;
  }

  /** Whether there is something that nobody else can tell of it. */
  get mustBeTold(): boolean {
    return this.running > 0 || this.grants.hasUntold || this.session.hasUnheard;
  }

  get nowMs(): number {
    return this.clock.now();
  }

  get isUp(): boolean {
    return this.link.isUp;
  }

  get mayRejoin(): boolean {
    return !this.closed;
  }

  get needsLines(): boolean {
    return this.lines !== undefined;
  }

  enter(ticket: Ticket, signal: AbortSignal | undefined): Promise<Grant> {
    const now = this.clock.now();
    return new Promise<Grant>((resolve, reject) => {
      const uid = `${this.link.node}:${++lastNumber}`;
      const waiting = new LocalTicket(ticket, uid, now, resolve, reject, signal, this.cancel);
      this.queue.add(waiting);
      this.deadlines.watch();
      this.placing.place(waiting);
    });
  }

  /** How far back what was sent is remembered. */
  retainSends(): void {
    const { limits } = this.owner.settingsInForce;
    const most = Math.max(1, ...limits.map(({ rate }) => rate.count));
    this.grants.sends.retain(
      most,
      Math.max(0, ...limits.map(({ rate, guardMs }) => rate.windowMs + guardMs)),
    );
  }

  linkChanged(isUp: boolean): void {
    this.placing.linkChanged(isUp);
    if (isUp) this.rejoin();
  }

  rejoin(): void {
    if (this.closed) return;
    this.session.rejoin().catch(() => this.lost());
  }

  noteKnown(nodes: readonly string[]): void {
    this.known = nodes;
  }

  /** It is this node's turn in so many ms. */
  callUpon(inMs: number): void {
    if (this.queue.size > 0) this.askIn(inMs);
    // What is thought to wait here does not: a request was done that this node had given up.
    else if (this.session.pending === 0) this.lost();
  }

  /** At once is at once: a timer of 0 ms takes a millisecond, and there is one in each hand-over between nodes. */
  private askIn(inMs: number): void {
    this.askAlarm.set(inMs > 0 ? this.clock.now() + inMs : NEVER);
    if (inMs <= 0) this.claim();
  }

  /** Tickets of this node that somebody else took out. */
  dismiss(uids: readonly string[], why: 'never' | 'removed'): void {
    for (const uid of uids) {
      const waiting = this.queue.get(uid);
      if (waiting === undefined) continue;
      this.drop(waiting);
      waiting.reject(why === 'never' ? this.refusals.impossible() : this.refusals.removed());
    }
  }

  noteUrgency(uid: string, urgency: Urgency, rank: string | undefined, revision?: number): void {
    const waiting = this.queue.get(uid);
    const standing = waiting && this.queue.standingOf(waiting.ticket);
    if (standing === undefined) return;
    standing.urgency = urgency;
    if (rank !== undefined) standing.rank = rank;
    if (revision !== undefined) standing.rr = revision;
  }

  close(): void {
    this.closed = true;
    for (const alarm of [this.askAlarm, this.retryAlarm]) alarm.set(NEVER);
    this.deadlines.close();
    this.lines?.close();
    const error = draining();
    for (const waiting of this.queue.all()) {
      this.queue.remove(waiting);
      waiting.reject(error);
    }
    if (this.link.isUp && this.session.epoch !== '') this.session.leave().catch(() => {});
    this.watchBeat();
  }

  // What is heard

  facts(): Pick<GateHeader, 'hold' | 'h' | 'o' | 'z'> {
    const oldestAtMs = this.queue.oldestEnteredAtMs;
    return {
      hold: holdMs(this.owner.settingsInForce.limits, this.options.rejoinMs),
      h: this.lines?.horizonMs,
      o: oldestAtMs === undefined ? undefined : this.clock.now() - oldestAtMs,
      z: this.owner.pauseToTell(),
    };
  }

  rejoinFacts(sentSinceMs: number): object {
    const { placing, queue, grants, known } = this;
    const waiting = queue.all().filter((one) => one.admitted && !placing.entering.has(one));
    const busy = this.session.pending > 0 || grants.hasUntold;
    const told = grants.toldWith(this.predecessor, sentSinceMs);
    const { entering, unused } = placing;
    const parts = { queue, waiting, entering, unused, ...told, known, busy };
    return { ...this.owner.declaration(), ...rejoinFacts(parts, this.nowMs) };
  }

  onAnswer(answer: GateAnswer, asked: Asked): void {
    this.owner.onTold(asked);
    if (answer.settings !== undefined) this.owner.onSettings(answer);
    for (const [uid, seq, rank, rr, arr, entrance] of listOf(answer.placed)) {
      const waiting = this.queue.get(uid);
      if (waiting !== undefined) this.queue.stands(waiting, { seq, rank, rr, arr, my: entrance });
      else this.leave(uid);
    }
    for (const [uid] of listOf(answer.granted)) this.accept(uid, asked);
    this.dismiss(listOf(answer.never), 'never');
    this.dismiss(listOf(answer.gone), 'removed');
    if (answer.cu !== undefined) this.clearUpTo(answer.cu, answer);
    if (this.session.isNews(answer.e, answer.v)) this.follow(answer);
    // Rejoining grants nothing: connections are counted by claims.
    if (asked.script === 'rejoin') this.claim();
    if (answer.unsure) this.lost();
    // A message was lost, or an answer.
    const placed = this.queue.size - this.placing.entering.size;
    const isQuiet = this.session.pending === 0 && !this.grants.hasUntold;
    if (asked.script !== 'rejoin' && isQuiet && answer.mw !== placed) this.correct();
  }

  /** The fleet has not the same tickets for this node as it has: it says anew what it knows, but not again and again. */
  private correct(): void {
    if (this.session.sinceRejoinMs >= REJOIN_AFTER_MS) this.rejoin();
    else this.lost();
  }

  private follow(answer: GateAnswer): void {
    const now = this.clock.now();
    this.deaf = answer.deaf === true;
    if (!this.closed) {
      this.askIn(answer.ask === undefined || this.queue.size === 0 ? NEVER : answer.ask);
      this.lines?.plan(answer.want, listOf(answer.etas), now);
    }
    this.watchBeat();
    this.owner.onState(answer);
  }

  /** A grant has come: the ticket goes, if it still waits, with a connection, and if the grant is young enough. */
  private accept(uid: string, asked: Asked): void {
    const waiting = this.queue.get(uid);
    const line = waiting && this.lines?.take();
    const grant =
      waiting &&
      new RedisGrant(
        this.grants,
        waiting.ticket,
        uid,
        this.clock.now() - waiting.enteredAtMs,
        line,
        asked.atMs,
        asked.atWallMs,
        asked.freshMs,
      );
    if (
      waiting === undefined ||
      grant === undefined ||
      (this.lines !== undefined && line === undefined) ||
      !grant.isYoung
    ) {
      this.unused++;
      if (line !== undefined) this.lines?.release(line);
      if (waiting === undefined) {
        this.grants.handBack(uid, 0);
        return;
      }
      // It brings the grant back as it comes again: told apart from it, one might overtake the other.
      waiting.placed = false;
      waiting.admitted = true;
      this.placing.place(waiting);
      return;
    }
    this.queue.remove(waiting);
    this.deadlines.watch();
    const standing = this.queue.standingOf(waiting.ticket);
    if (standing !== undefined) standing.served = true;
    this.counts.noteGranted();
    this.grants.hold(grant);
    waiting.resolve(grant);
  }

  private clearUpTo(entrance: number, answer: GateAnswer): void {
    this.session.clearedUpTo = entrance;
    const cleared = this.queue.all().filter((waiting) => waiting.entrance <= entrance);
    if (cleared.length === 0) return;
    const isCircuit = answer.why === 'circuit';
    const error = isCircuit ? this.refusals.circuitOpen(answer.retry ?? 0, cleared.length) : undefined;
    for (const waiting of cleared) {
      this.drop(waiting);
      waiting.reject(error ?? this.refusals.removed());
    }
  }

  // Tickets

  onPlaced(waiting: LocalTicket, place: Entered): void {
    const isHere = this.queue.get(waiting.uid) === waiting;
    if (place.refused !== undefined) {
      if (!isHere) return;
      this.drop(waiting);
      waiting.reject(refusalOf(place, this.refusals, this.owner.settingsInForce.queue.maxSize));
      return;
    }
    if (isHere) this.queue.stands(waiting, place);
    else if (place.waiting) this.leave(waiting.uid);
  }

  onUnreachable(waiting: LocalTicket, error: unknown): void {
    // One that had its place waits on: this node says so when Redis is back.
    if (waiting.admitted || !this.queue.remove(waiting)) return;
    this.deadlines.watch();
    waiting.reject(this.refusals.unavailable(error));
  }

  linesFor(tickets: number): number | undefined {
    return this.lines && Math.min(tickets, this.lines.free);
  }

  private readonly cancel = (waiting: LocalTicket): void => {
    this.drop(waiting);
    this.counts.noteCancelled();
    // One whose place is not known yet leaves it when the answer comes.
    if (waiting.admitted) this.leave(waiting.uid);
  };

  private leave(uid: string): void {
    this.grants.leave(uid);
  }

  private drop(waiting: LocalTicket): void {
    if (!this.queue.remove(waiting)) return;
    this.queue.forgetStanding(waiting.ticket);
    this.deadlines.watch();
  }

  // Time

  private claim(): void {
    if (this.queue.size > 0 && !this.closed) this.claims.again();
  }

  private onLines(): void {
    if (this.deaf && (this.lines?.free ?? 0) > 0) this.claim();
  }

  /** A node that has something in the gate is heard of, until its last call is over; whoever has nothing need not be. */
  private watchBeat(): void {
    const has = this.queue.size > 0 || this.grants.size > 0;
    this.beatAlarm.set(has ? this.session.lastAskedAtMs + this.session.beatMs : NEVER);
  }

  async askLast(uids: readonly string[]): Promise<number | undefined> {
    return (await this.ask('claim', { over: uids })).left;
  }

  refuse(waiting: LocalTicket, waitMs: number | undefined): void {
    this.drop(waiting);
    waiting.reject(this.refusals.make('queue_timeout', 'The request waited to its deadline.', waitMs));
  }

  // Requests

  /** Rejects with `state_unavailable` when there is no answer; then this node soon says anew what it knows. */
  async ask(script: GateScriptName, body: object, options: RequestOptions = {}): Promise<GateAnswer> {
    const lines = this.lines && (options.lines ?? this.lines.free);
    this.lines?.ask(lines ?? 0);
    try {
      if (!this.link.isUp) throw new Error('Redis is away');
      return await this.session.request(script, body, { ...options, lines });
    } catch (error) {
      this.lost();
      throw this.refusals.unavailableTo(error);
    } finally {
      this.lines?.answered(lines ?? 0);
      // A connection that this request was promised and did not use, or one that was promised to another request when
      // this one asked: the ticket that went without may have it.
      this.onLines();
    }
  }

  /** Whether it was heard. */
  private async try(script: GateScriptName, body: object, options?: RequestOptions): Promise<boolean> {
    if (!this.link.isUp) this.session.noteUnheard(this.nowMs);
    if (!this.link.isUp || (this.closed && this.session.epoch === '')) return false;
    return this.ask(script, body, options).then(
      () => true,
      () => false,
    );
  }

  private lost(): void {
    if (!this.closed && this.link.isUp) this.retryAlarm.set(this.clock.now() + REJOIN_AFTER_MS);
  }
}
