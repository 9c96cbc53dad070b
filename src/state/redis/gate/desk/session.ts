import type { Clock } from '../../../../shared/clock.ts';
import type { GateAnswer, GateHeader, GateLink } from '../gate-link.ts';
import type { GateScriptName } from '../gate-scripts.ts';

export interface SessionOptions {
  readonly clock: Clock;
  readonly link: GateLink;
  readonly upstream: string;
  readonly nodeChannel: string;
  readonly fleetChannel: string;
  /** A grant is written within so many ms of the request for it, at least. */
  readonly freshnessMs: number;
}

/** What a session asks of its gate. */
export interface SessionHost {
  /** Header fields that only the gate knows. */
  facts(): Pick<GateHeader, 'hold' | 'h' | 'o' | 'z'>;
  /** What this node knows, for a gate that does not know it; of its sends those since `sentSinceMs`. */
  rejoinFacts(sentSinceMs: number): object;
  /** Whether it may say so: a gate that was closed may have a successor, which speaks for both. */
  readonly mayRejoin: boolean;
  /** Calls up to this number were not its own: what was written with them it does not know. */
  readonly knowsSince: number;
  onAnswer(answer: GateAnswer, asked: Asked): void;
}

/** One request, as it was asked. */
export interface Asked {
  readonly atMs: number;
  readonly atWallMs: number;
  /** For how long its grants may be used. */
  readonly freshMs: number;
  readonly script: GateScriptName;
  /** What it told of its gate. */
  readonly facts: ReturnType<SessionHost['facts']>;
}

export interface RequestOptions {
  /** Connections that its grants may use; undefined: none are needed. */
  readonly lines?: number | undefined;
  /** Sees the answer before the gate does. */
  readonly first?: (answer: GateAnswer) => void;
}

/** The freshness bound follows a slow Redis up to here. */
const LONGEST_FRESHNESS_MS = 1_000;
const ROUND_TRIPS = 4;
/** Requests before it that have no answer yet: in a flood, they are what it waits for. */
const PER_PENDING_MS = 0.25;
const RTT_WEIGHT = 0.02;
/** A request is repeated so often after rejoining. */
const TRIES = 4;
const LEAST_BEAT_MS = 1_000;
const LONGEST_BEAT_MS = 4_000;
const BEAT_PER_NODE_MS = 400;
/** A request without an answer is given up within this: what it told is told again. */
const GIVEN_UP_MS = 2_000;
/** A node counts as gone after so many beats that it missed. */
const MISSED_BEATS = 3;

/**
 * How often a request got no answer, over all gates of a process: a gate and its successor are one node. Such a request
 * may be done at any later time, on a connection that broke; after the rejoining that follows, it must not be.
 */
let unanswered = 0;

/**
 * What one node says to the gate of all, and in which order it has heard the answers. A request to a gate that does not
 * know this node (a new server, lost data, a long silence) is answered by having it rejoin first.
 */
export class Session {
  /** The gate's beginning that this node has rejoined; '' before the first. */
  epoch = '';
  /** Up to which entrance it knows that everybody was cleared. */
  clearedUpTo = 0;
  /** Requests without an answer yet. */
  pending = 0;
  lastAskedAtMs = Number.NEGATIVE_INFINITY;
  private rejoinedAtMs = Number.NEGATIVE_INFINITY;
  /** Since when something that was told may not have been heard. */
  private unheardSinceMs: number | undefined;
  private lastUnheardAtMs = Number.NEGATIVE_INFINITY;
  private version = 0;
  private rttMs = 0;
  private nodes = 1;
  private rejoining: Promise<void> | undefined;
  /** Commands sent since the start. */
  sentCommands = 0;

  constructor(
    private readonly options: SessionOptions,
    private readonly host: SessionHost,
  ) {}

  /** How often this node lets itself be heard of: seldom where there are many, so that all together stay at a few a second. */
  get beatMs(): number {
    return Math.min(LONGEST_BEAT_MS, Math.max(LEAST_BEAT_MS, this.nodes * BEAT_PER_NODE_MS));
  }

  /** Since this node last said what it knows. */
  get sinceRejoinMs(): number {
    return this.options.clock.now() - this.rejoinedAtMs;
  }

  /** Rejects when there is no answer. */
  async request(script: GateScriptName, body: object, options: RequestOptions = {}): Promise<GateAnswer> {
    for (let tries = 1; ; tries++) {
      if (this.epoch === '') await this.rejoin();
      const asked = this.asked(script);
      const unansweredThen = unanswered;
      const answer = await this.run(asked, { ...this.header(asked, options.lines), ...body }, (told) => {
        if (told.rejoin !== undefined) return;
        options.first?.(told);
        this.host.onAnswer(told, asked);
      });
      if (answer.rejoin === undefined) return answer;
      if (tries < TRIES && this.host.mayRejoin) await this.rejoin();
      // A gate that was closed goes on under what its successor has said.
      else if (tries < TRIES && answer.e !== this.epoch) this.epoch = answer.e;
      else if (tries === TRIES || unansweredThen === unanswered)
        throw new Error('the gate does not let this node in');
    }
  }

