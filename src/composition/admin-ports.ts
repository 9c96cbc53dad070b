import type { LoadedConfig, Setting } from '../config/load.ts';
import { isSecretName, withoutCredentials } from '../config/quote.ts';
import type { JsonValue, Ledger } from '../ledger/contracts.ts';
import { notedRules } from '../server/admin/noted-rules.ts';
import type { AdminPorts, ConfigEntry, ConfigReload } from '../server/admin/ports.ts';
import { fleetPort } from './fleet-port.ts';
import type { HotState } from './hot-state.ts';
import type { LiveParts } from './live-parts.ts';

/** What the ports are made of. */
export interface AdminPortParts
  extends Omit<
    AdminPorts,
    'tokens' | 'rules' | 'audit' | 'usage' | 'cache' | 'config' | 'routes' | 'tail' | 'timeline' | 'fleet'
  > {
  /** In force now. */
  readonly loaded: () => LoadedConfig;
  readonly ledgerStore: Ledger;
  readonly state: HotState;
  readonly liveParts: LiveParts;
  /** Reads the stored rules and puts them in force. */
  readonly applyRules: () => Promise<void>;
  readonly reload: () => Promise<ConfigReload>;
}

/** The gateway as the admin API sees it. */
export function adminPorts(parts: AdminPortParts): AdminPorts {
  const { loaded, ledgerStore, state, liveParts, applyRules, reload, ...ports } = parts;
  const { timeline, tail } = liveParts;
  const { admin } = loaded().config;
  return {
    ...ports,
    tokens: { operator: admin.token, viewer: admin.viewerToken },
    rules: {
      store: notedRules(ledgerStore.rules, timeline),
      file: () => loaded().config.rules,
      apply: applyRules,
    },
    audit: ledgerStore.audit,
    usage: ledgerStore.usage,
    cache: {
      stats: () => state.cache.stats(),
      routes: () =>
        loaded()
          .config.routes.filter(({ cache }) => cache !== undefined)
          .map(({ path }) => path),
      purge: (route) => state.cache.purge(route === undefined ? undefined : `${route}\n`),
    },
    config: {
      entries: () => [...loaded().settings].map(([path, setting]) => configEntry(path, setting)),
      reload,
    },
    routes: () => loaded().config.routes,
    timeline,
    tail,
    fleet: fleetPort(liveParts.fleet, state, loaded().config.fleet.name),
  };
}

/** A value as the admin API shows it: secrets are not among them. */
function configEntry(path: string, { value, origin }: Setting): ConfigEntry {
  const secret = path.split(/[.[]/).some((step) => isSecretName(step)) || SECRET_KEYS.has(path);
  const shown = typeof value === 'string' ? withoutCredentials(value) : (value as JsonValue | undefined);
  return { path, value: secret && value !== '' ? '***' : shown, secret, origin };
}

/** Secret by what they are, whatever they are called. */
const SECRET_KEYS: ReadonlySet<string> = new Set(['usage.hash_clients']);
