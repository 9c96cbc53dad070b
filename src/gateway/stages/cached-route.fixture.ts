import type { Urgency } from '../../shared/urgency.ts';
import { VirtualClock } from '../../shared/virtual-clock.ts';
import type { Gate } from '../../state/contracts.ts';
import { MemoryCache, type MemoryCacheSettings } from '../../state/memory/cache.ts';
import { type BodySource, StreamBody } from '../body.ts';
import { Command, type CommandFacts } from '../command.ts';
import { type HeaderList, headerOf, type Reply, type ReplyBody } from '../reply.ts';
import type { Route } from '../route.ts';
import type { Handler } from '../stage.ts';
import { type CacheServices, cacheStage } from './cache.ts';
import { type CoalesceServices, coalesceStage, SharedCalls } from './coalesce.ts';
import { fallbackStage } from './fallback.ts';

type RouteConfig = Route['config'];
type RouteCache = NonNullable<RouteConfig['cache']>;

/** A route with the keys that these stages read; the rest of the configuration does not matter to them. */
export function routeOf(
  cache: Partial<RouteCache> | undefined = {},
  config: Partial<Pick<RouteConfig, 'coalesce' | 'params' | 'client'>> = {},
): Route {
  return {
    label: '/proxy/score',
    upstream: { queue: { maxWaitMs: 60_000 } },
    config: {
      path: '/proxy/score',
      upstream: 'score',
      params: {},
      client: undefined,
      coalesce: true,
      ...config,
      cache: cache && {
        ttlMs: 60_000,
        staleIfErrorMs: 0,
        staleWhileRevalidateMs: 0,
        key: undefined,
        shared: false,
        honorUpstream: true,
        ...cache,
      },
    },
  } as unknown as Route;
}

/** Remembers who was promoted; nothing waits there. */
export class FakeGate {
  readonly promoted: Array<readonly [id: string, urgency: Urgency]> = [];
  isWaiting = true;

  promote(id: string, urgency: Urgency): boolean {
    this.promoted.push([id, urgency]);
    return this.isWaiting;
  }

  estimate() {
    return { position: 0, waitMs: 2_000 };
  }
}

export class Fixture {
  readonly clock = new VirtualClock(1_000);
  readonly gate = new FakeGate();
  readonly cache: MemoryCache;
  readonly sharedCalls: SharedCalls;
  readonly services: CacheServices & CoalesceServices;
  /** What came through to the upstream. */
  readonly calls: Command[] = [];
  private ids = 0;

  constructor(
    readonly route: Route = routeOf(),
    cache: Partial<MemoryCacheSettings> = {},
    maxCalls?: number,
  ) {
    this.cache = new MemoryCache({ maxSizeBytes: 10_000_000, maxEntryBytes: 100_000, ...cache });
    this.sharedCalls = new SharedCalls(maxCalls);
    this.services = {
      clock: this.clock,
      random: { next: () => 0.5 },
      gate: this.gate as unknown as Gate,
      cache: this.cache,
      sharedCalls: this.sharedCalls,
    };
  }

  /** The stages under test over an upstream that answers as `upstream` says. */
  pipeline(
    upstream: (call: Command, count: number) => Reply | Promise<Reply>,
    stages: ReadonlyArray<'cache' | 'fallback' | 'coalesce'> = ['cache', 'fallback', 'coalesce'],
  ): Handler {
    const factories = { cache: cacheStage, fallback: fallbackStage, coalesce: coalesceStage };
    return stages.reduceRight<Handler>(
      (next, name) => factories[name](this.route, this.services)(next),
      (call) => {
        this.calls.push(call);
        return upstream(call, this.calls.length);
      },
    );
  }

  command(facts: Partial<CommandFacts> & { readonly headers?: Record<string, string> } = {}): Command {
    const { headers, ...rest } = facts;
    return new Command({
      path: '/',
      clientId: undefined,
      id: `c${++this.ids}`,
      route: this.route,
      method: 'GET',
      target: '/api/score?cpf=1',
      params: {},
      incoming: new Headers(headers),
      body: { kind: 'none' },
      client: 'someone',
      ip: '127.0.0.1',
      urgency: 3,
      arrivedAtMs: this.clock.now(),
      deadlineMs: this.clock.now() + 60_000,
      abort: new AbortController(),
      ...rest,
    });
  }
}

export function replyOf(headers: HeaderList = [], body: ReplyBody | string = 'answer', status = 200): Reply {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return { status, headers, body: bytes, origin: 'upstream' };
}

export function textOf(reply: Reply): string {
  if (reply.body instanceof StreamBody) throw new Error('the body is a stream');
  return new TextDecoder().decode(reply.body);
}

/** A streamed body that gives these pieces, then ends, or breaks off where `breaks` is given. */
export function streamOf(
  pieces: readonly string[],
  breaks?: Error,
): { body: StreamBody; source: FakeSource } {
  const source = new FakeSource(pieces, breaks);
  return { body: new StreamBody(source), source };
}

export class FakeSource implements BodySource {
  reads = 0;
  cancelledWith: unknown;

  constructor(
    private readonly pieces: readonly string[],
    private readonly breaks: Error | undefined,
  ) {}

  async read(): Promise<Uint8Array | undefined> {
    const piece = this.pieces[this.reads++];
    if (piece !== undefined) return new TextEncoder().encode(piece);
    if (this.breaks !== undefined) throw this.breaks;
    return undefined;
  }

  cancel(reason: unknown): void {
    this.cancelledWith = reason;
  }
}

/** A promise to settle by hand. */
export function deferred<Value>(): {
  readonly promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: unknown): void;
} {
  return Promise.withResolvers<Value>();
}

/** A fixture with the cache stage alone over an upstream that gives `replies` in turn, then the last one again. */
export function cached(replies: readonly Reply[], route = routeOf(), bounds = {}) {
  const fixture = new Fixture(route, bounds);
  const handle = fixture.pipeline(
    (_, count) => ({ ...replies[Math.min(count, replies.length) - 1]! }),
    ['cache'],
  );
  const ask = async (facts: Parameters<Fixture['command']>[0] = {}) => {
    const command = fixture.command(facts);
    const reply = await handle(command);
    return { reply, command, status: command.cacheStatus, age: headerOf(command.extraHeaders ?? [], 'age') };
  };
  const { clock, calls, cache } = fixture;
  return { fixture, handle, ask, clock, calls, cache };
}

type Facts = Parameters<Fixture['command']>[0];

/** A cached route by default; without a cache where `cache` is false. */
export function coalesced({ cache = true, stages = ['coalesce'], maxCalls }: CoalescedSettings = {}) {
  const route: Route = routeOf();
  if (!cache) Object.assign(route.config, { cache: undefined });
  const fixture = new Fixture(route, {}, maxCalls);
  const upstream: Array<ReturnType<typeof deferred<Reply>>> = [];
  const handle = fixture.pipeline(() => {
    upstream.push(deferred<Reply>());
    return upstream.at(-1)!.promise;
  }, stages);
  /** Asks, and notes how it ended. */
  const ask = (facts: Facts = {}) => {
    const abort = new AbortController();
    const command = fixture.command({ abort, ...facts });
    const answer = Promise.resolve(handle(command));
    answer.catch(() => undefined);
    return { command, answer, abort };
  };
  return { fixture, upstream, handle, ask, shared: fixture.sharedCalls };
}

export interface CoalescedSettings {
  readonly cache?: boolean;
  readonly stages?: ReadonlyArray<'cache' | 'fallback' | 'coalesce'>;
  readonly maxCalls?: number;
}
