import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliOptions, readUntil, spawnCli } from './cli.ts';
import { SHIPPED } from './score.ts';

export interface Started {
  /** Of the gateway. */
  readonly url: string;
  /** Of the admin API and the dashboard, without a `/` at its end. */
  readonly adminUrl: string;
  /** Of the sandbox that came along; undefined where there is none. */
  readonly sandboxUrl: string | undefined;
  readonly pid: number;
  /** Its first lines. */
  readonly said: string;
  readonly exited: Promise<number>;
  /** What it says on stderr after its first lines, until it ends. */
  rest(): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/**
 * `comporta start` as users run it, on free ports, with the shipped configuration unless the flags name another. It
 * runs in a folder of its own, so that no process finds what another has left.
 */
export async function startProcess(
  flags: readonly string[] = [],
  options: CliOptions = {},
): Promise<Started> {
  const cwd = options.cwd ?? mkdtempSync(join(tmpdir(), 'comporta-start-'));
  const child = spawnCli(['start', '--config', SHIPPED, ...flags], {
    cwd,
    env: { LISTEN: '127.0.0.1:0', SANDBOX_LISTEN: '127.0.0.1:0', ...options.env },
  });
  // The line of the gateway comes first, that of the call to try last.
  const said = await readUntil(child.stderr, /gateway +\S+\n(.*\n)* +try .*\n/).catch(
    async (error: Error) => {
      throw new Error(`${error.message} (exit code ${await child.exited})`);
    },
  );
  const exited = child.exited.then((code) => {
    if (options.cwd === undefined) rmSync(cwd, { recursive: true, force: true });
    return code;
  });
  return {
    url: /gateway +(\S+)/.exec(said)![1]!,
    adminUrl: /dashboard +(\S+?)\/ /.exec(said)![1]!,
    sandboxUrl: /sandbox +(\S+)/.exec(said)?.[1],
    pid: child.pid,
    said,
    exited,
    rest: () => readOn(child.stderr),
    kill: (signal) => child.kill(signal),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** A stream that was read from before, to its end. */
async function readOn(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  return text;
}
