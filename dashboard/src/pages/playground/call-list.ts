import { eventsOf } from '../../api/event-stream.ts';
import { ApiError } from '../../api/problem.ts';
import { afterEvent, type CallEnd, type CallLife, NEW_LIFE } from './call-life.ts';
import type { Curl } from './curl.ts';
import type { PlaygroundRequest } from './request-form.ts';

/** One request that was sent from here. */
export interface Call {
  /** Counts up. */
  readonly id: number;
  /** ms since the epoch, on this machine's clock. */
  readonly startedAtMs: number;
  readonly method: string;
  /** Path and query; personal values are `***`. */
  readonly target: string;
  /** What the person said of it. */
  readonly client: string | undefined;
  readonly priority: number | undefined;
  readonly curl: Curl;
  /** What was sent, with the real values: for sending it again, never for showing it. */
  readonly request: PlaygroundRequest;
  readonly life: CallLife;
}

/** As many as are shown; the oldest goes. */
export const MOST_CALLS = 20;
/** As many as the gateway follows at once. */
export const MOST_UNDER_WAY = 16;

/** Opens the stream of events of one request. */
export type Opener = (request: PlaygroundRequest, signal: AbortSignal) => Promise<Response>;

/** The last requests of this tab, newest first. It outlives the page, so that one may look elsewhere and come back. */
export class CallList {
  private calls: readonly Call[] = [];
  private lastId = 0;
  private readonly aborts = new Map<number, AbortController>();
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly open: Opener,
    private readonly now: () => number = () => performance.now(),
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): readonly Call[] => this.calls;

  get underWay(): number {
    return this.aborts.size;
  }

  /** Sends it. Resolves when its life has ended, whichever way; undefined when too many are under way. */
  start(
    request: PlaygroundRequest,
    about: { readonly target: string; readonly curl: Curl },
  ): Promise<void> | undefined {
    if (this.underWay >= MOST_UNDER_WAY) return undefined;
    this.lastId += 1;
    const id = this.lastId;
    const { method, client, priority } = request;
    const call = { id, startedAtMs: Date.now(), method, client, priority, ...about, request, life: NEW_LIFE };
    this.show(bounded([call, ...this.calls]));
    const abort = new AbortController();
    this.aborts.set(id, abort);
    return this.follow(id, request, abort.signal).finally(() => this.aborts.delete(id));
  }

  /** Sends the same once more. Undefined when too many are under way, or when it is not listed any more. */
  again(id: number): Promise<void> | undefined {
    const call = this.calls.find((one) => one.id === id);
    return call && this.start(call.request, { target: call.target, curl: call.curl });
  }

  /** Ends one that is under way: the gateway drops it when its stream ends. */
  cancel(id: number): void {
    this.aborts.get(id)?.abort();
  }

  /** Forgets those that have ended. */
  clear(): void {
    this.show(this.calls.filter(({ life }) => life.end === undefined));
  }

  private async follow(id: number, request: PlaygroundRequest, signal: AbortSignal): Promise<void> {
    try {
      for await (const { name, data } of eventsOf(await this.open(request, signal))) {
        this.change(id, (life) => afterEvent(life, name, data, this.now()));
      }
      this.end(id, { kind: 'refused', error: new ApiError(0, 'unreachable', '', '') });
    } catch (error) {
      if (signal.aborted) this.end(id, { kind: 'cancelled' });
      else {
        const isKnown = error instanceof ApiError;
        const detail = error instanceof Error ? error.message : String(error);
        this.end(id, {
          kind: 'refused',
          error: isKnown ? error : new ApiError(0, 'unreachable', '', detail),
        });
      }
    }
  }

  /** Unless it has ended already. */
  private end(id: number, end: CallEnd): void {
    this.change(id, (life) => (life.end === undefined ? { ...life, end } : life));
  }

  private change(id: number, next: (life: CallLife) => CallLife): void {
    this.show(this.calls.map((call) => (call.id === id ? { ...call, life: next(call.life) } : call)));
  }

  private show(calls: readonly Call[]): void {
    this.calls = calls;
    for (const listener of this.listeners) listener();
  }
}

/** The newest; one that is under way stays as long as one that has ended can go instead. */
function bounded(calls: readonly Call[]): readonly Call[] {
  if (calls.length <= MOST_CALLS) return calls;
  const oldestEnded = calls.findLast(({ life }) => life.end !== undefined);
  return calls.filter((call) => call !== (oldestEnded ?? calls.at(-1)));
}
