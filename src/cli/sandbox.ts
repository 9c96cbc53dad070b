import { isIP } from 'node:net';
import { Command, InvalidArgumentError, Option } from 'commander';
import { MAX_RATE_COUNT } from '../sandbox/judge.ts';
import { type Sandbox, startSandbox } from '../sandbox/server.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import { type Random, systemRandom } from '../shared/random.ts';
import { formatDuration, formatRate, parseDuration, parseRate, type Rate } from '../shared/units.ts';
import { ExitCode } from './exit-codes.ts';
import { bindTerminal, CommandFailure, processTerminal, type Terminal } from './terminal.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

interface SandboxFlags {
  readonly listen: Address;
  readonly externalFailRate: number;
  readonly externalLatency: number;
  readonly rate: Rate;
  readonly penalty: number;
  readonly quitWithParent?: true;
}

export interface SandboxHost {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly random: Random;
  /** Calls `listener` once stdin has ended, until the returned function is called. */
  onStdinEnd(listener: () => void): () => void;
}

/** `comporta sandbox`: the simulated upstream, until SIGTERM or Ctrl-C ends it. */
export function sandboxCommand(
  host: SandboxHost = {
    terminal: processTerminal(),
    clock: systemClock,
    random: systemRandom,
    onStdinEnd: onProcessStdinEnd,
  },
): Command {
  return bindTerminal(new Command('sandbox'), host.terminal)
    .description('run a simulated upstream that enforces its limits and reports what it saw')
    .addOption(
      new Option('--listen <address>', 'host:port to listen at; port 0 takes a free one')
        .env('SANDBOX_LISTEN')
        .argParser(addressArgument)
        .default(addressArgument('127.0.0.1:5001'), '127.0.0.1:5001'),
    )
    .addOption(
      new Option(
        '--external-fail-rate <share>',
        'share of POST /external-api/process calls that fail, 0 to 1',
      )
        .env('EXTERNAL_FAIL_RATE')
        .argParser(shareArgument)
        .default(0),
    )
    .addOption(
      new Option('--external-latency <duration>', 'how long POST /external-api/process takes')
        .env('EXTERNAL_LATENCY_MS')
        .argParser(latencyArgument)
        .default(50, '50ms'),
    )
    .addOption(
      new Option('--rate <rate>', 'what GET /api/score allows over all clients')
        .argParser(rateArgument)
        .default(rateArgument('1 per 1s'), '1 per 1s'),
    )
    .addOption(
      new Option('--penalty <duration>', 'what a violation adds to the time until calls are allowed again')
        .argParser(durationArgument)
        .default(2_000, '2s'),
    )
    .option('--quit-with-parent', 'end when stdin ends; print where it listens on stdout as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: SandboxFlags) => {
      try {
        await serve(flags, host);
      } catch (error) {
        if (!(error instanceof CommandFailure)) throw error;
        host.terminal.err(`${error.message}\n`);
        host.terminal.setExitCode(error.exitCode);
      }
    });
}

const HELP = `
  GET    /api/score?cpf=…        with the header client-id; too early is 429, and a violation in the report
  POST   /external-api/process   JSON
  GET    /items/* /categories/* /sites/*
  GET    /sandbox/report         arrivals, closest spacing, violations (?since=<ms>, ?arrivals=false)
  DELETE /sandbox/report         forgets them
  PUT    /sandbox/faults         {"failureRate":0.5,"status":503,"latencyMs":100,"path":"/api"}
                                 also hangRate, resetRate, truncateRate, retryAfterSeconds, times

Examples:
  comporta sandbox
  comporta sandbox --listen 127.0.0.1:6001 --rate "5 per 1s" --penalty 0s
  comporta sandbox --external-fail-rate 0.3 --external-latency 200ms

With --quit-with-parent Ctrl-C is left to the parent: it may still have calls to finish.`;

async function serve(flags: SandboxFlags, host: SandboxHost): Promise<void> {
  const { terminal } = host;
  const sandbox = await listen(flags, host);
  terminal.err(
    `sandbox upstream at ${sandbox.url} · /api/score allows ${formatRate(flags.rate)}, ` +
      `a violation costs ${formatDuration(flags.penalty)} · report at ${sandbox.url}/sandbox/report\n`,
  );
  if (flags.quitWithParent) terminal.out(`${JSON.stringify({ sandbox: sandbox.url })}\n`);
  await untilTold(flags.quitWithParent === true, host);
  await sandbox.stop();
  terminal.setExitCode(ExitCode.OK);
}

async function listen(flags: SandboxFlags, { clock, random }: SandboxHost): Promise<Sandbox> {
  try {
    return await startSandbox({
      listen: flags.listen,
      clock,
      random,
      externalFailRate: flags.externalFailRate,
      externalLatencyMs: flags.externalLatency,
      scoreRate: flags.rate,
      penaltyMs: flags.penalty,
    });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const { host, port } = flags.listen;
    const reason =
      code === 'EADDRINUSE'
        ? `the port is in use; choose another with ${flags.quitWithParent ? '`sandbox.listen`' : '--listen'} or SANDBOX_LISTEN`
        : error instanceof Error
          ? error.message
          : String(error);
    throw new CommandFailure(
      ExitCode.FAILURE,
      `${flags.quitWithParent ? 'the sandbox ' : ''}cannot listen at ${host}:${port}: ${reason}`,
    );
  }
}

function untilTold(quitWithParent: boolean, { terminal, onStdinEnd }: SandboxHost): Promise<void> {
  return new Promise((resolve) => {
    const forget: (() => void)[] = [];
    const end = () => {
      for (const stopListening of forget) stopListening();
      resolve();
    };
    forget.push(
      terminal.onInterrupt((signal) => {
        if (!quitWithParent || signal === 'SIGTERM') end();
      }),
    );
    if (quitWithParent) forget.push(onStdinEnd(end));
  });
}

function onProcessStdinEnd(listener: () => void): () => void {
  const events = ['end', 'close', 'error'] as const;
  for (const event of events) process.stdin.once(event, listener);
  process.stdin.resume();
  return () => {
    for (const event of events) process.stdin.off(event, listener);
    // A stdin that is still read would keep the process alive.
    process.stdin.destroy();
  };
}

/** `host:port`, an IPv6 host in brackets. */
function addressArgument(text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65_535 || (match[1] !== undefined && isIP(match[1]) !== 6)) {
    throw new InvalidArgumentError('Give host:port, as 127.0.0.1:5001 or [::1]:5001.');
  }
  return { host: match[1] ?? match[2]!, port };
}

function shareArgument(text: string): number {
  const share = Number(text);
  if (text.trim() === '' || !(share >= 0 && share <= 1)) {
    throw new InvalidArgumentError('Give a number from 0 to 1.');
  }
  return share;
}

function durationArgument(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined) throw new InvalidArgumentError('Give a duration as 50ms or 2s.');
  return durationMs;
}

/** A bare number is ms here: the environment variable carries its unit in its name. */
function latencyArgument(text: string): number {
  return durationArgument(/^\d+$/.test(text.trim()) ? `${text}ms` : text);
}

function rateArgument(text: string): Rate {
  const rate = parseRate(text);
  if (rate === undefined || rate.count > MAX_RATE_COUNT) {
    throw new InvalidArgumentError(`Give a rate as 1 per 1s or 20/s, its count at most ${MAX_RATE_COUNT}.`);
  }
  return rate;
}
