import { systemClock } from '../../shared/clock.ts';
import { type BodySource, StreamBody } from '../body.ts';
import { Command, type RequestBody } from '../command.ts';
import type { Reply } from '../reply.ts';
import type { Route } from '../route.ts';
import { FetchTransport } from './fetch.ts';
import { HttpTransport } from './http.ts';
import { LinePool, type LinePoolOptions, type ReadyLine } from './lines.ts';
import { originOf } from './origin.ts';

export interface CallFacts {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: ReadonlyArray<readonly [string, string]>;
  readonly body?: RequestBody;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What a browser-like client always sends: with these headers `fetch` has nothing to invent. */
export const PLAIN_HEADERS = [
  ['accept', '*/*'],
  ['user-agent', 'test/1'],
] as const;

export function commandOf(facts: CallFacts = {}): Command {
  return new Command({
    path: '/',
    clientId: undefined,
    id: 'test',
    route: { config: { timeoutMs: facts.timeoutMs ?? 5_000 } } as unknown as Route,
    method: facts.method ?? 'GET',
    target: facts.target ?? '/a?b=c',
    params: {},
    incoming: new Headers((facts.headers ?? PLAIN_HEADERS) as [string, string][]),
    body: facts.body ?? { kind: 'none' },
    client: 'test',
    ip: '127.0.0.1',
    urgency: 3,
    arrivedAtMs: 0,
    deadlineMs: 60_000,
    abort: { signal: facts.signal ?? new AbortController().signal },
  });
}

/** A client that counts who listens to its signal. */
export class WatchedSignal {
  readonly controller = new AbortController();
  listeners = 0;

  constructor() {
    const { signal } = this.controller;
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    signal.addEventListener = (...args: unknown[]) => {
      this.listeners++;
      Reflect.apply(addEventListener, signal, args);
    };
    signal.removeEventListener = (...args: unknown[]) => {
      this.listeners--;
      Reflect.apply(removeEventListener, signal, args);
    };
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }
}

/** The three ways in which a call goes out. */
export type Way = 'paced' | 'exact' | 'fetch';

/** One transport to one upstream, as the composition builds it. */
export class Caller {
  sent = 0;
  /** What the grants of its calls say of themselves. */
  fresh = true;
  readonly pool: LinePool;
  private readonly transport: HttpTransport | FetchTransport;
  private waiting: () => void = () => {};

  constructor(
    readonly way: Way,
    url: string,
    more: Partial<LinePoolOptions> & {
      readonly bufferBytes?: number;
      readonly clientIdleMs?: number;
      readonly ca?: string;
    } = {},
  ) {
    const origin = originOf(url, { ca: more.ca, verify: true });
    const options = {
      clock: systemClock,
      bufferBytes: more.bufferBytes ?? 65_536,
      clientIdleMs: more.clientIdleMs,
    };
    this.pool = new LinePool({
      clock: systemClock,
      origin,
      keepaliveMs: 4_000,
      connectTimeoutMs: 2_000,
      maxConnections: 4,
      ...more,
    });
    this.pool.onChange(() => this.waiting());
    const exact = new HttpTransport(origin, options, way === 'paced' ? this.pool : undefined);
    this.transport = way === 'fetch' ? new FetchTransport(origin, options, exact) : exact;
  }

  async send(facts: CallFacts = {}): Promise<Reply> {
    const line = this.way === 'paced' ? await this.line() : undefined;
    return this.transport.send(commandOf(facts), {
      line,
      isFresh: () => this.fresh,
      sent: () => void this.sent++,
    });
  }

  /** A ready line, made if there is none. */
  async line(): Promise<ReadyLine> {
    for (;;) {
      const line = this.pool.take();
      if (line !== undefined) return line;
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
        this.pool.expect(1);
      });
    }
  }

  close(): void {
    this.transport.close();
  }
}

export async function bytesOf(reply: Reply): Promise<Uint8Array> {
  if (!(reply.body instanceof StreamBody)) return reply.body ?? new Uint8Array(0);
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = await reply.body.read();
    if (piece === undefined) return Buffer.concat(pieces);
    pieces.push(piece);
  }
}

export const textOf = async (reply: Reply): Promise<string> => new TextDecoder().decode(await bytesOf(reply));

export function streamOf(pieces: ReadonlyArray<string | Error>, length?: number): RequestBody {
  let next = 0;
  const source: BodySource = {
    read: async () => {
      const piece = pieces[next++];
      if (piece instanceof Error) throw piece;
      return piece === undefined ? undefined : new TextEncoder().encode(piece);
    },
    cancel: () => {},
  };
  return { kind: 'stream', stream: new StreamBody(source), length };
}

/** Pieces that come `gapMs` apart, from the second on. */
export function slowStreamOf(pieces: readonly string[], gapMs: number): RequestBody {
  let next = 0;
  const source: BodySource = {
    read: async () => {
      if (next > 0 && next < pieces.length) await Bun.sleep(gapMs);
      const piece = pieces[next++];
      return piece === undefined ? undefined : new TextEncoder().encode(piece);
    },
    cancel: () => {},
  };
  return { kind: 'stream', stream: new StreamBody(source), length: undefined };
}

/** Polls a condition of the network: nothing tells when the other side has noticed. */
export async function eventually(condition: () => boolean, withinMs = 2_000): Promise<boolean> {
  const untilMs = systemClock.now() + withinMs;
  while (!condition() && systemClock.now() < untilMs) await Bun.sleep(5);
  return condition();
}
