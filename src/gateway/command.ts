import type { ErrorCode } from '../shared/errors.ts';
import type { Urgency } from '../shared/urgency.ts';
import type { Grant, Ticket } from '../state/contracts.ts';
import type { StreamBody } from './body.ts';
import type { HeaderList } from './reply.ts';
import type { Route } from './route.ts';

/** What the client sent. Bytes can be sent again on a retry; a stream is good for one attempt. */
export type RequestBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; readonly stream: StreamBody; readonly length: number | undefined };

export interface CommandFacts {
  readonly id: string;
  readonly route: Route;
  readonly method: string;
  /** The path as the client sent it, normalised, without query: what access rules and usage know. */
  readonly path: string;
  /** The path and query as the upstream gets them: rewritten, control parameters removed. */
  readonly target: string;
  /** Declared parameters by name, validated and normalised. */
  readonly params: Readonly<Record<string, string>>;
  /** The client's headers. */
  readonly incoming: Headers;
  readonly body: RequestBody;
  /** Who asks, as the configuration identifies clients: an id, or the address. */
  readonly client: string;
  /** The id alone; undefined when the request names none. */
  readonly clientId: string | undefined;
  /** The address the request came from, canonical; or who knows it, since looking it up costs and few ask. */
  readonly ip: string | { readonly ip: string };
  readonly urgency: Urgency;
  /** Monotonic ms. */
  readonly arrivedAtMs: number;
  readonly deadlineMs: number;
  /** Where the abort signal is: read only by those who wait, since making one costs. */
  readonly abort: { readonly signal: AbortSignal };
}

/**
 * One client request on its way through the pipeline. The facts never change; `progress` is what the stages
 * found out, for the answer's headers, the usage record and the log. It ends exactly once, in the record stage.
 */
export class Command {
  readonly id: string;
  readonly route: Route;
  readonly method: string;
  readonly path: string;
  readonly target: string;
  readonly params: Readonly<Record<string, string>>;
  readonly incoming: Headers;
  readonly body: RequestBody;
  readonly client: string;
  readonly clientId: string | undefined;
  readonly urgency: Urgency;
  readonly arrivedAtMs: number;
  readonly deadlineMs: number;

  /** Attempts that were granted so far. */
  attempts = 0;
  /** Time at the gate over all attempts, in ms; undefined when the command never came there. */
  queueMs: number | undefined;
  /** Time from grant to the end of the answer's head over all attempts, in ms. */
  upstreamMs: number | undefined;
  /** `Cache-Status` without the cache's name (RFC 9211), such as `hit; ttl=42`; undefined off cached routes. */
  cacheStatus: string | undefined;
  /** Further headers for the answer, such as `RateLimit`. */
  extraHeaders: HeaderList | undefined;
  /** The grant of the attempt that is under way. */
  grant: Grant | undefined;
  /** The error that was answered, or that a stale answer hides. */
  errorCode: ErrorCode | undefined;

  private readonly abort: { readonly signal: AbortSignal };
  private readonly address: string | { readonly ip: string };
  private ownTicket: Ticket | undefined;

  constructor(facts: CommandFacts) {
    this.id = facts.id;
    this.route = facts.route;
    this.method = facts.method;
    this.path = facts.path;
    this.target = facts.target;
    this.params = facts.params;
    this.incoming = facts.incoming;
    this.body = facts.body;
    this.client = facts.client;
    this.clientId = facts.clientId;
    this.address = facts.ip;
    this.urgency = facts.urgency;
    this.arrivedAtMs = facts.arrivedAtMs;
    this.deadlineMs = facts.deadlineMs;
    this.abort = facts.abort;
  }

  /** Aborts when nobody waits for the answer any more. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** The address the request came from, canonical. */
  get ip(): string {
    return typeof this.address === 'string' ? this.address : this.address.ip;
  }

  /** The same ticket for every attempt, so that a retry keeps its rank. */
  get ticket(): Ticket {
    this.ownTicket ??= {
      id: this.id,
      client: this.client,
      urgency: this.urgency,
      arrivedAtMs: this.arrivedAtMs,
      deadlineMs: this.deadlineMs,
      cost: 1,
    };
    return this.ownTicket;
  }

  /** The same request with other facts: a shared call, a refresh behind the answer. */
  derive(changes: Partial<CommandFacts>): Command {
    return new Command({
      id: this.id,
      route: this.route,
      method: this.method,
      path: this.path,
      target: this.target,
      params: this.params,
      incoming: this.incoming,
      body: this.body,
      client: this.client,
      clientId: this.clientId,
      ip: this.address,
      urgency: this.urgency,
      arrivedAtMs: this.arrivedAtMs,
      deadlineMs: this.deadlineMs,
      abort: this.abort,
      ...changes,
    });
  }
}
