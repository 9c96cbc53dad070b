import { GatewayError } from '../../shared/errors.ts';
import { type BodySource, StreamBody } from '../body.ts';
import type { Command } from '../command.ts';
import type { Reply } from '../reply.ts';
import { Deadlines, type Watched } from './deadlines.ts';
import { answerHeaders, answerStatus, contentLength, hasBody, requestHeaders } from './headers.ts';
import { DEFAULT_CLIENT_IDLE_MS, type TransportOptions } from './options.ts';
import { baseUrl, type Origin } from './origin.ts';
import { type Attempt, clientIdle, type Transport, timedOut, unreachable } from './transport.ts';

/** One call in flight: aborted when its client goes or its time is over. */
class FetchCall implements Watched, EventListenerObject {
  readonly controller = new AbortController();
  dueAtMs = Number.POSITIVE_INFINITY;
  place: number | undefined;
  /** Once the answer's head is there; a body that goes on being sent sets no time limit any more. */
  answered = false;
  /** The answer, where it streams. */
  answer: StreamBody | undefined;
  private waitsFor: 'upstream' | 'client' = 'upstream';
  private readonly clientIdleMs: number;

  constructor(
    private readonly options: TransportOptions,
    private readonly timeoutMs: number,
    private readonly client: AbortSignal,
  ) {
    this.clientIdleMs = options.clientIdleMs ?? DEFAULT_CLIENT_IDLE_MS;
    this.waitFor('upstream');
    if (client.aborted) this.handleEvent();
    else client.addEventListener('abort', this);
  }

  /** Whose turn it is, and until when. */
  waitFor(whom: 'upstream' | 'client'): void {
    this.waitsFor = whom;
    this.dueAtMs = this.options.clock.now() + (whom === 'upstream' ? this.timeoutMs : this.clientIdleMs);
  }

  /** The client is gone. */
  handleEvent(): void {
    this.controller.abort(this.client.reason);
  }

  onOverdue(): void {
    if (this.waitsFor === 'upstream') this.controller.abort(timedOut(this.timeoutMs));
    else if (this.answer === undefined) this.controller.abort(clientIdle(this.clientIdleMs));
    else this.answer.cancel(clientIdle(this.clientIdleMs));
  }

  detach(): void {
    this.client.removeEventListener('abort', this);
  }
}

/**
 * Calls over Bun's `fetch`, for unpaced upstreams. It hands the request to `exact` where fetch would change it:
 * fetch invents `Accept` and `User-Agent` where the client sent none, takes no body with GET, and reads none of TRACE.
 */
export class FetchTransport implements Transport {
  private readonly base: string;
  private readonly deadlines: Deadlines;
  private readonly tls: { ca: string | undefined; rejectUnauthorized: boolean } | undefined;

  constructor(
    origin: Origin,
    private readonly options: TransportOptions,
    private readonly exact: Transport,
  ) {
    this.base = baseUrl(origin);
    this.deadlines = new Deadlines(options.clock);
    this.tls = origin.secure ? { ca: origin.tls.ca, rejectUnauthorized: origin.tls.verify } : undefined;
  }

  send(command: Command, attempt: Attempt): Promise<Reply> {
    const { incoming, body, method } = command;
    if (
      !incoming.has('accept') ||
      !incoming.has('user-agent') ||
      method === 'TRACE' ||
      (body.kind !== 'none' && (method === 'GET' || method === 'HEAD'))
    ) {
      return this.exact.send(command, attempt);
    }
    return this.call(command, attempt);
  }

  close(): void {
    this.exact.close();
  }

  private async call(command: Command, attempt: Attempt): Promise<Reply> {
    const { bufferBytes } = this.options;
    const call = new FetchCall(this.options, command.route.config.timeoutMs, command.signal);
    this.deadlines.add(call);
    let body: Uint8Array | StreamBody | undefined;
    try {
      const response = await fetch(this.base + command.target, this.init(command, call));
      attempt.sent();
      call.answered = true;
      call.waitFor('upstream');
      const { headers } = response;
      const status = answerStatus(response.status);
      if (hasBody(command.method, status)) {
        const length = contentLength(headers.get('content-length'));
        // Asked for its `body`, Bun makes a stream of it, which costs more than the rest of this method.
        const held = length !== undefined && length <= bufferBytes;
        body = held ? await response.bytes() : this.streamed(call, response);
      }
      return { status, headers: answerHeaders(headers, headers.get('connection')), body, origin: 'upstream' };
    } catch (error) {
      const { signal } = call.controller;
      if (signal.aborted) throw signal.reason;
      // An answer that cannot be passed on is not read to its end.
      call.controller.abort();
      throw error instanceof GatewayError ? error : unreachable(error);
    } finally {
      if (!(body instanceof StreamBody)) this.release(call);
    }
  }

  private init(command: Command, call: FetchCall): BunFetchRequestInit {
    const { body } = command;
    const headers = requestHeaders(command.incoming);
    const init: BunFetchRequestInit = {
      method: command.method,
      headers,
      signal: call.controller.signal,
      redirect: 'manual',
      decompress: false,
    };
    if (this.tls !== undefined) init.tls = this.tls;
    if (body.kind === 'bytes') init.body = body.bytes as Uint8Array<ArrayBuffer>;
    if (body.kind === 'stream') {
      init.body = sendingOf(call, body.stream).toStream();
      if (body.length !== undefined) headers.set('content-length', String(body.length));
    }
    return init;
  }

  private streamed(call: FetchCall, response: Response): StreamBody | undefined {
    if (response.body === null) return undefined;
    const reader = response.body.getReader();
    const source: BodySource = {
      read: async () => {
        call.waitFor('upstream');
        try {
          const { done, value } = await reader.read();
          // A slow reader downstream must not use up the time that the upstream has for its next piece.
          call.waitFor('client');
          return done ? undefined : value;
        } catch (error) {
          throw call.controller.signal.aborted ? call.controller.signal.reason : unreachable(error);
        }
      },
      cancel: (reason) => {
        call.controller.abort(reason);
        void reader.cancel(reason).catch(() => {});
      },
    };
    const stream = new StreamBody(source);
    call.answer = stream;
    stream.onEnd(() => this.release(call));
    return stream;
  }

  private release(call: FetchCall): void {
    this.deadlines.remove(call);
    call.detach();
  }
}

/** The client's body on its way out: a client that is slow to send must not use up the upstream's time. */
function sendingOf(call: FetchCall, body: StreamBody): StreamBody {
  return new StreamBody({
    read: async () => {
      if (!call.answered) call.waitFor('client');
      try {
        return await body.read();
      } finally {
        if (!call.answered) call.waitFor('upstream');
      }
    },
    cancel: (reason) => body.cancel(reason),
  });
}
