import { asGatewayError, type GatewayError } from '../../shared/errors.ts';
import type { Urgency } from '../../shared/urgency.ts';
import type { CacheResult, CommandOutcome, UsageRecorder } from '../../usage/recorder.ts';
import type { UsageSample } from '../../usage/rollup.ts';
import { StreamBody } from '../body.ts';
import type { Command } from '../command.ts';
import { enveloped, envelopedError } from '../envelope.ts';
import { problemReply } from '../problem.ts';
import type { Reply } from '../reply.ts';
import type { StageFactory, StageServices } from '../stage.ts';

/** What is told of a finished command, besides the numbers. */
export interface CommandReport {
  readonly command: Command;
  readonly outcome: CommandOutcome;
  readonly status: number;
  readonly totalMs: number;
  readonly error: GatewayError | undefined;
}

export interface CommandReporter {
  /** Whether successes are reported too: off by default, which keeps a cached answer free of a log line. */
  readonly successes: boolean;
  report(report: CommandReport): void;
}

/** Takes note of finished commands, at once. */
export interface UsageNotes {
  record(sample: UsageSample): void;
}

/** Keeps the last finished requests for whoever looks at them. Called once a request, so it may only store. */
export interface FinishedNotes {
  /** `path` is the request's own, and `endedMs` is monotonic; `urgency` undefined: it became no command. */
  note(sample: UsageSample, id: string, path: string, urgency: Urgency | undefined, endedMs: number): void;
}

export interface RecordServices extends Pick<StageServices, 'clock'> {
  readonly recorder: UsageRecorder;
  /** The usage ledger; it only takes note, and writes later. */
  readonly ledger: UsageNotes | undefined;
  readonly tail?: FinishedNotes | undefined;
  /** The access log; undefined when nothing is to be logged. */
  readonly reporter: CommandReporter | undefined;
}

/** The status that counts for a client that left before its answer (nginx's convention). */
const CLIENT_GONE = 499;

/**
 * The outermost step: every command ends exactly once here, whether answered, refused, failed or abandoned. Errors
 * become answers here, so nothing is ever thrown to the edge.
 */
export const recordStage: StageFactory<RecordServices> = (route, services) => {
  const { clock, recorder, ledger, tail, reporter } = services;
  const usage = recorder.series(route.label, route.upstream.name);
  // A wildcard route stands for many paths; any other is its own.
  const byPath = route.config.path.endsWith('*');
  const inEnvelope = route.config.envelope === 'status';

  const finish = (
    command: Command,
    reply: Reply,
    outcome: CommandOutcome,
    bytes: number,
    error?: GatewayError,
  ) => {
    recorder.inFlight--;
    const endedMs = clock.now();
    const totalMs = endedMs - command.arrivedAtMs;
    const { status } = reply;
    const sample: UsageSample = {
      route: route.label,
      upstream: route.upstream.name,
      client: command.client,
      path: byPath ? command.path : route.label,
      method: command.method,
      outcome,
      status,
      bytes,
      totalMs,
      queueMs: command.queueMs,
      upstreamMs: command.upstreamMs,
      attempts: command.attempts,
      cache: cacheResultOf(command.cacheStatus),
      errorCode: command.errorCode,
    };
    recorder.record(usage, sample);
    ledger?.record(sample);
    tail?.note(sample, command.id, command.path, command.urgency, endedMs);
    if (reporter !== undefined && (outcome !== 'success' || reporter.successes)) {
      reporter.report({ command, outcome, status, totalMs, error });
    }
  };

  const answered = (command: Command, answer: Reply): Reply => {
    const reply = inEnvelope ? enveloped(answer, command) : answer;
    const outcome = outcomeOf(reply.status);
    if (!(reply.body instanceof StreamBody)) {
      finish(command, reply, outcome, reply.body?.byteLength ?? 0);
      return reply;
    }
    reply.body.onEnd((end, bytes) => {
      const ended = end === 'complete' ? outcome : end === 'failed' ? 'truncated' : 'client_gone';
      finish(command, reply, ended, bytes);
    });
    return reply;
  };

  const failed = (command: Command, thrown: unknown): Reply => {
    const gone = command.signal.aborted;
    const error = asGatewayError(thrown);
    if (!gone) command.errorCode = error.code;
    const reply = inEnvelope ? envelopedError(error) : problemReply(error, command.id);
    if (gone) finish(command, { ...reply, status: CLIENT_GONE }, 'client_gone', 0);
    else
      finish(command, reply, 'refused', reply.body instanceof Uint8Array ? reply.body.byteLength : 0, error);
    return reply;
  };

  return (next) => (command) => {
    recorder.inFlight++;
    try {
      const answer = next(command);
      if (!(answer instanceof Promise)) return answered(command, answer);
      return answer.then(
        (reply) => answered(command, reply),
        (error: unknown) => failed(command, error),
      );
    } catch (error) {
      return failed(command, error);
    }
  };
};

function outcomeOf(status: number): CommandOutcome {
  if (status < 400) return 'success';
  return status < 500 ? 'client_error' : 'upstream_error';
}

function cacheResultOf(cacheStatus: string | undefined): CacheResult {
  if (cacheStatus === undefined) return 'none';
  if (!cacheStatus.startsWith('hit')) return 'miss';
  return cacheStatus.startsWith('hit; ttl=-') ? 'stale' : 'hit';
}
