import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Clock, Timer } from '../shared/clock.ts';
import { type AnswerText, answerText, KEPT_BYTES } from './answer-body.ts';
import type { CallRequest } from './call-request.ts';
import { networkCode } from './http-caller.ts';

/** What becomes of one request. Times are ms since it was sent. */
export type CallEvent =
  /** It waits in the upstream’s queue; told again whenever its place has changed. */
  | {
      readonly kind: 'queued';
      readonly atMs: number;
      readonly position: number;
      readonly etaMs: number | undefined;
    }
  /** It left the queue, or never stood in it. */
  | { readonly kind: 'sent'; readonly atMs: number }
  | ({ readonly kind: 'answered'; readonly atMs: number } & CallAnswer)
  | { readonly kind: 'failed'; readonly atMs: number; readonly code: string };

export interface CallAnswer {
  readonly status: number;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: AnswerText;
  /** As received: packed, if it came packed. */
  readonly bodyBytes: number;
}

/** Where a request stands that waits for its upstream. */
export interface Place {
  readonly position: number;
  readonly etaMs: number | undefined;
}

export interface SingleCallOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Ends it with `failed` and the code `aborted`. */
  readonly signal: AbortSignal;
  /** Where it stands in its queue; undefined: it does not. */
  readonly place: () => Promise<Place | undefined>;
  readonly onEvent: (event: CallEvent) => void;
}

/** A request that does not wait needs a moment to come to the gate. */
const FIRST_LOOK_MS = 20;
const LOOK_EVERY_MS = 200;
/** More than this of an answer is not read. */
const MOST_BYTES = 16_777_216;

/**
 * Makes one request on a connection of its own and tells its life: `queued` any number of times, `sent` once it
 * waits no more, then `answered` or `failed` as the last. A request that is answered without its upstream (from
 * the cache, or by a refusal) is never `sent`. Resolves after the last event; rejects when the request is none.
 */
export async function followCall(request: CallRequest, options: SingleCallOptions): Promise<void> {
  const { clock, onEvent } = options;
  const startedAtMs = clock.now();
  const elapsedMs = () => clock.now() - startedAtMs;
  const watch = new QueueWatch(options, elapsedMs);
  let end: CallEnd;
  try {
    end = await makeCall(request, options);
  } finally {
    watch.stop();
  }
  const atMs = elapsedMs();
  if ('code' in end) {
    onEvent({ kind: 'failed', atMs, code: end.code });
    return;
  }
  const upstreamMs = upstreamTime(end);
  if (upstreamMs !== undefined) watch.wasSent(Math.max(0, atMs - upstreamMs));
  onEvent({ kind: 'answered', atMs, ...end });
}

/** Looks where the request stands until it has left the queue. */
class QueueWatch {
  private timer: Timer;
  private shown: Place | undefined;
  /** When it was first seen not to wait. */
  private goneAtMs: number | undefined;
  private lastAtMs = 0;
  private isSent = false;
  private stopped = false;

  constructor(
    private readonly options: SingleCallOptions,
    private readonly elapsedMs: () => number,
  ) {
    this.timer = options.clock.after(FIRST_LOOK_MS, () => void this.look());
  }

  /** It left for its upstream at that moment. Told once. */
  wasSent(atMs: number): void {
    if (this.isSent) return;
    this.isSent = true;
    this.stop();
    this.options.onEvent({ kind: 'sent', atMs: Math.max(atMs, this.lastAtMs) });
  }

  stop(): void {
    this.stopped = true;
    this.timer.cancel();
  }

  private async look(): Promise<void> {
    // Whoever cannot be asked now may be asked next time.
    const place = await this.options.place().catch(() => this.shown);
    if (this.stopped) return;
    const atMs = this.elapsedMs();
    if (place !== undefined) this.show(place, atMs);
    // Seen twice not to wait: a refusal takes it out of the queue, too, and is answered at once.
    else if (this.goneAtMs !== undefined) return this.wasSent(this.goneAtMs);
    else this.goneAtMs = atMs;
    this.timer = this.options.clock.after(LOOK_EVERY_MS, () => void this.look());
  }

