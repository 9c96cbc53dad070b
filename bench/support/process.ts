import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A server under measurement, in a process of its own. */
export interface ServerProcess {
  readonly name: string;
  readonly pid: number;
  readonly url: string;
  /** Ends it by its pid and waits until it is gone. */
  stop(): Promise<void>;
}

/** Clock ticks a second of the counters in /proc/<pid>/stat: 100 on every Linux that Debian ships. */
const TICKS_PER_SEC = 100;

/** CPU time in ms, user and system, of a process with all its threads and its children (nginx's workers). */
export function cpuMs(pid: number): number {
  let ticks = 0;
  for (const one of family(pid)) {
    const fields = statFields(one);
    // Fields 14 and 15 of the file; the list begins at field 3, after the name in parentheses.
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks * 1_000) / TICKS_PER_SEC;
}

/** Resident memory of one process, in bytes. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1_024;
}

function statFields(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** A process and its children, not further. */
function family(pid: number): number[] {
  const pids = [pid];
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim();
    if (children !== '') pids.push(...children.split(' ').map(Number));
  }
  return pids;
}

/** A port that was free a moment ago, for programs that cannot be told to choose one. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('no port was given'));
      });
    });
  });
}

/** Runs one of bench/servers/, which prints its URL as its first line. */
export function startServer(
  name: string,
  file: string,
  args: readonly string[] = [],
): Promise<ServerProcess> {
  const script = fileURLToPath(new URL(`../servers/${file}`, import.meta.url));
  return startPrinting(name, [process.execPath, script, ...args], 'stdout', /(http:\/\/\S+)/);
}

/** `comporta start` on a configuration file that listens on port 0. */
export function startComporta(
  configFile: string,
  env: Record<string, string> = {},
  name = 'comporta',
  adminListen = '127.0.0.1:0',
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  const cmd = [
    process.execPath,
    MAIN,
    'start',
    '--config',
    configFile,
    '--admin-listen',
    adminListen,
    ...flags,
  ];
  return startPrinting(name, cmd, 'stderr', /gateway\s+(http:\/\/\S+)/, env);
}

/** `comporta sandbox`: the judge, alone. */
export function startSandbox(): Promise<ServerProcess> {
  const cmd = [process.execPath, MAIN, 'sandbox', '--listen', '127.0.0.1:0'];
  return startPrinting('sandbox', cmd, 'stderr', /sandbox upstream at (http:\/\/\S+)/);
}

/** Runs a server whose URL a line of its output tells. */
async function startPrinting(
  name: string,
  cmd: string[],
  from: 'stdout' | 'stderr',
  pattern: RegExp,
  env: Record<string, string> = {},
): Promise<ServerProcess> {
  const child = Bun.spawn({
    cmd,
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdin: 'ignore',
    stdout: from === 'stdout' ? 'pipe' : 'ignore',
    stderr: from === 'stderr' ? 'pipe' : 'inherit',
  });
  const output = child[from] as ReadableStream<Uint8Array>;
  const reader = output.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (!pattern.test(text)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`${name} ended before it said where it listens: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  // What it says later is read and dropped, so that a full pipe never holds it up.
  void (async () => {
    while (!(await reader.read()).done);
  })();
  let stopping = false;
  void child.exited.then((code) => {
    if (!stopping) console.error(`${name} (${child.pid}) ended by itself: ${child.signalCode ?? code}`);
  });
  const stop = (): Promise<void> => {
    stopping = true;
    return ended(child);
  };
  return { name, pid: child.pid, url: pattern.exec(text)![1]!, stop };
}

export async function ended(child: Bun.Subprocess): Promise<void> {
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await child.exited;
  clearTimeout(forced);
}
