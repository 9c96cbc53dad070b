import { duration, refuse, scalar } from './scalars.ts';
import { section } from './section.ts';

/** Where hot state is kept. The URL is one that the Redis connection takes; it may hold a password. */
export type StateConfig =
  | { readonly kind: 'memory' }
  | {
      readonly kind: 'redis';
      /** `redis://`, `rediss://`, `redis-sentinel://host,…/group[/db]` or `redis-cluster://host,…`. */
      readonly url: string;
    };

const SCHEMES = ['redis', 'rediss', 'redis-sentinel', 'redis-cluster'] as const;

/** Other spellings that are common, and what they mean. */
const SPELLINGS: Readonly<Record<string, string>> = {
  'redis+sentinel': 'redis-sentinel',
  sentinel: 'redis-sentinel',
  'redis+cluster': 'redis-cluster',
  'redis+tls': 'rediss',
};

const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?)(?::(\d{1,5}))?$/;

/** Reads `state`. A refusal never repeats what was written: it may hold a password. */
function readState(written: string): StateConfig | ReturnType<typeof refuse> | undefined {
  if (written === 'memory:') return { kind: 'memory' };
  const [, spelled = '', rest = ''] = /^([a-z+-]+):\/\/(\S*)$/i.exec(written) ?? [];
  const name = spelled.toLowerCase();
  const scheme = SPELLINGS[name] ?? name;
  if (!(SCHEMES as readonly string[]).includes(scheme)) return undefined;
  if (/[?#]/.test(rest))
    return refuse('takes no `?` or `#`; write such characters of a password as %3F, %23');
  const at = rest.lastIndexOf('@');
  const account = at === -1 ? '' : rest.slice(0, at);
  const [hosts = '', ...path] = rest.slice(at + 1).split('/');
  const fault =
    accountFault(account) ??
    hostsFault(scheme, hosts) ??
    pathFault(
      scheme,
      path.filter((part) => part !== ''),
    );
  if (fault !== undefined) return refuse(fault);
  return { kind: 'redis', url: `${scheme}://${rest}` };
}

function accountFault(account: string): string | undefined {
  if (account.split(':').length > 2 || /[@/]/.test(account)) {
    return 'user and password must be written with %3A for `:`, %40 for `@` and %2F for `/`';
  }
  try {
    decodeURIComponent(account);
    return undefined;
  } catch {
    return 'user or password holds a `%` that stands for nothing; write it as %25';
  }
}

function hostsFault(scheme: string, hosts: string): string | undefined {
  const all = hosts.split(',');
  if (all.length > 1 && !scheme.endsWith('sentinel') && !scheme.endsWith('cluster')) {
    return 'names several hosts; write redis-sentinel://host,host/group or redis-cluster://host,host';
  }
  const isRight = (host: string): boolean => {
    const match = HOST.exec(host);
    return match !== null && (match[1] === undefined || (Number(match[1]) > 0 && Number(match[1]) <= 65_535));
  };
  return all.every(isRight) ? undefined : 'must name a host, or host:port';
}

function pathFault(scheme: string, path: readonly string[]): string | undefined {
  if (scheme === 'redis-cluster') {
    return path.length === 0 ? undefined : 'takes no path: a cluster has one database';
  }
  const [group, ...database] = scheme === 'redis-sentinel' ? path : ['', ...path];
  if (group === undefined)
    return 'must name the group that Sentinel watches: redis-sentinel://host,host/mymaster';
  if (database.length > 1 || (database[0] !== undefined && !/^\d{1,4}$/.test(database[0]))) {
    return 'must end in the number of a database, such as /0';
  }
  return undefined;
}

/** Where queues, pacing, breakers, client limits and the cache are kept. */
export const state = scalar<StateConfig>(
  {
    kind: '`memory:`, `redis://…`, `rediss://…`, `redis-sentinel://…` or `redis-cluster://…`',
    expected:
      'memory:, redis://[user:password@]host[:port][/database], rediss://… (TLS), redis-sentinel://host[:port],…/group or redis-cluster://host[:port],…',
    json: {
      type: 'string',
      pattern: '^(memory:|(rediss?|redis[-+](sentinel|cluster|tls)|sentinel)://\\S+)$',
    },
    secret: true,
    read: readState,
  },
  'Where queues, pacing, breakers, client limits and the cache are kept. `memory:` is the memory of this process. With Redis (7.0 or newer) all processes that name the same server and `fleet.name` behave as one.',
);

const fleetName = scalar<string>(
  {
    kind: 'name',
    expected: 'a-z, 0-9, _ and -, at most 32',
    json: { type: 'string', pattern: '^[a-z0-9_-]{1,32}$' },
    read: (written) => (/^[a-z0-9_-]{1,32}$/.test(written) ? written : undefined),
  },
  'What the fleet is called. Every key in Redis begins with it: fleets of different names share a server and nothing else.',
);

export const fleet = section({
  name: fleetName.prefault('comporta'),
  freshness: duration(
    'How long after it was asked for a grant may be written. What is later is handed back: a process that stood still sends nothing late.',
    { min: 5, max: 1_000 },
  ).prefault('50ms'),
  eventual_interval: duration('How often counts of rules with `enforce: eventual` are brought together.', {
    min: 10,
    max: 10_000,
  }).prefault('100ms'),
}).transform((file) => ({
  name: file.name,
  freshnessMs: file.freshness,
  eventualIntervalMs: file.eventual_interval,
}));
