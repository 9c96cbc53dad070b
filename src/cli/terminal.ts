import type { Command, CommanderError } from 'commander';
import { ExitCode } from './exit-codes.ts';

/** Where a command talks: data on stdout, everything else on stderr. Handed in, so that tests can listen. */
export interface Terminal {
  /** Data: what somebody may pipe on. */
  out(text: string): void;
  /** Talk: progress, hints, errors. */
  err(text: string): void;
  /** A person watches stderr: lines may be redrawn. */
  readonly live: boolean;
  /** Columns of stderr; 80 when nobody knows. */
  width(): number;
  /** Whether text on stdout may carry colours. */
  readonly colour: boolean;
  /** What the process ends with once nothing is left to do. */
  setExitCode(code: number): void;
  /** Ends the process at once. */
  exit(code: number): never;
  /** Calls `listener` on every Ctrl-C and SIGTERM until the returned function is called. */
  onInterrupt(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void;
}

/** https://no-color.org: any value but the empty one. */
function noColour(env: Record<string, string | undefined>): boolean {
  return (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
}

/** This process's own stdout, stderr and signals. */
export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    live: process.stderr.isTTY === true && process.env.TERM !== 'dumb',
    width: () => process.stderr.columns || 80,
    colour: process.stdout.isTTY === true && !noColour(process.env),
    setExitCode: (code) => {
      process.exitCode = code;
    },
    exit: (code) => process.exit(code),
    onInterrupt(listener) {
      process.on('SIGINT', listener);
      process.on('SIGTERM', listener);
      return () => {
        process.off('SIGINT', listener);
        process.off('SIGTERM', listener);
      };
    },
  };
}

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** Colours text, or leaves it alone where colours are not wanted. */
export type Paint = (style: keyof typeof STYLES, text: string) => string;

export function painter(colour: boolean): Paint {
  return (style, text) => (colour ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text);
}

/** Makes a command write to the terminal and end with EX_USAGE where it is called wrongly. */
export function bindTerminal(command: Command, terminal: Terminal): Command {
  return command
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .exitOverride((error: CommanderError) =>
      terminal.exit(error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE),
    );
}

/** The one line that says what is wrong, and the exit code that goes with it. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';

  constructor(
    readonly exitCode: number,
    message: string,
  ) {
    super(message);
  }
}
