import type {
  ClearedQueue,
  Estimate,
  Gate,
  GateEvent,
  GateSettings,
  GateSnapshot,
  Grant,
  Ticket,
  Urgency,
  WaitingTicket,
} from '../../contracts.ts';
import { draining } from '../../memory/refusals.ts';
import type { DeskOptions, DeskOwner } from './desk/desk-options.ts';
import { NodeDesk } from './desk/node-desk.ts';
import type { Asked } from './desk/session.ts';
import { type GateAnswer, type GateMessage, listOf, type ToldPause, type WireSettings } from './gate-link.ts';
import type { QuietGate } from './idle-beat.ts';
import { Mirror } from './mirror.ts';
import { shownTicket } from './shown-ticket.ts';
import { checkSettings, fromWire, toWire } from './wire-settings.ts';

export interface RedisGateOptions extends Omit<DeskOptions, 'freshnessMs' | 'rejoinMs' | 'predecessor'> {
  readonly settings: GateSettings;
  /** A grant that is older is not used any more; a slow Redis makes it longer. 50 ms when absent. */
  readonly freshnessMs?: number | undefined;
  /** How long at least no grant is made after a change of the Redis server; 1 s when absent. */
  readonly rejoinMs?: number | undefined;
  readonly onEvent?: ((event: GateEvent) => void) | undefined;
  readonly onClose?: (() => void) | undefined;
  /** The gate of this upstream and process before this one, closed with something left to tell. */
  readonly predecessor?: RedisGate | undefined;
}

const FRESHNESS_MS = 50;
const REJOIN_MS = 1_000;
/** Whoever looks is shown nothing older than this, where something goes on; nothing older than the next, elsewhere. */
const VIEW_AGE_MS = 500;
const IDLE_VIEW_AGE_MS = 5_000;

/**
 * The gate of one upstream that all nodes share through Redis: what is decided there is decided once for all, by the
 * scripts beside this file. How it works and why it is strict:
 * docs/explanation/decisions/0023-how-nodes-share-one-gate.md.
 */
export class RedisGate implements Gate, DeskOwner, QuietGate {
  private readonly desk: NodeDesk;
  private readonly mirror: Mirror;
  private inForce: GateSettings;
  private declared: WireSettings;
  private weights: Readonly<Record<string, number>>;
  private mustDeclare = true;
  /** What the last rejoining declared. */
  private declaring: WireSettings | undefined;
  private knownRevision: number | undefined;
  private adopted = { epoch: '', revision: 0 };
  private lastLookMs = Number.NEGATIVE_INFINITY;
  private looking: Promise<void> | undefined;
  private untoldPause: { readonly untilMs: number; readonly reason: string } | undefined;
  private ordering = false;
  private closed = false;

  /** Throws RangeError naming the bad setting. */
  constructor(private readonly options: RedisGateOptions) {
    const { settings, freshnessMs = FRESHNESS_MS, rejoinMs = REJOIN_MS, onEvent = () => {} } = options;
    checkSettings(settings);
    this.inForce = settings;
    this.declared = toWire(settings);
    this.weights = settings.queue.weights;
    this.mirror = new Mirror(onEvent);
    const predecessor = options.predecessor?.desk;
    this.desk = new NodeDesk({ ...options, freshnessMs, rejoinMs, predecessor }, this);
    this.desk.retainSends();
  }

  /** Scripts that this gate has run since its start. */
  get commands(): number {
    return this.desk.session.sentCommands;
  }

  /** Calls of this process that are under way. */
  get running(): number {
    return this.desk.running;
  }

  /** Whether it has something that only its successor can tell. */
  get mustBeTold(): boolean {
    return this.desk.mustBeTold;
  }

  /** Requests that have no answer yet. */
  get pending(): number {
    return this.desk.session.pending;
  }

  /** Grants that came too late to be used, or for which no connection was left; they were given back. */
  get unusedGrants(): number {
    return this.desk.unused;
  }

  enter(ticket: Ticket, signal?: AbortSignal): Promise<Grant> {
    if (signal?.aborted) throw signal.reason;
    if (!Number.isSafeInteger(ticket.cost) || ticket.cost < 1) {
      throw new RangeError(`cost must be a whole number from 1, not ${ticket.cost}`);
    }
    this.desk.counts.noteEntered(this.nowMs);
    if (this.closed) throw draining();
    return this.desk.enter(ticket, signal);
  }

