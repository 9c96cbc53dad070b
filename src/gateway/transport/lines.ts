import net from 'node:net';
import tls from 'node:tls';
import type { Clock, Timer } from '../../shared/clock.ts';
import type { Line, Lines } from '../../state/contracts.ts';
import type { Origin } from './origin.ts';

export interface LinePoolOptions {
  readonly clock: Clock;
  readonly origin: Origin;
  /** An idle connection older than this is not used again: the other side may be closing it just now. */
  readonly keepaliveMs: number;
  readonly connectTimeoutMs: number;
  /** Connections open at once, whatever they do. */
  readonly maxConnections: number;
}

/** Until a connection was made nobody knows how long one takes: a TLS handshake across an ocean. */
const FIRST_LEAD_MS = 300;
/** A failed connection is news for so long: a ticket that comes later deserves a try of its own. */
const FAILURE_LIFE_MS = 500;
/** A connection made for a slot is not given up before the slot, however short `keepalive` is. */
const LEAST_NEW_LINE_LIFE_MS = 2_000;
/** The measured lead falls to this share at each faster handshake: slow ones are remembered for a while. */
const LEAD_DECAY = 0.9;

/**
 * A connected socket that stands ready, or, where connecting failed, the failure: the ticket that gets it is told.
 * Whoever takes a line uses it for one request and gives it back or closes it.
 */
export class ReadyLine implements Line {
  /** Requests that went over this connection. */
  uses = 0;
  private idleTimer: Timer | undefined;

  constructor(
    private readonly pool: LinePool,
    readonly outcome:
      | { readonly kind: 'connected'; readonly socket: net.Socket }
      | { readonly kind: 'failed'; readonly error: unknown },
  ) {}

  /** Gives the line back; `idleMs` is how long the upstream promised to keep it. */
  release(idleMs?: number): void {
    this.pool.putBack(this, idleMs);
  }

  get alive(): boolean {
    return this.outcome.kind === 'failed' || !this.outcome.socket.destroyed;
  }

  close(): void {
    this.stopWaiting();
    if (this.outcome.kind === 'connected') this.outcome.socket.destroy();
  }

  waitIdle(clock: Clock, forMs: number): void {
    this.stopWaiting();
    this.listenNoMore();
    this.idleTimer = clock.after(forMs, () => this.pool.drop(this));
    if (this.outcome.kind === 'connected') this.outcome.socket.on('data', this.unasked);
  }

  stopWaiting(): void {
    this.idleTimer?.cancel();
    this.idleTimer = undefined;
  }

  /** From now on what arrives is the answer to a request. */
  listenNoMore(): void {
    if (this.outcome.kind === 'connected') this.outcome.socket.off('data', this.unasked);
  }

  /** Bytes that nobody asked for (a 408 before the close) would be taken for the next request's answer. */
  private readonly unasked = (): void => this.close();
}

/** The connections of one paced upstream: opened shortly before they are needed, used again while fresh. */
export class LinePool implements Lines {
  private readonly idle: ReadyLine[] = [];
  private readonly failed: ReadyLine[] = [];
  private connecting = 0;
  private open = 0;
  private listener: () => void = () => {};
  private closed = false;
  leadMs = FIRST_LEAD_MS;

  constructor(private readonly options: LinePoolOptions) {}

  /** For operators and tests. */
  get counts(): { readonly idle: number; readonly connecting: number; readonly open: number } {
    return { idle: this.idle.length, connecting: this.connecting, open: this.open };
  }

  get available(): number {
    return this.idle.length + this.failed.length;
  }

  take(): ReadyLine | undefined {
    for (;;) {
      // The one used last is the one that the upstream will keep longest.
      const line = this.idle.pop() ?? this.failed.pop();
      if (line === undefined) return undefined;
      line.stopWaiting();
      if (line.alive) return line;
    }
  }

  expect(tickets: number): void {
    if (this.closed) return;
    const room = this.options.maxConnections - this.open - this.connecting;
    const missing = Math.min(room, tickets - this.idle.length - this.failed.length - this.connecting);
    for (let count = 0; count < missing; count++) this.connect();
  }

  onChange(listener: () => void): void {
    this.listener = listener;
  }

  /** Takes a line back that may be used again, for as long as the other side surely keeps it (`idleMs`). */
  putBack(line: ReadyLine, idleMs = this.options.keepaliveMs): void {
    if (line.outcome.kind === 'failed') return;
    const lifeMs = Math.min(idleMs, this.options.keepaliveMs);
    if (this.closed || !line.alive || lifeMs <= 0) {
      line.close();
      return;
    }
    this.idle.push(line);
    line.waitIdle(this.options.clock, lifeMs);
    this.listener();
  }

  /** A line is of no use any more, whether it stood ready or not. */
  drop(line: ReadyLine): void {
    const list = line.outcome.kind === 'failed' ? this.failed : this.idle;
    const index = list.indexOf(line);
    if (index !== -1) list.splice(index, 1);
    line.close();
    // Another one may be needed in its place, or may be made now that there is room.
    if (!this.closed) this.listener();
  }

  close(): void {
    this.closed = true;
    for (const line of [...this.idle.splice(0), ...this.failed.splice(0)]) line.close();
  }

  private get newLineLifeMs(): number {
    return Math.max(LEAST_NEW_LINE_LIFE_MS, this.options.keepaliveMs);
  }

  private connect(): void {
    const { clock, origin, connectTimeoutMs } = this.options;
    const startedAtMs = clock.now();
    this.connecting++;
    const address = { host: origin.host, port: origin.port };
    const socket = origin.secure
      ? tls.connect({
          ...address,
          // A name for SNI; an address has none (RFC 6066 §3).
          ...(net.isIP(origin.host) === 0 ? { servername: origin.host } : {}),
          ALPNProtocols: ['http/1.1'],
          rejectUnauthorized: origin.tls.verify,
          ...(origin.tls.ca === undefined ? {} : { ca: origin.tls.ca }),
        })
      : net.connect(address);
    socket.setNoDelay(true);
    let line: ReadyLine | undefined;
    const timer = clock.after(connectTimeoutMs, () =>
      fail(Object.assign(new Error('connect timeout'), { code: 'ETIMEDOUT' })),
    );
    const settle = (ready: ReadyLine): void => {
      timer.cancel();
      this.connecting--;
      line = ready;
      if (this.closed) {
        ready.close();
        return;
      }
      if (ready.outcome.kind === 'failed') this.failed.push(ready);
      else this.idle.push(ready);
      // A new one stands by for a while even where used ones are not kept.
      ready.waitIdle(clock, ready.outcome.kind === 'failed' ? FAILURE_LIFE_MS : this.newLineLifeMs);
      this.listener();
    };
    const fail = (error: unknown): void => {
      if (line !== undefined) return;
      settle(new ReadyLine(this, { kind: 'failed', error }));
      socket.destroy();
    };
    socket.once(origin.secure ? 'secureConnect' : 'connect', () => {
      if (line !== undefined) return;
      const tookMs = clock.now() - startedAtMs;
      this.leadMs = Math.max(tookMs, this.leadMs * LEAD_DECAY);
      this.open++;
      settle(new ReadyLine(this, { kind: 'connected', socket }));
    });
    // An idle line that the other side closes or writes to unasked is of no use.
    socket.on('error', fail);
    socket.on('close', () => {
      fail(Object.assign(new Error('closed while connecting'), { code: 'ECONNRESET' }));
      if (line?.outcome.kind !== 'connected') return;
      this.open--;
      this.drop(line);
    });
  }
}
