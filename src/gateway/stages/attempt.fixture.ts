import { RetryBudget } from '../../policies/retry/budget.ts';
import { seededRandom } from '../../shared/random.ts';
import { VirtualClock } from '../../shared/virtual-clock.ts';
import type { GateSettings } from '../../state/contracts.ts';
import { MemoryGate } from '../../state/memory/gate.ts';
import { Command, type RequestBody } from '../command.ts';
import type { HeaderList, Reply, ReplyBody } from '../reply.ts';
import type { Route } from '../route.ts';
import type { Handler } from '../stage.ts';
import { gateStage } from './gate.ts';
import { retryStage } from './retry.ts';

type Upstream = Route['upstream'];
type Retry = Route['config']['retry'];

export interface AttemptOptions {
  readonly upstream?: Partial<Upstream>;
  readonly retry?: Partial<Retry>;
  readonly gate?: Partial<GateSettings>;
  readonly budget?: ConstructorParameters<typeof RetryBudget>[0];
}

export function replyOf(status: number, headers: HeaderList = [], body?: ReplyBody): Reply {
  return { status, headers, body, origin: 'upstream' };
}

/** The retry and gate stages over a scripted upstream, in virtual time. */
export class Attempts {
  readonly clock = new VirtualClock();
  readonly gate: MemoryGate;
  readonly route: Route;
  /** When each attempt reached the upstream. */
  readonly atMs: number[] = [];
  private readonly handler: Handler;

  constructor(
    upstream: (attempt: number, command: Command) => Reply | Promise<Reply>,
    options: AttemptOptions = {},
  ) {
    const settings: GateSettings = {
      limits: [],
      concurrency: undefined,
      queue: { policy: 'fifo', agingMs: 1_000, maxSize: 10, weights: {} },
      breaker: undefined,
      ...options.gate,
    };
    this.gate = new MemoryGate({ clock: this.clock, settings });
    this.route = {
      label: '/x',
      upstream: {
        limits: settings.limits,
        concurrency: settings.concurrency,
        penaltyMs: undefined,
        breaker: { failures: ['5xx', 'timeout', 'connection'] },
        ...options.upstream,
      },
      config: {
        retry: {
          attempts: 1,
          methods: ['GET', 'HEAD', 'OPTIONS'],
          on: ['5xx', 'timeout', 'connection', 429],
          initialDelayMs: 100,
          multiplier: 2,
          maxDelayMs: 1_000,
          ...options.retry,
        },
      },
    } as unknown as Route;
    const services = {
      clock: this.clock,
      random: seededRandom(1),
      gate: this.gate,
      retryBudget: new RetryBudget(options.budget),
    };
    const last: Handler = async (command) => {
      this.atMs.push(this.clock.now());
      command.grant?.sent();
      return upstream(this.atMs.length, command);
    };
    const gated = gateStage(this.route, services)(last);
    this.handler = retryStage(this.route, services)(gated);
  }

  command(
    facts: { method?: string; signal?: AbortSignal; body?: RequestBody; deadlineMs?: number } = {},
  ): Command {
    return new Command({
      path: '/',
      clientId: undefined,
      id: 'test',
      route: this.route,
      method: facts.method ?? 'GET',
      target: '/',
      params: {},
      incoming: new Headers(),
      body: facts.body ?? { kind: 'none' },
      client: 'a',
      ip: '127.0.0.1',
      urgency: 3,
      arrivedAtMs: this.clock.now(),
      deadlineMs: facts.deadlineMs ?? 600_000,
      abort: { signal: facts.signal ?? new AbortController().signal },
    });
  }

  /** The answer, or what was thrown. Time must be let pass by the caller where something waits. */
  async call(command = this.command()): Promise<Reply | Error> {
    try {
      return await this.handler(command);
    } catch (error) {
      return error as Error;
    }
  }
}
