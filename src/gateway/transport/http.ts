import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { type BodySource, collect, StreamBody } from '../body.ts';
import type { Command } from '../command.ts';
import type { HeaderList, Reply } from '../reply.ts';
import { Deadlines, type Watched } from './deadlines.ts';
import { answerHeaders, answerStatus, contentLength, hasBody, requestHeaders } from './headers.ts';
import type { LinePool, ReadyLine } from './lines.ts';
import { DEFAULT_CLIENT_IDLE_MS, type TransportOptions } from './options.ts';
import type { Origin } from './origin.ts';
import {
  type Attempt,
  clientIdle,
  staleConnection,
  staleGrant,
  type Transport,
  timedOut,
  unreachable,
} from './transport.ts';

/** Hands one ready connection to one request, as an agent would. */
function agentFor(line: ReadyLine, secure: boolean): http.Agent {
  return {
    keepAlive: true,
    maxSockets: 1,
    protocol: secure ? 'https:' : 'http:',
    defaultPort: secure ? 443 : 80,
    addRequest: (request: http.ClientRequest) => {
      line.listenNoMore();
      request.onSocket(socketOf(line));
    },
    destroy: () => {},
  } as unknown as http.Agent;
}

/**
 * Calls over `node:http(s)`: headers go out exactly as given, and `finish` tells when the request is written. With
 * a line it writes at once on that connection; without one (an unpaced upstream's exact requests) it uses a
 * keep-alive agent of its own.
 */
export class HttpTransport implements Transport {
  private readonly deadlines: Deadlines;
  private readonly agent: http.Agent;

  constructor(
    private readonly origin: Origin,
    private readonly options: TransportOptions,
    private readonly pool: LinePool | undefined,
  ) {
    this.deadlines = new Deadlines(options.clock);
    this.agent = origin.secure
      ? new https.Agent({
          keepAlive: true,
          rejectUnauthorized: origin.tls.verify,
          ...(origin.tls.ca === undefined ? {} : { ca: origin.tls.ca }),
        })
      : new http.Agent({ keepAlive: true });
  }

  send(command: Command, attempt: Attempt): Promise<Reply> {
    const line = attempt.line as ReadyLine | undefined;
    if (line?.outcome.kind === 'failed') return Promise.reject(unreachable(line.outcome.error));
    if (command.signal.aborted) {
      line?.release();
      return Promise.reject(command.signal.reason);
    }
    if (line?.alive === false) return Promise.reject(closedBefore(line.uses > 0));
    return new Promise((resolve, reject) => {
      new HttpCall(this.origin, this.options, this.deadlines, command, attempt, line).run(
        line === undefined ? this.agent : agentFor(line, this.origin.secure),
        resolve,
        reject,
      );
    });
  }

  close(): void {
    this.agent.destroy();
    this.pool?.close();
  }
}

/** The upstream closed a connection that was about to be written to. */
function closedBefore(reused: boolean): unknown {
  return reused ? staleConnection(closedError()) : unreachable(closedError());
}

const closedError = () => Object.assign(new Error('closed'), { code: 'ECONNRESET' });

/** What the system says when a connection is gone, as opposed to an answer that is wrong. */
const GONE = new Set(['ECONNRESET', 'EPIPE', 'ConnectionClosed', 'ECONNABORTED']);

function socketOf(line: ReadyLine): Socket {
  if (line.outcome.kind === 'failed') throw line.outcome.error;
  return line.outcome.socket;
}

class HttpCall implements Watched, EventListenerObject {
  dueAtMs: number;
  private readonly timeoutMs: number;
  private readonly clientIdleMs: number;
  private waitsFor: 'upstream' | 'client' = 'upstream';
  private request: http.ClientRequest | undefined;
  private answer: StreamBody | undefined;
  private answered = false;
  private over = false;
  private failure: unknown;
  private reject: (reason: unknown) => void = () => {};

