import { chownSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const DEBIAN = '/usr/lib/postgresql';

/** Why there is no PostgreSQL here, and what to do about it. */
export const POSTGRES_MISSING = 'PostgreSQL is not installed (Debian: apt-get install postgresql)';

/** The folder of PostgreSQL's programs, newest version first; undefined when it is not installed. */
export function postgresPrograms(): string | undefined {
  const onPath = Bun.which('initdb');
  // A link to one program alone says nothing of where the others are.
  if (onPath !== null) return dirname(realpathSync(onPath));
  if (!existsSync(DEBIAN)) return undefined;
  return readdirSync(DEBIAN)
    .sort((one, two) => Number(two) - Number(one))
    .map((version) => join(DEBIAN, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')));
}

export interface TestPostgres {
  readonly url: string;
  /** An empty database of its own, by its URL. */
  database(name: string): Promise<string>;
  /** Ends the server at once, as a crash would (SIGQUIT). */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** A private cluster in a temporary folder, on a free port of the loopback. */
export async function startPostgres(): Promise<TestPostgres> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error(POSTGRES_MISSING);
  const folder = mkdtempSync(join(tmpdir(), 'comporta-postgres-'));
  const asRoot = process.getuid?.() === 0;
  // PostgreSQL refuses to run as root.
  const command = (program: string, args: readonly string[]): string[] => {
    const line = [join(programs, program), ...args];
    return asRoot ? ['runuser', '-u', 'postgres', '--', ...line] : line;
  };
  // Not at once: a test that watches what else happens must not stand still meanwhile.
  const run = async (program: string, args: readonly string[]): Promise<void> => {
    const child = Bun.spawn(command(program, args), { cwd: folder, stdout: 'ignore', stderr: 'pipe' });
    const [said, exitCode] = await Promise.all([new Response(child.stderr).text(), child.exited]);
    if (exitCode !== 0) throw new Error(`${program} failed: ${said}`);
  };
  if (asRoot) {
    const id = (flag: string) => Number(Bun.spawnSync(['id', flag, 'postgres']).stdout.toString());
    chownSync(folder, id('-u'), id('-g'));
  }
  const data = join(folder, 'data');
  const port = freePort();
  const url = `postgres://postgres@127.0.0.1:${port}`;
  await run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']);
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off`;
  // pg_ctl finds the server by the process id in its data folder.
  const start = (): Promise<void> =>
    run('pg_ctl', ['-D', data, '-w', '-l', join(folder, 'log'), '-o', settings, 'start']);
  const kill = (): Promise<void> => run('pg_ctl', ['-D', data, '-w', '-m', 'immediate', 'stop']);
  await start();
  return {
    url: `${url}/postgres`,
    database: async (name) => {
      await run('createdb', ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', name]);
      return `${url}/${name}`;
    },
    kill,
    start,
    stop: async () => {
      if (existsSync(join(data, 'postmaster.pid'))) await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}
