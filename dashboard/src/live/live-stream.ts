import { eventsOf, type StreamEvent } from '../api/event-stream.ts';
import { ApiError } from '../api/problem.ts';
import type { LiveDelta, LiveSnapshot } from '../api/types.ts';
import { fromSnapshot, type LiveData, withDelta } from './live-data.ts';

/** Whether what is shown is what is. */
export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Nothing has come since; what is shown is from then. */
  | {
      readonly kind: 'lost';
      readonly sinceMs: number;
      readonly attempts: number;
      readonly reason: ApiError | undefined;
      readonly nextAttemptAtMs: number | undefined;
    }
  /** The API wants another token: nothing is tried until there is one. */
  | { readonly kind: 'signed_out' };

/** The gateway answers, and said that as many dashboards listen as it serves. */
export function isCrowded(connection: Connection): boolean {
  return connection.kind === 'lost' && connection.reason?.code === 'too_many_streams';
}

export interface LiveView {
  readonly connection: Connection;
  /** Undefined before the first frame. */
  readonly data: LiveData | undefined;
  /** When the last frame came, by this page's clock (`performance.now()`). */
  readonly frameAtMs: number | undefined;
}

/** A frame comes every second. After so long without one, the numbers are not live. */
const STALE_AFTER_MS = 3_500;
/** An attempt that brought no frame by then is given up: nobody reads `connecting` for ever. */
const FIRST_FRAME_WITHIN_MS = 10_000;
const WATCH_EVERY_MS = 500;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5_000;
/**
 * A tab that nobody has looked at for so long lets its connection go. Browsers open six to a server over HTTP/1.1, and
 * tabs that lie about would leave none for the one that is looked at.
 */
const REST_AFTER_MS = 15_000;

/** Asks for the stream, from `lastEventId` on if the gateway still has it. */
export type LiveOpener = (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>;

/**
 * Follows the live stream for as long as the page is looked at: one connection, made again whenever it ends or falls
 * silent, from where it broke off if the gateway still has it.
 */
export class LiveStream {
  private view: LiveView = { connection: { kind: 'connecting' }, data: undefined, frameAtMs: undefined };
  private readonly listeners = new Set<() => void>();
  private lastEventId: string | undefined;
  private current: AbortController | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setInterval> | undefined;
  private attempts = 0;
  private attemptAtMs = 0;
  private restTimer: ReturnType<typeof setTimeout> | undefined;
  private isResting = false;

  /** `now` is in ms, monotonic. */
  constructor(
    private readonly open: LiveOpener,
    private readonly now: () => number = () => performance.now(),
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): LiveView => this.view;

  /** Begins to follow, or begins anew, such as after a sign-in. */
  start(): void {
    this.stop();
    this.attempts = 0;
    this.isResting = false;
    if (this.view.connection.kind === 'signed_out') this.show({ connection: { kind: 'connecting' } });
    this.watch = setInterval(() => this.look(), WATCH_EVERY_MS);
    void this.follow();
  }

  /** Whether somebody can see the page. Hidden for long, it rests; shown again, it goes on. */
  seen(isSeen: boolean): void {
    clearTimeout(this.restTimer);
    if (!isSeen) this.restTimer = setTimeout(() => this.rest(), REST_AFTER_MS);
    else if (this.isResting) this.start();
  }

  stop(): void {
    this.current?.abort();
    this.current = undefined;
    clearTimeout(this.retryTimer);
    clearTimeout(this.restTimer);
    clearInterval(this.watch);
  }

  private rest(): void {
    if (this.view.connection.kind === 'signed_out') return;
    this.stop();
    this.isResting = true;
    this.show({ connection: { kind: 'connecting' } });
  }

  /** Waits for a token: `start` goes on. */
  signOut(): void {
    this.stop();
    this.isResting = false;
    this.lastEventId = undefined;
    this.show({ connection: { kind: 'signed_out' }, data: undefined, frameAtMs: undefined });
  }

  private async follow(): Promise<void> {
    const attempt = new AbortController();
    this.current = attempt;
    this.attemptAtMs = this.now();
    let reason: ApiError | undefined;
    try {
      const response = await this.open(this.lastEventId, attempt.signal);
      for await (const event of eventsOf(response)) {
        if (attempt.signal.aborted) return;
        this.take(event);
      }
    } catch (error) {
      if (error instanceof ApiError) reason = error;
    }
    if (this.current !== attempt) return;
    if (reason?.status === 401) return this.signOut();
    this.retry(reason);
  }

  private take({ name, data, id }: StreamEvent): void {
    const { data: held } = this.view;
    let next: LiveData | undefined;
    if (name === 'snapshot') next = fromSnapshot(JSON.parse(data) as LiveSnapshot);
    else if (name === 'delta' && held !== undefined) next = withDelta(held, JSON.parse(data) as LiveDelta);
    if (next === undefined) return;
    this.lastEventId = id;
    this.attempts = 0;
    this.show({ connection: { kind: 'live' }, data: next, frameAtMs: this.now() });
  }

  /**
   * A connection that looks alive and brings nothing (a machine that sleeps, a proxy that holds back) is given up, and
   * so is one that does not come about.
   */
  private look(): void {
    if (this.current === undefined) return;
    const { connection, frameAtMs } = this.view;
    const now = this.now();
    if (connection.kind === 'live' && frameAtMs !== undefined) {
      if (now - frameAtMs >= STALE_AFTER_MS) this.giveUp(undefined);
    } else if (now - this.attemptAtMs >= FIRST_FRAME_WITHIN_MS) {
      const detail = `no answer within ${FIRST_FRAME_WITHIN_MS / 1_000} s`;
      this.giveUp(new ApiError(0, 'unreachable', '', detail));
    }
  }

  private giveUp(reason: ApiError | undefined): void {
    this.current?.abort();
    this.retry(reason);
  }

  private retry(reason: ApiError | undefined): void {
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(10, this.attempts));
    this.attempts++;
    this.current = undefined;
    const { connection, frameAtMs } = this.view;
    const silentMs = frameAtMs === undefined ? 0 : this.now() - frameAtMs;
    const sinceMs = connection.kind === 'lost' ? connection.sinceMs : Date.now() - silentMs;
    const nextAttemptAtMs = this.now() + waitMs;
    this.show({ connection: { kind: 'lost', sinceMs, attempts: this.attempts, reason, nextAttemptAtMs } });
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => void this.follow(), waitMs);
  }

  private show(change: Partial<LiveView>): void {
    this.view = { ...this.view, ...change };
    for (const listener of this.listeners) listener();
  }
}