  constructor(
    private readonly origin: Origin,
    private readonly options: TransportOptions,
    private readonly deadlines: Deadlines,
    private readonly command: Command,
    private readonly attempt: Attempt,
    private readonly line: ReadyLine | undefined,
  ) {
    this.timeoutMs = command.route.config.timeoutMs;
    this.clientIdleMs = options.clientIdleMs ?? DEFAULT_CLIENT_IDLE_MS;
    this.dueAtMs = options.clock.now() + this.timeoutMs;
  }

  run(agent: http.Agent, resolve: (reply: Reply) => void, reject: (reason: unknown) => void): void {
    this.reject = reject;
    this.command.signal.addEventListener('abort', this);
    this.deadlines.add(this);
    let request: http.ClientRequest;
    try {
      request = this.open(agent);
    } catch (error) {
      this.fail(unreachable(error));
      return;
    }
    this.request = request;
    // Emitted right before the first byte is written: from here on nothing can be taken back.
    request.on('socket', () => {
      if (this.line !== undefined && !this.attempt.isFresh()) this.fail(staleGrant());
    });
    request.on('finish', () => this.attempt.sent());
    request.on('error', (error) => this.fail(this.explain(error)));
    request.on('close', () => {
      if (!this.answered) this.fail(this.explain(closedError()));
    });
    request.on('response', (message) => {
      this.answered = true;
      this.attempt.sent();
      this.receive(message).then(resolve, (error: unknown) => this.fail(error));
    });
    this.write(request);
  }

  private open(agent: http.Agent): http.ClientRequest {
    return (this.origin.secure ? https : http).request({
      agent,
      host: this.origin.host,
      port: this.origin.port,
      method: this.command.method,
      path: this.origin.basePath + this.command.target,
      headers: this.outgoing() as unknown as http.OutgoingHttpHeaders,
    });
  }

  /** The client is gone. */
  handleEvent(): void {
    this.fail(this.command.signal.reason);
  }

  onOverdue(): void {
    if (this.waitsFor === 'upstream') this.fail(timedOut(this.timeoutMs));
    else if (this.answer === undefined) this.fail(clientIdle(this.clientIdleMs));
    else this.answer.cancel(clientIdle(this.clientIdleMs));
  }

  private outgoing(): string[] {
    const { command, origin } = this;
    const flat: string[] = ['Host', origin.authority];
    const headers = requestHeaders(command.incoming);
    headers.forEach((value, name) => {
      flat.push(name, value);
    });
    const { body } = command;
    if (body.kind === 'bytes') flat.push('Content-Length', String(body.bytes.byteLength));
    else if (body.kind === 'stream' && body.length !== undefined) {
      flat.push('Content-Length', String(body.length));
    } else if (body.kind === 'stream') flat.push('Transfer-Encoding', 'chunked');
    else if (!['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE'].includes(command.method)) {
      flat.push('Content-Length', '0');
    }
    flat.push('Connection', 'keep-alive');
    return flat;
  }

  private write(request: http.ClientRequest): void {
    const { body } = this.command;
    if (body.kind === 'none') request.end();
    else if (body.kind === 'bytes') request.end(body.bytes);
    else void this.pump(request, body.stream);
  }

