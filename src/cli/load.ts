import { type LoadedConfig, type LoadOptions, loadConfig, type RejectedConfig } from '../config/load.ts';
import type { Problem } from '../config/problem.ts';
import { adminListenProblem } from '../server/admin/guard/listen.ts';

/** Reads a configuration as a process would start with it: what it may not be started with is a problem as well. */
export function loadForStart(options: LoadOptions): LoadedConfig | RejectedConfig {
  const loaded = loadConfig(options);
  if ('problems' in loaded) return loaded;
  const { listen, token, viewerToken } = loaded.config.admin;
  const message = adminListenProblem(listen, (token ?? viewerToken) !== undefined);
  if (message !== undefined) return { problems: [problemAt('admin.listen', message, loaded, options)] };
  const warning = ledgerWarning(loaded.config);
  if (warning === undefined) return loaded;
  return { ...loaded, warnings: [...loaded.warnings, problemAt('ledger', warning, loaded, options)] };
}

/** Several machines can share a Redis; they cannot share a file. */
function ledgerWarning({ state, ledger }: LoadedConfig['config']): string | undefined {
  if (state.kind === 'memory' || !ledger.startsWith('sqlite:')) return undefined;
  return 'is a file, which only processes of this machine can share: for a fleet of several machines set DATABASE_URL=postgres://…, or each has rules, audit log and usage of its own';
}

function problemAt(path: string, message: string, loaded: LoadedConfig, { file }: LoadOptions): Problem {
  const { kind, where } = loaded.settings.get(path)?.origin ?? { kind: 'default', where: '' };
  const [, line, column] = (kind === 'file' ? /:(\d+):(\d+)$/.exec(where) : null) ?? [];
  const place = {
    line: line === undefined ? undefined : Number(line),
    column: column === undefined ? undefined : Number(column),
  };
  return { file, ...place, path, message, hint: undefined };
}