  async estimate(urgency: Urgency, client: string): Promise<Estimate> {
    const { estimate } = await this.look({ estimate: { u: urgency, c: client } });
    return { position: estimate?.position ?? 0, waitMs: estimate?.wait };
  }

  async pause(untilMs: number | undefined, reason: string): Promise<void> {
    const leftMs = untilMs === undefined ? undefined : untilMs - this.nowMs;
    if (leftMs !== undefined && leftMs <= 0) return;
    try {
      await this.desk.ask('operate', { op: 'pause', for: leftMs, reason });
    } catch (error) {
      // What the provider asked for comes with whatever is asked next, before anything is granted.
      if (untilMs !== undefined && untilMs > (this.untoldPause?.untilMs ?? 0))
        this.untoldPause = { untilMs, reason };
      throw error;
    }
  }

  async resume(): Promise<void> {
    if (!this.closed) await this.desk.ask('operate', { op: 'resume' });
  }

  configure(settings: GateSettings): Promise<void> {
    checkSettings(settings);
    this.inForce = settings;
    this.declared = toWire(settings);
    this.weights = settings.queue.weights;
    this.desk.retainSends();
    return this.desk.ask('configure', { cfg: this.declared, weights: this.weights }).then(
      () => {},
      (error) => {
        this.mustDeclare = true;
        throw error;
      },
    );
  }

  force(state: 'open' | 'closed' | 'reset', forMs?: number): Promise<void> {
    if (state !== 'reset' && !(forMs !== undefined && forMs > 0 && Number.isFinite(forMs))) {
      throw new RangeError(`forMs must be a positive number of ms, not ${forMs}`);
    }
    return this.desk.ask('operate', { op: 'force', state, for: forMs }).then(() => {});
  }

  async promote(ticketId: string, urgency: Urgency): Promise<boolean> {
    const { done, uid, rank, rr } = await this.desk.ask('operate', { op: 'promote', id: ticketId, urgency });
    if (uid !== undefined) this.desk.noteUrgency(uid, urgency, rank, rr);
    return done === true;
  }

  async remove(ticketId: string): Promise<boolean> {
    return (await this.desk.ask('operate', { op: 'remove', id: ticketId })).done === true;
  }

  async clear(): Promise<ClearedQueue> {
    const { requests = 0, clients = 0 } = await this.desk.ask('operate', { op: 'clear' });
    return { requests, clients };
  }

  async waiting(offset: number, limit: number, urgency?: Urgency): Promise<readonly WaitingTicket[]> {
    const page = { offset: Math.max(0, offset), limit: Math.max(0, limit), u: urgency };
    return listOf((await this.look({ page })).page).map(shownTicket);
  }

  async find(ticketId: string): Promise<WaitingTicket | undefined> {
    const { found } = await this.look({ find: ticketId });
    return found && shownTicket(found);
  }

  async holders(): Promise<ClearedQueue> {
    return (await this.look({ holders: true })).holders ?? { requests: 0, clients: 0 };
  }

  settings(): GateSettings {
    return this.inForce;
  }

  /** What every known node was started or configured with, by node: where two differ, the strictest limits hold. */
  async drift(): Promise<ReadonlyMap<string, GateSettings>> {
    const { drift = {} } = await this.look({ drift: true });
    return new Map(Object.entries(drift).map(([node, json]) => [node, fromWire(JSON.parse(json))]));
  }

  snapshot(maxAgeMs = VIEW_AGE_MS): GateSnapshot {
    const now = this.nowMs;
    const goesOn =
      this.mirror.waiting + this.mirror.running > 0 || this.desk.session.lastAskedAtMs > this.lastLookMs;
    if (now - this.lastLookMs > (goesOn ? maxAgeMs : Math.max(maxAgeMs, IDLE_VIEW_AGE_MS)))
      void this.refresh().catch(() => {});
    const { pauses, opened } = this.mirror;
    const refused = this.desk.refusals.snapshot();
    return {
      ...this.mirror.view(now, this.inForce),
      counters: { ...this.desk.counts.totals(), refused, pauses, breakerOpened: opened },
      perSecond: this.desk.counts.perSecond,
      own: { waiting: this.desk.queue.size, running: this.desk.running },
    };
  }