  private async pump(request: http.ClientRequest, body: StreamBody): Promise<void> {
    try {
      for (;;) {
        // A client that is slow to send must not use up the upstream's time.
        if (!this.answered) this.waitFor('client');
        const piece = await body.read();
        if (!this.answered) this.waitFor('upstream');
        if (piece === undefined) break;
        if (this.over || request.destroyed) return;
        if (!request.write(piece)) {
          await new Promise<void>((resolve) => {
            const go = (): void => {
              request.off('drain', go);
              request.off('close', go);
              resolve();
            };
            request.on('drain', go);
            request.on('close', go);
          });
        }
      }
      request.end();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Whose turn it is, and until when. Once the answer has begun, the reading of it says so. */
  private waitFor(whom: 'upstream' | 'client'): void {
    this.waitsFor = whom;
    this.dueAtMs = this.options.clock.now() + (whom === 'upstream' ? this.timeoutMs : this.clientIdleMs);
  }

  private async receive(message: http.IncomingMessage): Promise<Reply> {
    const status = answerStatus(message.statusCode);
    const headers = answerHeaders(pairs(message.rawHeaders), message.headers.connection ?? null);
    if (this.line !== undefined) this.giveLineBack(message, this.line);
    const source: BodySource = {
      read: () => this.readPiece(message),
      cancel: (reason) => this.fail(reason),
    };
    const stream = new StreamBody(source);
    this.answer = stream;
    // Whatever is not read to its end leaves the connection unusable.
    stream.onEnd((end) => (end === 'cancelled' ? this.fail(new Error('nobody reads on')) : this.finish()));
    if (!hasBody(this.command.method, status)) {
      await stream.read();
      return { status, headers, body: undefined, origin: 'upstream' };
    }
    const length = contentLength(message.headers['content-length']);
    const { bufferBytes } = this.options;
    // An answer without a length may be one that trickles for minutes: it streams.
    const held = length !== undefined && length <= bufferBytes;
    const body = held ? await collect(stream, bufferBytes) : stream;
    return { status, headers, body, origin: 'upstream' };
  }

  /** The connection goes back to the pool once the whole answer was read, if the upstream keeps it. */
  private giveLineBack(message: http.IncomingMessage, line: ReadyLine): void {
    line.uses++;
    const promised = /timeout=(\d+)/.exec(String(message.headers['keep-alive'] ?? ''))?.[1];
    const idleMs = promised === undefined ? undefined : Number(promised) * 1_000 - 500;
    socketOf(line).once('free', () => line.release(idleMs));
  }

  private readPiece(message: http.IncomingMessage): Promise<Uint8Array | undefined> {
    this.waitFor('upstream');
    return new Promise((resolve, reject) => {
      const done = (): void => {
        message.off('readable', look);
        message.off('end', ended);
        message.off('error', failed);
        message.off('close', closed);
        // A slow reader downstream must not use up the time that the upstream has for its next piece.
        this.waitFor('client');
      };
      const failed = (error: unknown): void => {
        done();
        const reason = this.failure ?? this.explain(error);
        // Before the stream ends: its end finishes the call, and a finished call rejects nobody.
        this.fail(reason);
        reject(reason);
      };
      const ended = (): void => {
        // Destroyed by us, an answer that ends with its connection seems to end well: it is not whole.
        if (this.over) {
          failed(closedError());
          return;
        }
        done();
        resolve(undefined);
      };
      const closed = (): void => {
        if (message.complete) ended();
        else failed(closedError());
      };
      const look = (): void => {
        const piece = message.read() as Uint8Array | null;
        if (piece === null) return;
        done();
        resolve(piece);
      };
      message.on('end', ended);
      message.on('error', failed);
      message.on('close', closed);
      message.on('readable', look);
      if (message.readableEnded) ended();
      else if (message.destroyed) closed();
      else look();
    });
  }

  private explain(error: unknown): unknown {
    if (this.failure !== undefined) return this.failure;
    const reused = this.line === undefined ? this.request?.reusedSocket === true : this.line.uses > 0;
    const code = (error as { code?: unknown } | null)?.code;
    const isStale = reused && !this.answered && typeof code === 'string' && GONE.has(code);
    return isStale ? staleConnection(error) : unreachable(error);
  }

  private fail(reason: unknown): void {
    if (this.over) return;
    this.failure = reason;
    this.finish();
    this.request?.destroy();
    this.line?.close();
    this.reject(reason);
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    this.deadlines.remove(this);
    this.command.signal.removeEventListener('abort', this);
  }
}

function pairs(raw: readonly string[]): HeaderList {
  const list: Array<readonly [string, string]> = [];
  for (let index = 0; index + 1 < raw.length; index += 2) list.push([raw[index]!, raw[index + 1]!]);
  return list;
}
