import { closeSync, openSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { Burst, type BurstSettings } from '../caller/burst.ts';
import { type BurstDocument, burstDocument } from '../caller/burst-document.ts';
import { scoreRequests } from '../caller/call-request.ts';
import { type MixPart, parsePriorityMix } from '../caller/priority-mix.ts';
import { judgeSince, markSandbox, type SandboxMark } from '../caller/sandbox-report.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import { type Random, systemRandom } from '../shared/random.ts';
import { formatDuration, parseDuration, parseRate, type Rate } from '../shared/units.ts';
import { showProgress } from './burst/progress.ts';
import { isReachable } from './burst/reachable.ts';
import { textReport } from './burst/text-report.ts';
import { ExitCode } from './exit-codes.ts';
import { bindTerminal, CommandFailure, painter, processTerminal, type Terminal } from './terminal.ts';

const MAX_COUNT = 100_000;
const MAX_CONCURRENCY = 10_000;
const MAX_TIMEOUT_MS = 86_400_000;
const MAX_SEED = 4_294_967_295;
const DEFAULT_SANDBOX = 'http://127.0.0.1:5001';
/** What a shell says of a process that Ctrl-C ended: 128 + SIGINT. */
const INTERRUPTED = 130;

interface BurstFlags {
  readonly count: number;
  readonly concurrency: number;
  readonly url: URL;
  readonly priorityMix?: readonly MixPart[];
  readonly clientId: string;
  readonly same?: true;
  readonly rate?: Rate;
  readonly timeout: number;
  /** False for --no-sandbox. */
  readonly sandbox?: string | false;
  readonly seed?: number;
  readonly json?: true;
  readonly out?: string;
}

export interface BurstHost {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly random: Random;
}

/** `comporta burst`: a load test that ends with what the callers and the sandbox saw of it. */
export function burstCommand(
  host: BurstHost = { terminal: processTerminal(), clock: systemClock, random: systemRandom },
): Command {
  return bindTerminal(new Command('burst'), host.terminal)
    .description('send a burst of calls through the gateway and report what came of it')
    .option('-n, --count <calls>', `how many calls, 1 to ${MAX_COUNT}`, wholeNumber(1, MAX_COUNT), 50)
    .option(
      '-c, --concurrency <calls>',
      `how many at once, 1 to ${MAX_CONCURRENCY}`,
      wholeNumber(1, MAX_CONCURRENCY),
      50,
    )
    .option(
      '--url <url>',
      'what to call; each call adds its own cpf',
      httpUrl,
      new URL('http://127.0.0.1:8000/proxy/score'),
    )
    .option('--priority-mix <mix>', 'shares of the calls that carry a priority, as 10%:0,20%:5', priorityMix)
    .option('--client-id <id>', 'sent as the header client-id', 'load-test')
    .option('--same', 'every call asks for the same CPF')
    .option('--rate <rate>', 'start calls evenly at this rate, as 20/s, instead of all at once', rateArgument)
    .addOption(
      new Option('--timeout <duration>', 'how long a call may take')
        .argParser(timeoutArgument)
        .default(120_000, '2m'),
    )
    .option(
      '--sandbox <url>',
      `a sandbox to ask for its verdict (default: ${DEFAULT_SANDBOX}, if there is one)`,
      sandboxUrl,
    )
    .option('--no-sandbox', 'ask no sandbox')
    .option('--seed <number>', 'repeat a run: the same CPFs and priorities', wholeNumber(0, MAX_SEED))
    .option('--json', 'print the report as one JSON document')
    .option('--out <file>', 'write the JSON document to a file as well')
    .addHelpText('after', HELP)
    .action(async (flags: BurstFlags) => {
      try {
        host.terminal.setExitCode(await burst(flags, host));
      } catch (error) {
        if (!(error instanceof CommandFailure)) throw error;
        host.terminal.err(`${error.message}\n`);
        host.terminal.setExitCode(error.exitCode);
      }
    });
}

const HELP = `
Every call asks for another CPF, with valid check digits, so that no cache answers; --same does the opposite.

Examples:
  comporta burst --count 50
  comporta burst --count 50 --priority-mix 10%:0
  comporta burst --count 20 --same
  comporta burst --count 600 --rate 20/s --json --out report.json

Exit codes: 0 every call succeeded without a violation · 1 a call failed or the sandbox saw a violation ·
64 wrong usage · 69 nothing listens at the URL · 73 the file cannot be written · 130 ended by Ctrl-C`;

async function burst(flags: BurstFlags, host: BurstHost): Promise<number> {
  const { terminal, clock } = host;
  if (flags.out !== undefined) checkWritable(flags.out);
  if (!(await isReachable(flags.url, clock))) {
    throw new CommandFailure(
      ExitCode.UNAVAILABLE,
      `nothing listens at ${flags.url.origin}; start the gateway with \`npm start\``,
    );
  }
  const mark = await findSandbox(flags.sandbox, host);
  const settings: BurstSettings = {
    url: flags.url,
    request: scoreRequests(flags.url, flags.clientId),
    count: flags.count,
    concurrency: flags.concurrency,
    mix: flags.priorityMix ?? [],
    same: flags.same === true,
    rate: flags.rate,
    timeoutMs: flags.timeout,
    seed: flags.seed ?? Math.floor(host.random.next() * (MAX_SEED + 1)),
  };
  const document = await follow(settings, mark, host);
  if (flags.out !== undefined) writeDocument(flags.out, document);
  terminal.out(
    flags.json
      ? `${JSON.stringify(document, undefined, 2)}\n`
      : textReport(document, painter(terminal.colour)),
  );
  if (document.aborted) return INTERRUPTED;
  return document.failed === 0 && (document.sandbox?.violations ?? 0) === 0 ? ExitCode.OK : ExitCode.FAILURE;
}

/** Runs the burst with progress and Ctrl-C, and asks the sandbox afterwards. */
async function follow(
  settings: BurstSettings,
  mark: SandboxMark | undefined,
  { terminal, clock }: BurstHost,
): Promise<BurstDocument> {
  const stop = new AbortController();
  const stopListening = terminal.onInterrupt(() => {
    if (stop.signal.aborted) terminal.exit(INTERRUPTED);
    stop.abort();
    terminal.err('\nstopping; press Ctrl-C again to end at once\n');
  });
  const startedAt = new Date(clock.wallNow()).toISOString();
  const running = new Burst(settings, clock);
  const progress = showProgress(terminal, clock, () => running.progress());
  const outcome = await running.run(stop.signal).finally(() => progress.stop());
  const verdict = mark === undefined ? undefined : await judgeSince(mark, clock);
  if (mark !== undefined && verdict === undefined) {
    terminal.err(`the sandbox at ${mark.url} went away or was reset during the run: no verdict\n`);
  }
  stopListening();
  return burstDocument(settings, outcome, startedAt, verdict);
}

/** The sandbox to ask afterwards. One that was named must be there; the default one need not. */
async function findSandbox(
  choice: string | false | undefined,
  { terminal, clock }: BurstHost,
): Promise<SandboxMark | undefined> {
  if (choice === false) return undefined;
  const url = choice ?? DEFAULT_SANDBOX;
  const mark = await markSandbox(url, clock);
  if (mark === undefined) {
    const message = `no sandbox answers at ${url}/sandbox/report`;
    if (choice !== undefined) throw new CommandFailure(ExitCode.UNAVAILABLE, message);
    terminal.err(`${message}: nobody judges the spacing of this run\n`);
  } else if (mark.blockedForMs > 1_000) {
    const wait = formatDuration(Math.ceil(mark.blockedForMs / 1_000) * 1_000);
    terminal.err(
      `the sandbox refuses every call for ${wait} more because of earlier violations; ` +
        `\`curl -X DELETE ${url}/sandbox/report\` makes it forget\n`,
    );
  }
  return mark;
}

/** Fails before the run, not after it. Leaves what the file holds alone. */
function checkWritable(path: string): void {
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function writeDocument(path: string, document: BurstDocument): void {
  try {
    writeFileSync(path, `${JSON.stringify(document, undefined, 2)}\n`);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function cannotWrite(path: string, error: unknown): CommandFailure {
  const reason = error instanceof Error ? error.message : String(error);
  return new CommandFailure(ExitCode.CANTCREAT, `cannot write ${path}: ${reason}`);
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

function httpUrl(text: string): URL {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError('Give a URL that starts with http:// or https://.');
  }
  return new URL(text);
}

function sandboxUrl(text: string): string {
  return httpUrl(text).href.replace(/\/+$/, '');
}

function priorityMix(text: string): readonly MixPart[] {
  const parsed = parsePriorityMix(text);
  if (!parsed.ok) throw new InvalidArgumentError(`${parsed.reason}.`);
  return parsed.mix;
}

function rateArgument(text: string): Rate {
  const rate = parseRate(text);
  if (rate === undefined) throw new InvalidArgumentError('Give a rate as 20/s or 100 per 1m.');
  return rate;
}

function timeoutArgument(text: string): number {
  const timeoutMs = parseDuration(text);
  if (timeoutMs === undefined || timeoutMs <= 0 || timeoutMs > MAX_TIMEOUT_MS) {
    throw new InvalidArgumentError('Give a duration as 500ms, 30s or 2m, at most 1d.');
  }
  return timeoutMs;
}