  private show(place: Place, atMs: number): void {
    this.goneAtMs = undefined;
    if (this.shown?.position === place.position) return;
    this.shown = place;
    this.lastAtMs = atMs;
    this.options.onEvent({ kind: 'queued', atMs, position: place.position, etaMs: place.etaMs });
  }
}

type CallEnd = CallAnswer | { readonly code: string };

function makeCall(request: CallRequest, { clock, timeoutMs, signal }: SingleCallOptions): Promise<CallEnd> {
  const { url, method, headers, body } = request;
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false });
    const sent = httpRequest(url, { agent, method, headers }, (response) => {
      readAnswer(response).then(settle, () => settle({ code: 'incomplete_answer' }));
    });
    const timer = clock.after(timeoutMs, () => settle({ code: 'timeout' }));
    const abort = () => settle({ code: 'aborted' });
    sent.on('error', (error) => settle({ code: networkCode(error) }));
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    else sent.end(body);

    function settle(end: CallEnd | Promise<CallEnd>): void {
      timer.cancel();
      signal.removeEventListener('abort', abort);
      sent.destroy();
      agent.destroy();
      Promise.resolve(end).then(resolve, reject);
    }
  });
}

async function readAnswer(response: IncomingMessage): Promise<CallAnswer> {
  const { kept, bytes } = await receive(response);
  const header = (name: string) => String(response.headers[name] ?? '');
  const received = Buffer.concat(kept);
  const isWhole = received.length === bytes;
  return {
    status: response.statusCode ?? 0,
    headers: headerPairs(response.rawHeaders),
    body: await answerText(received, isWhole, header('content-encoding'), header('content-type')),
    bodyBytes: bytes,
  };
}

/** Keeps the beginning and counts the rest. Rejects when the answer is cut short. */
function receive(response: IncomingMessage): Promise<{ kept: Buffer[]; bytes: number }> {
  return new Promise((resolve, reject) => {
    const kept: Buffer[] = [];
    let room = KEPT_BYTES;
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (room > 0) kept.push(chunk.subarray(0, room));
      room -= chunk.length;
      if (bytes >= MOST_BYTES) resolve({ kept, bytes });
    });
    response.on('end', () =>
      response.complete ? resolve({ kept, bytes }) : reject(new Error('incomplete')),
    );
    response.on('error', reject);
    response.on('aborted', () => reject(new Error('aborted')));
    response.on('close', () => reject(new Error('closed')));
  });
}

function headerPairs(raw: readonly string[]): Array<readonly [string, string]> {
  const pairs: Array<readonly [string, string]> = [];
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index]!, raw[index + 1]!]);
  return pairs;
}

/** What `Server-Timing` says of the upstream; undefined: it was not asked. */
function upstreamTime(answer: CallAnswer): number | undefined {
  return serverTimings(answer).find(({ name }) => name === 'upstream')?.ms;
}

/** Entries that any answer of ours has are few; more are somebody else’s. */
const MOST_TIMINGS = 32;

/** `Server-Timing: queue;dur=1.5, upstream;dur=20` (W3C Server Timing); entries without a duration are left out. */
export function serverTimings({ headers }: Pick<CallAnswer, 'headers'>): { name: string; ms: number }[] {
  const written = headers
    .filter(([name]) => name.toLowerCase() === 'server-timing')
    .flatMap(([, value]) => value.split(','));
  return written.slice(0, MOST_TIMINGS).flatMap((entry) => {
    const [, name, duration] =
      /^\s*([\w!#$%&'*+.^`|~-]{1,64})\s*;(?:.*;)?\s*dur\s*=\s*"?([\d.]+)/i.exec(entry) ?? [];
    const ms = Number(duration);
    return name === undefined || !Number.isFinite(ms) ? [] : [{ name, ms }];
  });
}
