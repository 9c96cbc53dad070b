import { isIP } from 'node:net';
import { canonicalIp, isAddressOrBlock } from '../../shared/ip.ts';
import { choice, duration, integer, refuse, scalar, share, size, text } from './scalars.ts';
import { listOf, section } from './section.ts';

/** Where a server listens. Port 0 lets the system choose. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How a client is told from another. */
export type ClientSource =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'query'; readonly name: string }
  | { readonly kind: 'ip' };

/** `127.0.0.1:8000`, `[::1]:8000`, `localhost:8000`; `:8000` is every interface. */
export function readAddress(written: string): Address | undefined {
  const match = /^(\[[^\]]*\]|[^:[\]]*):(\d{1,5})$/.exec(written);
  if (match === null) return undefined;
  const [, host = '', portText] = match;
  const port = Number(portText);
  if (port > 65_535) return undefined;
  if (host === '') return { host: '0.0.0.0', port };
  if (host.startsWith('[')) {
    const ip = host.slice(1, -1);
    return isIP(ip) === 6 ? { host: canonicalIp(ip) ?? ip, port } : undefined;
  }
  const isHostName = /^(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*$/i.test(host);
  // What looks like an IPv4 address and is not one would be looked up as a name, to everybody's surprise.
  if (!isHostName || (/^[\d.]+$/.test(host) && isIP(host) !== 4)) return undefined;
  return { host: host.toLowerCase(), port };
}

export function address(description: string) {
  return scalar<Address>(
    {
      kind: 'address',
      expected: 'an address such as 127.0.0.1:8000, [::1]:8000 or :8000',
      json: { type: 'string', pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]*):\\d{1,5}$' },
      read: readAddress,
    },
    description,
  );
}

/** RFC 9110 token: header names and methods are made of these. */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

function clientSource(description: string) {
  return scalar<ClientSource>(
    {
      kind: '`header:<name>`, `query:<name>` or `ip`',
      expected: 'header:<name>, query:<name> or ip',
      json: { type: 'string', pattern: '^(ip|header:.+|query:.+)$' },
      read(written) {
        if (written === 'ip') return { kind: 'ip' };
        const [, kind, name = ''] = /^(header|query):\s*(\S+)$/.exec(written) ?? [];
        if (kind === 'header') return TOKEN.test(name) ? { kind, name: name.toLowerCase() } : undefined;
        return kind === 'query' && name.length <= 128 ? { kind, name } : undefined;
      },
    },
    description,
  );
}

const trustedProxy = scalar<string>(
  {
    kind: 'IP address or CIDR block',
    expected: 'an IP address or a block such as 10.0.0.0/8',
    json: { type: 'string' },
    read: (written) => (isAddressOrBlock(written) ? written : undefined),
  },
  'One proxy, or a block of them.',
);

const LONGEST_BASE_PATH = 200;

/** `/comporta`, `/comporta/` → `/comporta/`; `/` → `/`. No dot segment, no `//`, nothing that needs an escape. */
const basePath = scalar<string>(
  {
    kind: 'path',
    expected: 'a path such as / or /comporta, of letters, digits and - . _ ~',
    json: { type: 'string', pattern: '^/' },
    read(written) {
      if (/^[\w.~-]+(\/[\w.~-]+)*\/?$/.test(written)) return refuse(`must begin with /; write /${written}`);
      if (written === '/') return '/';
      if (written.length > LONGEST_BASE_PATH || !/^(\/[\w.~-]+)+\/?$/.test(written)) return undefined;
      if (/\/\.{1,2}(\/|$)/.test(written)) return undefined;
      return written.endsWith('/') ? written : `${written}/`;
    },
  },
  'Path below which the admin API and the dashboard are, where a proxy in front hands on the whole path. One that removes it needs nothing here.',
);

const LONGEST_ENVIRONMENT = 32;

export const environment = scalar<string>(
  {
    kind: 'text',
    expected: `at most ${LONGEST_ENVIRONMENT} characters on one line`,
    json: { type: ['string', 'number'] },
    read: (written) =>
      written.length <= LONGEST_ENVIRONMENT && !/[\p{C}\p{Zl}\p{Zp}]/u.test(written) ? written : undefined,
  },
  'What this installation is called, such as `production`: the dashboard shows it, so that nobody takes one for another. Empty: nothing.',
);

