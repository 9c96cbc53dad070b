import { type LoadedConfig, type LoadOptions, loadConfig, type RejectedConfig } from '../config/load.ts';
import { adminListenProblem } from '../server/admin/guard/listen.ts';

/** Reads a configuration as a process would start with it: what it may not be started with is a problem as well. */
export function loadForStart(options: LoadOptions): LoadedConfig | RejectedConfig {
  const loaded = loadConfig(options);
  if ('problems' in loaded) return loaded;
  const { listen, token, viewerToken } = loaded.config.admin;
  const message = adminListenProblem(listen, (token ?? viewerToken) !== undefined);
  if (message === undefined) return loaded;
  const { file } = options;
  const { kind, where } = loaded.settings.get('admin.listen')?.origin ?? { kind: 'default', where: '' };
  const [, line, column] = (kind === 'file' ? /:(\d+):(\d+)$/.exec(where) : null) ?? [];
  const place = {
    line: line === undefined ? undefined : Number(line),
    column: column === undefined ? undefined : Number(column),
  };
  return { problems: [{ file, ...place, path: 'admin.listen', message, hint: undefined }] };
}
