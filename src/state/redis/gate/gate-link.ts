import type { GateScriptName } from './gate-scripts.ts';

/** What a gate has of the fleet: its scripts run where all nodes' do, for one upstream. */
export interface GateLink {
  /** This process among the nodes; `[a-z0-9]+`, and another one after each start. */
  readonly node: string;
  /** Whether scripts can be run now. */
  readonly isUp: boolean;
  /** Runs a script with its request as JSON. Rejects when there is no answer: it may have run, or not. */
  run(script: GateScriptName, request: object): Promise<string>;
}

/** Ms that are left, and why. */
export interface ToldPause {
  readonly for: number | undefined;
  readonly reason: string;
}

/** What stands in every request; `state.lua` reads it. */
export interface GateHeader {
  /** Node. */
  readonly n: string;
  /** Epoch that the node knows. */
  readonly e: string;
  /** Requests of this process that got no answer: one that comes after a higher number is not done. */
  readonly un: number;
  /** Upstream, and the channels of nodes and fleet. */
  readonly u: string;
  readonly ch: string;
  readonly all: string;
  /** For how long it counts as alive after this, ms. */
  readonly ttl: number;
  /** How long no grant is made after a change of server, ms. */
  readonly hold: number;
  /** A grant is written within so many ms of the request for it. */
  readonly f: number;
  /** Connections that stand ready, and how far ahead they are made; absent: none are needed. */
  readonly l?: number | undefined;
  readonly h?: number | undefined;
  /** Age of the ticket that has waited longest at this node, ms. */
  readonly o?: number | undefined;
  /** A pause, ms, that the provider asked for and that is not told yet. */
  readonly z?: ToldPause | undefined;
  /** Up to which entrance it knows that everybody was cleared. */
  readonly cu: number;
}

/** [uid, ms waited, rank, seq] */
type Granted = readonly [string, number, string, string];

export interface AnswerBreaker {
  readonly k: 'closed' | 'open' | 'half_open' | 'forced';
  readonly f?: number;
  readonly why?: string;
  readonly as?: 'open' | 'closed';
  readonly passed?: number;
  readonly running?: number;
  readonly age?: number;
  readonly left?: number;
}

export interface ShownTicket {
  readonly id: string;
  readonly position: number;
  readonly client: string;
  readonly urgency: number;
  readonly age: number;
  readonly eta?: number;
}

/** Settings as the scripts have them: `lua/settings.lua`. */
export interface WireSettings {
  readonly limits: ReadonlyArray<{
    readonly c: number;
    readonly w: number;
    readonly g: number;
    readonly e: boolean;
  }>;
  readonly concurrency?: number | undefined;
  readonly policy: string;
  readonly aging: number;
  readonly max_size: number;
  readonly ws: string;
  readonly breaker?: object | undefined;
}

/** What became of a ticket that came. */
export interface Entered {
  readonly refused?: string;
  readonly wait?: number;
  readonly reason?: string;
  readonly late?: boolean;
  readonly impossible?: boolean;
  readonly waiting?: boolean;
  /** Its place: number of its entrance, and what it keeps for its retries. */
  readonly my?: number;
  readonly seq?: string;
  readonly rank?: string;
  readonly rr?: number;
  readonly arr?: string;
}

/** What scripts answer. Times are ms from the answer on; an empty list may come as an empty object. */
export interface GateAnswer {
  readonly rejoin?: true;
  readonly e: string;
  readonly v: number;
  readonly w: number;
  readonly mw: number;
  readonly r: number;
  readonly cfg: number;
  /** Nodes that the gate knows. */
  readonly nodes: number;
  /** The slot is open to this node, which has no connection for it. */
  readonly deaf?: boolean;
  readonly cu?: number;
  readonly why?: string;
  readonly retry?: number;
  readonly pause?: { readonly left?: number; readonly reason: string };
  readonly pauses: number;
  readonly opened: number;
  readonly br?: AnswerBreaker;
  readonly granted?: readonly Granted[];
  readonly never?: readonly string[];
  readonly gone?: readonly string[];
  readonly ask?: number;
  readonly want?: number;
  readonly etas?: readonly number[];
  readonly res?: readonly Entered[];
  readonly rank?: string;
  readonly rr?: number;
  readonly left?: number;
  readonly done?: boolean;
  readonly uid?: string;
  readonly requests?: number;
  readonly clients?: number;
  readonly new?: boolean;
  readonly unsure?: boolean;
  /** Everybody is being ranked anew: whoever began it goes on. */
  readonly more?: boolean;
  readonly placed?: ReadonlyArray<readonly [string, string, string, number, string, number]>;
  readonly lanes?: readonly number[];
  readonly oldest?: number;
  readonly slot?: number;
  readonly drain?: number;
  readonly uses?: readonly number[];
  readonly rates?: { readonly failures?: readonly number[]; readonly slow?: readonly number[] };
  readonly page?: readonly ShownTicket[];
  readonly found?: ShownTicket;
  readonly holders?: { readonly requests: number; readonly clients: number };
  readonly estimate?: { readonly position: number; readonly wait?: number };
  readonly settings?: WireSettings;
  readonly mine?: string;
  readonly known?: readonly string[];
  readonly weights?: Readonly<Record<string, number>>;
  readonly drift?: Readonly<Record<string, string>>;
}

/** What a node is told by others' scripts. */
export interface GateMessage {
  readonly u: string;
  readonly e: string;
  readonly v: number;
  /** It is this node's turn in so many ms. */
  readonly ask?: number;
  /** Something changed that everybody is to know. */
  readonly look?: true;
  /** Tickets of it that were taken out, and why. */
  readonly gone?: readonly string[];
  readonly why?: 'never' | 'removed';
  /** A ticket of it has another urgency. */
  readonly uid?: string;
  readonly urgency?: number;
  readonly rank?: string;
}

/** Lua cannot tell an empty list from an empty object. */
export const listOf = <T>(value: readonly T[] | undefined): readonly T[] =>
  Array.isArray(value) ? value : [];