  get hasUnheard(): boolean {
    return this.unheardSinceMs !== undefined;
  }

  /** Something was told and perhaps not heard, or could not be told. */
  noteUnheard(askedAtMs: number): void {
    this.lastUnheardAtMs = this.options.clock.now();
    this.unheardSinceMs ??= askedAtMs - GIVEN_UP_MS;
  }

  /** Says what this node knows; one at a time. */
  rejoin(): Promise<void> {
    this.rejoining ??= this.sayAll({}).finally(() => {
      this.rejoining = undefined;
    });
    return this.rejoining;
  }

  /** Takes leave: what waits here does not wait any more. */
  async leave(): Promise<void> {
    // At once where it can be: a successor may be opened in the same step, and must be heard after it.
    if (this.rejoining !== undefined) await this.rejoining.catch(() => {});
    await this.sayAll({ bye: true });
  }

  /** Whether this is later than all that was heard before; it is noted as heard. */
  isNews(epoch: string, version: number): boolean {
    if (epoch !== this.epoch) return false;
    if (version <= this.version) return false;
    this.version = version;
    return true;
  }

  /** To a server that knows this node, only what it may not have heard; it answers when it has to hear everything. */
  private async sayAll(more: object): Promise<void> {
    if (this.epoch !== '' && (await this.say({ ...more, brief: true }))) return;
    await this.say(more);
  }

  /** False when it has to tell everything. */
  private async say(more: { readonly brief?: true }): Promise<boolean> {
    const asked = this.asked('rejoin');
    this.rejoinedAtMs = asked.atMs;
    const header = this.header(asked, asked.facts.h === undefined ? undefined : 0);
    const unheardSinceMs = this.unheardSinceMs ?? asked.atMs - GIVEN_UP_MS;
    const facts = this.host.rejoinFacts(more.brief ? unheardSinceMs : Number.NEGATIVE_INFINITY);
    // That it has no grant of an earlier time does not say that nothing was written with it.
    const known = {
      told: more.brief ? asked.atMs - unheardSinceMs : undefined,
      since: this.host.knowsSince,
    };
    const answer = await this.run(asked, { ...header, ...facts, ...known, ...more }, (told) => {
      if ('bye' in told || told.rejoin !== undefined) return;
      // What came since it was said was not in it.
      const isAllHeard = this.lastUnheardAtMs < asked.atMs;
      this.unheardSinceMs = isAllHeard ? undefined : asked.atMs - GIVEN_UP_MS;
      if (told.e !== this.epoch) {
        this.epoch = told.e;
        this.version = 0;
        this.clearedUpTo = 0;
      }
      this.host.onAnswer(told, asked);
    });
    return answer.rejoin === undefined;
  }

  private asked(script: GateScriptName): Asked {
    const { clock } = this.options;
    const atMs = clock.now();
    const expectedMs = this.rttMs * ROUND_TRIPS + this.pending * PER_PENDING_MS;
    const freshMs = Math.max(this.options.freshnessMs, Math.min(LONGEST_FRESHNESS_MS, expectedMs));
    return { atMs, atWallMs: clock.wallNow(), freshMs, script, facts: this.host.facts() };
  }

  private header(asked: Asked, lines: number | undefined): GateHeader {
    const { link, upstream, nodeChannel, fleetChannel } = this.options;
    return {
      n: link.node,
      e: this.epoch,
      un: unanswered,
      u: upstream,
      ch: nodeChannel,
      all: fleetChannel,
      ttl: this.beatMs * MISSED_BEATS,
      f: asked.freshMs,
      cu: this.clearedUpTo,
      l: lines,
      ...asked.facts,
    };
  }

  /**
   * `read` acts on the answer in the same step in which it stops counting as under way: rejoining in between would say
   * that nothing is on its way here, and the fleet would give its grant to somebody else.
   */
  private async run(asked: Asked, request: object, read: (answer: GateAnswer) => void): Promise<GateAnswer> {
    this.pending++;
    this.sentCommands++;
    this.lastAskedAtMs = asked.atMs;
    let text: string;
    try {
      text = await this.options.link.run(asked.script, request);
    } catch (error) {
      unanswered++;
      this.noteUnheard(asked.atMs);
      throw error;
    } finally {
      this.pending--;
    }
    const answer = JSON.parse(text) as GateAnswer;
    this.noteRoundTrip(this.options.clock.now() - asked.atMs);
    this.nodes = answer.nodes ?? this.nodes;
    read(answer);
    return answer;
  }

  /** Slow ones count at once, fast ones bit by bit. */
  private noteRoundTrip(tookMs: number): void {
    this.rttMs = tookMs > this.rttMs ? tookMs : this.rttMs + (tookMs - this.rttMs) * RTT_WEIGHT;
  }
}
