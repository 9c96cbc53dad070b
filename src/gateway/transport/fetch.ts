import { type BodySource, StreamBody } from '../body.ts';
import type { Command } from '../command.ts';
import type { Reply } from '../reply.ts';
import { Deadlines, type Watched } from './deadlines.ts';
import { answerHeaders, contentLength, hasBody, requestHeaders } from './headers.ts';
import type { TransportOptions } from './options.ts';
import { baseUrl, type Origin } from './origin.ts';
import { type Attempt, type Transport, timedOut, unreachable } from './transport.ts';

/** One call in flight: aborted when its client goes or its time is over. */
class FetchCall implements Watched, EventListenerObject {
  readonly controller = new AbortController();
  dueAtMs: number;

  constructor(
    readonly timeoutMs: number,
    nowMs: number,
    private readonly client: AbortSignal,
  ) {
    this.dueAtMs = nowMs + timeoutMs;
    client.addEventListener('abort', this);
  }

  /** The client is gone. */
  handleEvent(): void {
    this.controller.abort(this.client.reason);
  }

  onOverdue(): void {
    this.controller.abort(timedOut(this.timeoutMs));
  }

  detach(): void {
    this.client.removeEventListener('abort', this);
  }
}

/**
 * Calls over Bun's `fetch`, for unpaced upstreams. It hands the request to `exact` where fetch would change it:
 * fetch invents `Accept` and `User-Agent` where the client sent none, and takes no body with GET.
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
    const { clock } = this.options;
    const call = new FetchCall(command.route.config.timeoutMs, clock.now(), command.signal);
    this.deadlines.add(call);
    let streaming = false;
    try {
      const response = await fetch(this.base + command.target, this.init(command, call));
      attempt.sent();
      const fields = answerHeaders(response.headers, response.headers.get('connection'));
      const body = await this.bodyOf(command, call, response);
      streaming = body instanceof StreamBody;
      return { status: response.status, headers: fields, body, origin: 'upstream' };
    } catch (error) {
      throw call.controller.signal.aborted ? call.controller.signal.reason : unreachable(error);
    } finally {
      if (!streaming) this.release(call);
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
      init.body = body.stream.toStream();
      if (body.length !== undefined) headers.set('content-length', String(body.length));
    }
    return init;
  }

  private async bodyOf(
    command: Command,
    call: FetchCall,
    response: Response,
  ): Promise<Uint8Array | StreamBody | undefined> {
    if (response.body === null || !hasBody(command.method, response.status)) return undefined;
    const length = contentLength(response.headers.get('content-length'));
    if (length !== undefined && length <= this.options.bufferBytes) return response.bytes();
    const reader = response.body.getReader();
    const source: BodySource = {
      read: async () => {
        call.dueAtMs = this.options.clock.now() + call.timeoutMs;
        try {
          const { done, value } = await reader.read();
          // From here on the time limit is the next piece's; a slow reader downstream must not use it up.
          call.dueAtMs = Number.POSITIVE_INFINITY;
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
    stream.onEnd(() => this.release(call));
    return stream;
  }

  private release(call: FetchCall): void {
    this.deadlines.remove(call);
    call.detach();
  }
}
