import { createHash } from 'node:crypto';
import type { Config, UpstreamConfig } from '../config/schema.ts';
import { formatDuration, formatRate } from '../shared/units.ts';

/** What the nodes of a fleet must have alike, and a hash of it. */
export interface Agreement {
  /** Twelve hexadecimal digits. */
  readonly hash: string;
  /**
   * By path in the configuration: what people can compare (`1 per 1s`), or a hash where it would be long. Bounded: of
   * very many upstreams the rest is one hash.
   */
  readonly parts: Readonly<Record<string, string>>;
}

/** Upstreams whose parts are told one by one. */
const MOST_UPSTREAMS = 200;
/** And what they may take, as JSON: a node that says more of itself than the registry takes would say nothing. */
const MOST_CHARS = 60_000;

/**
 * What of a configuration must agree: limits, concurrency, queue and breaker of each upstream, where it leads, routes,
 * how clients are told apart, and rules of the file. Addresses, logs and the like may differ. Secrets are not among it.
 */
export function agreementOf(config: Config): Agreement {
  const names = Object.keys(config.upstreams).sort();
  const parts: Record<string, string> = {};
  let chars = 0;
  let told = 0;
  for (const name of names.slice(0, MOST_UPSTREAMS)) {
    const entries = Object.entries(upstreamParts(config.upstreams[name]!));
    const named = entries.map(([key, value]) => [`upstreams.${name}.${key}`, value] as const);
    chars += JSON.stringify(Object.fromEntries(named)).length;
    if (chars > MOST_CHARS) break;
    for (const [path, value] of named) parts[path] = value;
    told++;
  }
  const rest = names.slice(told).map((name) => [name, upstreamParts(config.upstreams[name]!)]);
  if (rest.length > 0) parts['upstreams (others)'] = digest(rest);
  parts.routes = digest(config.routes);
  parts.clients = digest(config.clients);
  parts.rules = digest(config.rules);
  return { hash: digest(parts), parts };
}

function upstreamParts(upstream: UpstreamConfig): Record<string, string> {
  const { limits, concurrency, queue, breaker, url } = upstream;
  const rates = limits.map(({ rate, even }) => `${formatRate(rate)}${even ? ' (even)' : ''}`);
  return {
    limits: rates.length === 0 ? 'none' : rates.join(', ').slice(0, 200),
    concurrency: concurrency === undefined ? 'any' : String(concurrency),
    guard:
      limits.length === 0
        ? 'none'
        : limits
            .map(({ guardMs }) => formatDuration(guardMs))
            .join(', ')
            .slice(0, 200),
    queue: digest(queue),
    breaker: breaker === undefined ? 'none' : digest(breaker),
    url: url.kind === 'sandbox' ? 'sandbox:' : digest(url.url),
  };
}

function digest(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 12);
}

/** The same text for the same content, in whatever order its keys stand. */
function canonical(value: unknown): string {
  if (value instanceof RegExp) return JSON.stringify(String(value));
  if (value instanceof Map || value instanceof Set) return canonical([...value]);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, one]) => one !== undefined && typeof one !== 'function');
    return `{${entries
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`)
      .join(',')}}`;
  }
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'null');
}
