import { retryDelayMs } from '../../policies/retry/backoff.ts';
import type { RetryBudget } from '../../policies/retry/budget.ts';
import { shouldRetry } from '../../policies/retry/retry.ts';
import { parseRetryAfter } from '../../policies/retry/retry-after.ts';
import { sleep } from '../../shared/clock.ts';
import { GatewayError } from '../../shared/errors.ts';
import { StreamBody } from '../body.ts';
import type { Command } from '../command.ts';
import { headerOf, type Reply } from '../reply.ts';
import type { StageFactory, StageServices } from '../stage.ts';
import { isStaleConnection } from '../transport/transport.ts';

export interface RetryServices extends StageServices {
  /** Shared by all routes to the upstream: retries are a load on it, whoever asks for them. */
  readonly retryBudget: RetryBudget;
}

/** How an attempt came out. */
type Result = { readonly reply: Reply } | { readonly error: unknown };

/**
 * Everything below runs once per attempt: a retry pays for its slot at the gate and keeps its first rank, and its
 * backoff holds no slot. Besides the configured attempts, a read whose reused connection the upstream had already
 * closed is tried once more: it was never answered, and usually never seen (RFC 9112 §9.3.1).
 */
export const retryStage: StageFactory<RetryServices> = (route, { clock, random, retryBudget }) => {
  const settings = route.config.retry;
  const paced = route.upstream.limits.length > 0 || route.upstream.concurrency !== undefined;
  return (next) => {
    if (settings.attempts <= 1 && !paced) return next;

    const run = async (command: Command): Promise<Reply> => {
      let freshConnectionTried = false;
      retryBudget.call(clock.now());
      for (let attempt = 1; ; ) {
        const result = await settled(next, command);
        if (command.signal.aborted || command.body.kind === 'stream') return outcome(result);
        if ('error' in result && isStaleConnection(result.error) && !freshConnectionTried) {
          freshConnectionTried = true;
          if (settings.methods.includes(command.method)) continue;
        }
        const event = failureOf(result);
        if (event === undefined) return outcome(result);
        const { method } = command;
        const { attempts, methods, on: failures } = settings;
        if (!shouldRetry({ method, methods, attempt, attempts, failures, event })) return outcome(result);
        const delayMs = retryDelayMs(settings, attempt, askedDelayMs(result, clock.wallNow()), random);
        if (clock.now() + delayMs >= command.deadlineMs) return outcome(result);
        if (!retryBudget.tryRetry(clock.now())) return outcome(result);
        discard(result);
        await sleep(clock, delayMs, command.signal);
        attempt++;
      }
    };
    return run;
  };
};

async function settled(
  next: (command: Command) => Reply | Promise<Reply>,
  command: Command,
): Promise<Result> {
  try {
    return { reply: await next(command) };
  } catch (error) {
    return { error };
  }
}

function outcome(result: Result): Reply {
  if ('error' in result) throw result.error;
  return result.reply;
}

/** What the retry policy looks at; undefined for what is never tried again, such as a refusal of ours. */
function failureOf(result: Result): { status: number } | { error: 'timeout' | 'connection' } | undefined {
  if ('reply' in result) return { status: result.reply.status };
  if (!(result.error instanceof GatewayError)) return undefined;
  if (result.error.code === 'upstream_timeout') return { error: 'timeout' };
  return result.error.code === 'upstream_unreachable' ? { error: 'connection' } : undefined;
}

function askedDelayMs(result: Result, wallNowMs: number): number | undefined {
  if ('error' in result) return undefined;
  return parseRetryAfter(headerOf(result.reply.headers, 'retry-after') ?? null, wallNowMs);
}

function discard(result: Result): void {
  if ('reply' in result && result.reply.body instanceof StreamBody) {
    result.reply.body.cancel(new Error('the attempt is repeated'));
  }
}
