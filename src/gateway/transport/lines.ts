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
/** The measured lead falls by this much at each faster handshake: slow ones are remembered for a while. */
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
    this.idleTimer = clock.after(forMs, () => this.pool.drop(this));
  }

  stopWaiting(): void {
    this.idleTimer?.cancel();
    this.idleTimer = undefined;
  }
}

/** The connections of one paced upstream: opened shortly before they are needed, used again while fresh. */
export class LinePool implements Lines {
  private readonly idle: ReadyLine[] = [];
  private connecting = 0;
  private open = 0;
  private listener: () => void = () => {};
  private closed = false;
  leadMs = FIRST_LEAD_MS;

  constructor(private readonly options: LinePoolOptions) {}

  take(): ReadyLine | undefined {
    for (;;) {
      const line = this.idle.pop();
      if (line === undefined) return undefined;
      line.stopWaiting();
      if (line.alive) return line;
    }
  }

  expect(tickets: number): void {
    if (this.closed) return;
    const room = this.options.maxConnections - this.open - this.connecting;
    const missing = Math.min(room, tickets - this.idle.length - this.connecting);
    for (let count = 0; count < missing; count++) this.connect();
  }

  onReady(listener: () => void): void {
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

  drop(line: ReadyLine): void {
    const index = this.idle.indexOf(line);
    if (index !== -1) this.idle.splice(index, 1);
    line.close();
  }

  close(): void {
    this.closed = true;
    for (const line of this.idle.splice(0)) line.close();
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
      this.idle.push(ready);
      ready.waitIdle(clock, ready.outcome.kind === 'failed' ? FAILURE_LIFE_MS : this.options.keepaliveMs);
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
