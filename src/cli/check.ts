import { Command } from 'commander';
import { formatProblem, type Problem } from '../config/load.ts';
import { isSecretName, withoutCredentials } from '../config/quote.ts';
import type { Config } from '../config/schema.ts';
import { ExitCode } from './exit-codes.ts';
import { loadForStart } from './load.ts';
import { bindTerminal, painter, processTerminal, type Terminal } from './terminal.ts';

interface CheckOptions {
  readonly file: string;
  /** Print the effective configuration instead of one line. */
  readonly print: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly envFile: string;
}

/** What a check writes to. */
export type CheckTerminal = Pick<Terminal, 'out' | 'err' | 'live' | 'colour'>;

/** Checks a configuration: the verdict goes to standard output, problems to standard error. Gives the exit code. */
export function runCheck(options: CheckOptions, terminal: CheckTerminal): number {
  const { file, env, envFile, print } = options;
  const loaded = loadForStart({ file, env, envFile });
  if ('problems' in loaded) {
    printProblems(loaded.problems, terminal);
    terminal.err(`${file} is not valid: ${plural(loaded.problems.length, 'problem')}\n`);
    return ExitCode.FAILURE;
  }
  printProblems(loaded.warnings, terminal);
  terminal.out(print ? `${effective(loaded.config)}\n` : `${summary(file, loaded.config)}\n`);
  return ExitCode.OK;
}

/** One line each on standard error, the place in bold where a person watches. */
export function printProblems(
  problems: readonly Problem[],
  terminal: Pick<CheckTerminal, 'err' | 'live' | 'colour'>,
): void {
  const paint = painter(terminal.live && terminal.colour);
  for (const problem of problems) {
    const line = formatProblem(problem);
    const end = line.indexOf(': ');
    terminal.err(`${paint('bold', line.slice(0, end))}${line.slice(end)}\n`);
  }
}

function summary(file: string, config: Config): string {
  const upstreams = plural(Object.keys(config.upstreams).length, 'upstream');
  return `${file} is valid: ${upstreams}, ${plural(config.routes.length, 'route')}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The configuration in force as JSON, without secrets. Times are milliseconds, sizes bytes. */
export function effective(config: Config): string {
  const hide = (key: string, value: unknown): unknown => {
    if (typeof value !== 'string') return value;
    return key === 'hashKey' || isSecretName(key) ? '***' : withoutCredentials(value);
  };
  return JSON.stringify(config, hide, 2);
}

/** `comporta check [file]`, or `--config`. */
export function checkCommand(terminal: Terminal = processTerminal()): Command {
  return bindTerminal(new Command('check'), terminal)
    .description('check a configuration and say what is wrong with it, and where')
    .argument('[file]', 'configuration file (default: comporta.yaml)')
    .option('-c, --config <file>', 'the same, as other commands name it')
    .option('--print', 'print the effective configuration as JSON, secrets hidden')
    .action((file: string | undefined, options: { config?: string; print?: boolean }) => {
      const checked = file ?? options.config ?? 'comporta.yaml';
      const print = options.print === true;
      terminal.setExitCode(runCheck({ file: checked, print, env: process.env, envFile: '.env' }, terminal));
    });
}
