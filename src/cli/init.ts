import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { upstream } from '../config/schema/upstream.ts';
import { PROJECT_FOLDER } from './docs.ts';
import { ExitCode } from './exit-codes.ts';
import { bindTerminal, processTerminal, type Terminal } from './terminal.ts';

interface InitOptions {
  readonly file: string;
  /** The upstream; undefined: the sandbox, until API_URL is set. */
  readonly url: string | undefined;
  readonly rate: string;
  readonly force: boolean;
}

const DEFAULT_URL = `\${API_URL:-sandbox:}`;

/** Writes a commented configuration to start from. Gives the exit code. */
export function runInit(options: InitOptions, terminal: Pick<Terminal, 'err'>): number {
  const { file, url, rate, force } = options;
  const wrong = upstream.safeParse({ url: url ?? 'sandbox:', limits: [rate] }).error?.issues[0];
  if (wrong !== undefined) {
    const flag = wrong.path[0] === 'url' ? '--url' : '--rate';
    const message = flag === '--rate' ? 'expected a rate such as "1 per 1s" or "1000 per 1d"' : wrong.message;
    terminal.err(`${flag}: ${message}\n`);
    return ExitCode.USAGE;
  }
  try {
    writeFileSync(file, starter(url ?? DEFAULT_URL, rate, schemaBeside(file)), { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const why = code === 'EEXIST' ? 'exists already; --force overwrites it' : `cannot be written (${code})`;
    terminal.err(`${file} ${why}\n`);
    return ExitCode.CANTCREAT;
  }
  terminal.err(`wrote ${file}. Next: comporta check ${file} && comporta start --config ${file}\n`);
  return ExitCode.OK;
}

/** The JSON Schema, as the file would name it, where it lies in the same folder or below: other paths break. */
function schemaBeside(file: string): string | undefined {
  const schema = join(PROJECT_FOLDER, 'comporta.schema.json');
  const path = relative(dirname(resolve(file)), schema);
  return path.startsWith('..') || !existsSync(schema) ? undefined : `./${path.replaceAll('\\', '/')}`;
}

/** The file. The values go in as quoted YAML, which JSON strings are. */
export function starter(url: string, rate: string, schema: string | undefined): string {
  const editor = schema === undefined ? '' : `# yaml-language-server: $schema=${schema}\n#\n`;
  return `${editor}# Comporta stands between your services and an API that somebody else owns and limits.
# \${NAME:-default} is taken from the environment, or from a file .env in the working directory.
# \`comporta check\` tells what is wrong with this file, and where.

listen: \${LISTEN:-127.0.0.1:8000}
# Runs only while some url below is \`sandbox:\`.
sandbox:
  listen: \${SANDBOX_LISTEN:-127.0.0.1:5001}

upstreams:
  api:
    # Where the API is. \`sandbox:\` is a simulated one that comes along.
    url: ${JSON.stringify(url)}
    timeout: 10s
    # What the API allows. No window of that length ever sees more calls; several limits hold together.
    limits: [${JSON.stringify(rate)}]
    queue:
      policy: priority # or fifo, or fair (by turns between clients)
      max_size: 100 # 503 queue_full above it
      max_wait: 60s # whoever would wait longer is told at once
    # After so many failures in a row, calls are refused for a while instead of reaching the API.
    breaker: { consecutive: 5, open_for: 30s }
    # How long to leave the API alone after a 429 that does not say:
    # penalty: 2s

routes:
  # Every path goes to the same path of the API.
  - path: /*
    upstream: api
    # A request says how urgent it is: 0 goes first, 7 last, 3 when it does not say.
    params: { priority: { control: urgency } }
    # Keep answers that do not say themselves how long they are fresh:
    # cache: { ttl: 60s, stale_if_error: 10m }
    # Limit each client:
    # client_limit: { limit: 100 per 1m, by: ip }
`;
}

/** `comporta init [file]`. */
export function initCommand(terminal: Terminal = processTerminal()): Command {
  return bindTerminal(new Command('init'), terminal)
    .description('write a commented configuration for your own API')
    .argument('[file]', 'where to write it', 'comporta.yaml')
    .option('--url <url>', 'where the API is (default: the sandbox, until API_URL is set)')
    .option('--rate <rate>', 'what it allows', '1 per 1s')
    .option('--force', 'overwrite the file if it exists')
    .action((file: string, options: { url?: string; rate: string; force?: boolean }) => {
      const { url, rate } = options;
      terminal.setExitCode(runInit({ file, url, rate, force: options.force === true }, terminal));
    });
}