  /** Resolves when the snapshot shows how things are. */
  refresh(): Promise<void> {
    if (this.closed) return Promise.resolve();
    this.looking ??= this.look({})
      .then(() => {})
      .finally(() => {
        this.looking = undefined;
      });
    // After the question, or it would be taken for a sign that something goes on.
    this.lastLookMs = this.nowMs;
    return this.looking;
  }

  keepKnown(quietMs: number): void {
    if (this.nowMs - this.desk.session.lastAskedAtMs >= quietMs) void this.refresh().catch(() => {});
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.desk.close();
    this.options.onClose?.();
  }

  /** The connection to Redis is there (again), or gone. */
  linkChanged(isUp: boolean): void {
    if (!this.closed) this.desk.linkChanged(isUp);
  }

  /** What another node's script had to say to this one. */
  receive(message: GateMessage): void {
    const { session } = this.desk;
    if (this.closed) return;
    if (message.e !== session.epoch) {
      // Another beginning: the gate has lost what this node told it. A message of the one before says nothing.
      if (message.v === 0 && session.epoch !== '') this.desk.rejoin();
      return;
    }
    if (message.gone !== undefined) this.desk.dismiss(message.gone, message.why ?? 'removed');
    if (message.uid !== undefined && message.urgency !== undefined) {
      this.desk.noteUrgency(message.uid, message.urgency as Urgency, message.rank);
    }
    if (message.look) void this.refresh().catch(() => {});
    if (message.ask !== undefined && session.isNews(message.e, message.v)) this.desk.callUpon(message.ask);
  }

  // For its desk

  get settingsInForce(): GateSettings {
    return this.inForce;
  }

  declaration(): ReturnType<DeskOwner['declaration']> {
    this.declaring = this.declared;
    const { pause } = this.mirror;
    return {
      cfg: this.declared,
      weights: this.weights,
      declare: this.mustDeclare,
      paused: pause && this.toldPause(pause.untilMs, pause.reason),
    };
  }

  pauseToTell(): ToldPause | undefined {
    return this.untoldPause && this.toldPause(this.untoldPause.untilMs, this.untoldPause.reason);
  }

  onTold({ script, facts }: Asked): void {
    if (script === 'rejoin' && this.declaring === this.declared) this.mustDeclare = false;
    if (facts.z !== undefined && facts.z.reason === this.untoldPause?.reason) this.untoldPause = undefined;
  }

  /** Settings that another node changed, or declared more strictly. */
  onSettings({ e, settings, mine, cfg }: GateAnswer): void {
    const isOld = e === this.adopted.epoch && cfg < this.adopted.revision;
    // What it has to declare itself is newer than what they know there.
    if (settings === undefined || isOld || this.mustDeclare) return;
    this.adopted = { epoch: e, revision: cfg };
    this.knownRevision = cfg;
    this.inForce = fromWire(settings);
    if (mine !== undefined) {
      this.declared = JSON.parse(mine) as WireSettings;
      this.weights = fromWire(this.declared).queue.weights;
    }
    this.desk.retainSends();
  }

  onState(answer: GateAnswer): void {
    this.mirror.take(answer, this.nowMs);
    if (answer.more && !this.closed) void this.goOnOrdering();
    if (answer.known !== undefined) this.desk.noteKnown(listOf(answer.known));
    if (answer.settings === undefined && answer.cfg !== this.knownRevision && !this.closed) {
      this.knownRevision = answer.cfg;
      void this.look({ settings: true }).catch(() => {
        this.knownRevision = undefined;
      });
    }
  }

  private get nowMs(): number {
    return this.options.clock.now();
  }

  private toldPause(untilMs: number | undefined, reason: string): ToldPause | undefined {
    const leftMs = untilMs === undefined ? undefined : untilMs - this.nowMs;
    return leftMs !== undefined && leftMs <= 0 ? undefined : { for: leftMs, reason };
  }

  /**
   * Everybody is being ranked anew, part by part, and this node has begun it. Should it end in between, the scripts of
   * the others go on with it as they come.
   */
  private async goOnOrdering(): Promise<void> {
    if (this.ordering) return;
    this.ordering = true;
    try {
      while ((await this.desk.ask('configure', {})).more && !this.closed);
    } catch {
      // No answer: it goes on without this node.
    } finally {
      this.ordering = false;
    }
  }

  private look(what: object): Promise<GateAnswer> {
    return this.desk.ask('look', what, { lines: 0 });
  }
}
