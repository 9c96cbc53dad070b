import type { LoadedConfig, Setting } from '../config/load.ts';

/** Keys that are read once, when the process or an upstream's connections begin. */
const NEEDS_RESTART: readonly RegExp[] = [
  /^(listen|environment|state|ledger|data|buffer|max_outbound)$/,
  /^(admin|sandbox|cache|usage|log|fleet)\b/,
  /^shutdown\b/,
  /^upstreams\.[^.]+\.(url|connect_timeout|keepalive|max_connections|tls\b|retry\.budget\b)/,
];

export interface ConfigChanges {
  /** Paths of the values that changed and can be put in force. */
  readonly applied: readonly string[];
  /** Paths of the values that changed and need a restart. */
  readonly restart: readonly string[];
}

/** What a configuration changes of another, by the paths of its values. */
export function changesBetween(before: LoadedConfig, after: LoadedConfig): ConfigChanges {
  const paths = new Set([...before.settings.keys(), ...after.settings.keys()]);
  const changed = [...paths].filter(
    (path) => written(before.settings.get(path)) !== written(after.settings.get(path)),
  );
  const needs = (path: string) =>
    (NEEDS_RESTART.some((pattern) => pattern.test(path)) || changesPacing(path, before, after)) &&
    !isOfOneOnly(path, before, after);
  return { applied: changed.filter((path) => !needs(path)), restart: changed.filter(needs) };
}

const written = (setting: Setting | undefined): string => JSON.stringify(setting?.value) ?? '';

/** An upstream that comes or goes does so as a whole. */
function isOfOneOnly(path: string, before: LoadedConfig, after: LoadedConfig): boolean {
  const name = /^upstreams\.([^.]+)\./.exec(path)?.[1];
  if (name === undefined) return false;
  return (before.config.upstreams[name] === undefined) !== (after.config.upstreams[name] === undefined);
}

/** Limits may change while running; whether an upstream has any decides how its calls go out. */
function changesPacing(path: string, before: LoadedConfig, after: LoadedConfig): boolean {
  const name = /^upstreams\.([^.]+)\.(limits|concurrency)/.exec(path)?.[1];
  if (name === undefined) return false;
  const isPaced = ({ config }: LoadedConfig) => {
    const upstream = config.upstreams[name];
    return upstream === undefined
      ? undefined
      : upstream.limits.length > 0 || upstream.concurrency !== undefined;
  };
  const was = isPaced(before);
  const is = isPaced(after);
  return was !== undefined && is !== undefined && was !== is;
}
