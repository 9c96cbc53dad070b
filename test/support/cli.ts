import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

/** The environment of a child: only what finding programs needs, so that the machine's own variables do not count. */
function cleanEnv(env: Record<string, string> = {}): Record<string, string> {
  const data = mkdtempSync(join(tmpdir(), 'comporta-data-'));
  return {
    DATA_DIR: data,
    DATABASE_URL: `sqlite://${data}/comporta.db`,
    ADMIN_LISTEN: '127.0.0.1:0',
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    NO_COLOR: '1',
    ...env,
  };
}

/** Two gateways of two tests must not want the same port, whatever their files say. */
function elsewhere(args: readonly string[]): string[] {
  const starts = args[0] === 'start' && !args.includes('--help') && !args.includes('--admin-listen');
  return starts ? ['--admin-listen', '127.0.0.1:0'] : [];
}

/** Runs `comporta …` to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = spawnCli(args, options);
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

/** Starts `comporta …`; the test ends it by its pid. */
export function spawnCli(args: readonly string[], { cwd = ROOT, env }: CliOptions = {}) {
  return Bun.spawn({
    cmd: [process.execPath, MAIN, ...args, ...elsewhere(args)],
    cwd,
    env: cleanEnv(env),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
}

/** Reads a stream until a line matches; what was read is returned. Rejects when the stream ends before. */
export async function readUntil(stream: ReadableStream<Uint8Array>, pattern: RegExp): Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    while (!pattern.test(text)) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`ended without ${pattern}: ${text}`);
      text += decoder.decode(value, { stream: true });
    }
    return text;
  } finally {
    reader.releaseLock();
  }
}