export const admin = section({
  listen: address('Address of the admin API. Without a token it must be one of this machine’s own.').prefault(
    '127.0.0.1:8001',
  ),
  token: text('Operators send it to see and change everything. Empty: nobody has to send one.', {
    secret: true,
  }).prefault(''),
  viewer_token: text('Viewers send it to see everything and change nothing. Empty: there are none.', {
    secret: true,
  }).prefault(''),
  base_path: basePath.prefault('/'),
}).transform((file) => ({
  listen: file.listen,
  /** With `/` at both ends. */
  basePath: file.base_path,
  token: file.token || undefined,
  viewerToken: file.viewer_token || undefined,
}));

export const ledger = scalar<string>(
  {
    kind: '`sqlite://<path>` or `postgres://…`',
    expected: 'sqlite://<path> or postgres://<host>/<database>',
    json: { type: 'string', pattern: '^(sqlite|postgres(ql)?)://.+$' },
    secret: true,
    read: (written) => (/^(sqlite|postgres(ql)?):\/\/\S+$/i.test(written) ? written : undefined),
  },
  'Where rules, audit log and usage are kept. A relative path begins at the working directory.',
);

const DAY_MS = 86_400_000;

export const usage = section({
  flush_interval: duration('Time between two writes to the ledger, and the most that a kill -9 loses.', {
    min: 100,
    max: 600_000,
  }).prefault('5s'),
  hash_clients: text(
    'Key: with one, the ledger knows clients by a keyed hash (HMAC-SHA-256) instead of their id. Empty: by their id.',
    { secret: true },
  ).prefault(''),
  keep_minutes: duration('How long usage is kept by the minute; then by the hour.', {
    min: DAY_MS,
    max: 400 * DAY_MS,
  }).prefault('2d'),
  keep_hours: duration('How long usage is kept by the hour; then by the day.', {
    min: 2 * DAY_MS,
    max: 4_000 * DAY_MS,
  }).prefault('35d'),
  keep_days: duration('How long usage is kept by the day.', {
    min: 7 * DAY_MS,
    max: 40_000 * DAY_MS,
  }).prefault('400d'),
}).transform((file) => ({
  flushIntervalMs: file.flush_interval,
  hashKey: file.hash_clients || undefined,
  retention: { minutesMs: file.keep_minutes, hoursMs: file.keep_hours, daysMs: file.keep_days },
}));

export const sandbox = section({
  listen: address(
    'Address of the sandbox. It is started only while some upstream’s `url` is `sandbox:`.',
  ).prefault('127.0.0.1:5001'),
  external_fail_rate: share('Share of `POST /external-api/process` calls that the sandbox fails.').prefault(
    0,
  ),
  external_latency: duration('How long the sandbox takes to answer `POST /external-api/process`.', {
    max: 600_000,
  }).prefault('50ms'),
}).transform((file) => ({
  listen: file.listen,
  externalFailRate: file.external_fail_rate,
  externalLatencyMs: file.external_latency,
}));

export const clients = section({
  identify: listOf(clientSource('One way to tell who calls.'), 16, 1)
    .prefault(['header:client-id', 'query:client_id', 'ip'])
    .describe('How a client is told from another: the first of these that a request has.'),
  trust_proxies: listOf(trustedProxy, 1_000)
    .prefault([])
    .describe('Proxies whose `X-Forwarded-For` is believed. Everybody else’s is ignored.'),
}).transform((file) => ({ identify: file.identify, trustProxies: file.trust_proxies }));

export const log = section({
  level: choice('The least important line that is written.', [
    'debug',
    'info',
    'warn',
    'error',
    'silent',
  ]).prefault('info'),
  access: choice('Which requests get a line of their own.', ['off', 'errors', 'all']).prefault('errors'),
});

export const cache = section({
  max_size: size('Memory that all cached answers may take together.', { min: 1_024 }).prefault('64mb'),
  max_entry: size('The largest answer that is cached.', { min: 1 }).prefault('1mb'),
}).transform((file) => ({ maxSizeBytes: file.max_size, maxEntryBytes: file.max_entry }));

export const data = text(
  'Folder, relative to the working directory, for what must outlast the process: the calls that strict limits still count, so that a restart never causes a violation. Empty: nothing is kept.',
);

export const shutdown = section({
  grace: duration('How long waiting and running calls may take to end after SIGTERM or SIGINT.', {
    max: 3_600_000,
  }).prefault('30s'),
}).transform((file) => ({ graceMs: file.grace }));

export const maxBody = size('The largest request body that is taken; 413 above it.', { max: 2 ** 32 });

export const buffer = size(
  'Bodies up to this size are held whole, so that they can be sent again; above it they stream.',
  {
    max: 16 * 1_048_576,
  },
);

export const maxOutbound = integer(
  'Calls of all unpaced upstreams together that may be under way (`BUN_CONFIG_MAX_HTTP_REQUESTS`).',
  { min: 1, max: 65_336 },
);
