import { Command, InvalidArgumentError, Option } from 'commander';
import { type Clock, systemClock } from '../shared/clock.ts';
import { formatDuration, parseDuration } from '../shared/units.ts';
import { ExitCode } from './exit-codes.ts';
import { bindTerminal, processTerminal, type Terminal } from './terminal.ts';

/**
 * `comporta healthcheck`: asks a gateway whether it is ready. Exit 0 when it answers 200 within the timeout, 1
 * otherwise, and one line that says so: what a container's HEALTHCHECK needs, without curl.
 */
export function healthcheckCommand(
  host: { readonly terminal: Terminal; readonly clock: Clock } = {
    terminal: processTerminal(),
    clock: systemClock,
  },
): Command {
  return bindTerminal(new Command('healthcheck'), host.terminal)
    .description('ask a running gateway whether it is ready; exit 0 if it is')
    .option('--url <url>', 'what to ask', urlArgument, 'http://127.0.0.1:8000/readyz')
    .addOption(
      new Option('--timeout <duration>', 'how long it may take')
        .argParser(timeoutArgument)
        .default(2_000, '2s'),
    )
    .addHelpText(
      'after',
      `
Examples:
  comporta healthcheck
  comporta healthcheck --url http://127.0.0.1:8000/livez --timeout 500ms

Exit codes: 0 answered 200 · 1 anything else · 64 wrong usage`,
    )
    .action(async (flags: { url: string; timeout: number }) => {
      const result = await check(flags.url, flags.timeout, host.clock);
      if (result.healthy) host.terminal.out(`${flags.url}: ${result.text}\n`);
      else host.terminal.err(`${flags.url}: ${result.text}\n`);
      host.terminal.setExitCode(result.healthy ? ExitCode.OK : ExitCode.FAILURE);
    });
}

async function check(
  url: string,
  timeoutMs: number,
  clock: Clock,
): Promise<{ readonly healthy: boolean; readonly text: string }> {
  const late = new AbortController();
  const timer = clock.after(timeoutMs, () => late.abort());
  try {
    const answer = await fetch(url, { signal: late.signal, redirect: 'manual' });
    await answer.body?.cancel();
    return answer.status === 200
      ? { healthy: true, text: 'ready' }
      : { healthy: false, text: `not ready: answered ${answer.status}` };
  } catch (error) {
    if (late.signal.aborted) return { healthy: false, text: `no answer within ${formatDuration(timeoutMs)}` };
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ECONNREFUSED') return { healthy: false, text: 'nothing listens there' };
    return { healthy: false, text: error instanceof Error ? error.message : String(error) };
  } finally {
    timer.cancel();
  }
}

function urlArgument(text: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError('Give a URL that starts with http:// or https://.');
  }
  return text;
}

function timeoutArgument(text: string): number {
  const timeoutMs = parseDuration(text);
  if (timeoutMs === undefined || timeoutMs <= 0) {
    throw new InvalidArgumentError('Give a duration as 500ms or 2s.');
  }
  return timeoutMs;
}
