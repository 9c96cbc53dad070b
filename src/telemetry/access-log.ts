import type { CommandReport, CommandReporter } from '../gateway/stages/record.ts';
import type { Clock } from '../shared/clock.ts';
import type { GatewayError } from '../shared/errors.ts';
import { maskNumbers } from '../shared/mask-numbers.ts';
import type { UsageSample } from '../usage/rollup.ts';
import type { Log } from './log.ts';
import { maskTarget } from './mask.ts';

/** Lines a second: a flood of refusals must not become a flood of disk writes. */
const MAX_LINES_PER_SEC = 200;

/**
 * One line for a finished command: what was asked, how it ended, and why. Bounded per second; how many lines were
 * left out is told with the next one that is written.
 */
export class AccessLog implements CommandReporter {
  private second = 0;
  private lines = 0;
  private leftOut = 0;

  constructor(
    private readonly log: Log,
    private readonly clock: Clock,
    readonly successes: boolean,
  ) {}

  report({ command, outcome, status, totalMs, error }: CommandReport): void {
    if (!this.mayWrite()) return;
    const { route } = command;
    const question = command.target.indexOf('?');
    const path = question === -1 ? command.target : command.target.slice(0, question);
    const query = question === -1 ? '' : command.target.slice(question + 1);
    const line = {
      // Clients choose their request ids.
      request_id: maskNumbers(command.id),
      route: route.label,
      upstream: route.upstream.name,
      method: command.method,
      target: maskTarget(path, query, personalParams(route.config.params)),
      // Some name themselves by their tax id. An address is none, however long its numbers are.
      client: command.client === command.ip ? command.client : maskNumbers(command.client),
      urgency: command.urgency,
      outcome,
      status,
      total_ms: tenth(totalMs),
      ...(command.queueMs === undefined ? {} : { queue_ms: tenth(command.queueMs) }),
      ...(command.upstreamMs === undefined ? {} : { upstream_ms: tenth(command.upstreamMs) }),
      ...(command.attempts > 0 ? { attempts: command.attempts } : {}),
      ...(command.cacheStatus === undefined ? {} : { cache: command.cacheStatus }),
      ...(command.errorCode === undefined ? {} : { code: command.errorCode }),
      ...this.takeLeftOut(),
    };
    if (error?.code === 'internal') this.log.error({ ...line, err: error }, 'request failed by a defect');
    else if (error?.cause !== undefined) this.log.warn({ ...line, err: error }, 'request failed');
    else this.log.info(line, 'request');
  }

  /** A request that was refused before it became a command: nothing of it is trusted but its outcome. */
  refusal(error: GatewayError, requestId: string, sample: UsageSample): void {
    if (!this.mayWrite()) return;
    const { route, method, outcome, status, totalMs } = sample;
    const line = {
      request_id: maskNumbers(requestId),
      route,
      method,
      outcome,
      status,
      total_ms: tenth(totalMs),
      code: error.code,
      ...this.takeLeftOut(),
    };
    if (error.code === 'internal') this.log.error({ ...line, err: error }, 'request failed by a defect');
    else this.log.info(line, 'request');
  }

  private mayWrite(): boolean {
    const second = Math.floor(this.clock.now() / 1_000);
    if (second !== this.second) {
      this.second = second;
      this.lines = 0;
    }
    this.lines++;
    if (this.lines <= MAX_LINES_PER_SEC) return true;
    this.leftOut++;
    return false;
  }

  private takeLeftOut(): { lines_left_out?: number } {
    if (this.leftOut === 0) return {};
    const leftOut = this.leftOut;
    this.leftOut = 0;
    return { lines_left_out: leftOut };
  }
}

const tenth = (ms: number): number => Math.round(ms * 10) / 10;

const personalSets = new WeakMap<object, ReadonlySet<string>>();

function personalParams(
  params: Readonly<Record<string, { readonly personal: boolean }>>,
): ReadonlySet<string> {
  let set = personalSets.get(params);
  if (set === undefined) {
    set = new Set(Object.keys(params).filter((name) => params[name]?.personal === true));
    personalSets.set(params, set);
  }
  return set;
}
