import CachePolicy from 'http-cache-semantics';
import { type Directives, deltaMs, parseDirectives } from './directives.ts';
import { CacheEntry, type StoredAnswer } from './entry.ts';
import { type Fields, fieldRecord, varyNames } from './fields.ts';

/** What a route says about keeping answers. */
export interface CacheRules {
  /** Freshness of 200 and 203 answers that say nothing about theirs, in ms. */
  readonly ttlMs: number;
  /** How long past its freshness an answer may stand in for an error, in ms. */
  readonly staleIfErrorMs: number;
  /** How long past its freshness an answer may be given while a refresh runs, in ms. */
  readonly staleWhileRevalidateMs: number;
  /** False: `ttlMs` governs every 200 and 203, whatever it says of itself. */
  readonly honorUpstream: boolean;
  /** Clients that bring credentials share answers. */
  readonly shared: boolean;
}

/** One answer with what matters of its request, which was a GET. */
export interface Exchange {
  /** The request's key holds its credentials, so that only their bearer gets the answer again. */
  readonly partitioned: boolean;
  readonly authorized: boolean;
  /** The client asked for nothing to be kept (`Cache-Control: no-store`). */
  readonly noStore: boolean;
  readonly status: number;
  readonly headers: Fields;
}

/** How long an answer may be used, and for whom. Times are monotonic ms. */
export interface Lifetime {
  readonly bornAtMs: number;
  readonly freshUntilMs: number;
  readonly staleWhileRevalidateUntilMs: number | undefined;
  readonly staleIfErrorUntilMs: number | undefined;
  readonly mustRevalidate: boolean;
  readonly keepUntilMs: number;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly vary: readonly string[];
}

/** Answers whose freshness `ttl` may give. Errors are kept only when they say themselves for how long. */
export const TTL_STATUSES: ReadonlySet<number> = new Set([200, 203]);

/** An answer with a validator is kept this long past its freshness, so that it can be confirmed by a 304. */
export const KEEP_FOR_REVALIDATION_MS = 3_600_000;

/** The rules of RFC 9111, asked at the moment an answer comes in: no time passes while it decides. */
class InstantPolicy extends CachePolicy {
  now(): number {
    return 0;
  }
}

/**
 * Whether an answer may be kept, and how long it may be used; undefined: it may not, or would be of no use.
 * Freshness and storability are RFC 9111's as `http-cache-semantics` reads them; without an explicit lifetime a
 * 200 or 203 gets `ttlMs` (never a guess from `Last-Modified`).
 *
 * An answer is judged as a private cache's only where credentials keep it apart: what anonymous clients get is
 * seen by all of them. `Set-Cookie` makes an answer one client's: it is kept only where credentials keep it apart
 * and either the answer itself gives a lifetime or the route overrules it.
 */
export function judge(
  exchange: Exchange,
  rules: CacheRules,
  nowMs: number,
  wallNowMs: number,
): Lifetime | undefined {
  const fields = fieldRecord(exchange.headers);
  const vary = varyNames(fields.vary);
  const isPublic = rules.shared || !exchange.partitioned;
  if (exchange.noStore || vary.includes('*') || (isPublic && fields['set-cookie'] !== undefined)) {
    return undefined;
  }
  const freshness = rules.honorUpstream
    ? agreedFreshness(exchange, fields, rules, isPublic, wallNowMs)
    : overruledFreshness(exchange, rules);
  if (freshness === undefined) return undefined;

  const ageMs = ageOf(fields);
  const freshUntilMs = nowMs + freshness.lifetimeMs - (rules.honorUpstream ? ageMs : 0);
  const { etag, 'last-modified': lastModified } = fields;
  const confirmable = etag !== undefined || lastModified !== undefined;
  const keepUntilMs =
    freshUntilMs +
    Math.max(
      freshness.staleIfErrorMs,
      freshness.staleWhileRevalidateMs,
      confirmable ? KEEP_FOR_REVALIDATION_MS : 0,
    );
  if (keepUntilMs <= nowMs) return undefined;
  return {
    bornAtMs: nowMs - ageMs,
    freshUntilMs,
    staleWhileRevalidateUntilMs: windowEnd(freshUntilMs, freshness.staleWhileRevalidateMs),
    staleIfErrorUntilMs: windowEnd(freshUntilMs, freshness.staleIfErrorMs),
    mustRevalidate: freshness.mustRevalidate,
    keepUntilMs,
    etag,
    lastModified,
    vary,
  };
}

/** An entry of an answer: without `Age`, which is told anew every time, and with a body of its own. */
export function entryOf(
  answer: { readonly status: number; readonly headers: Fields; readonly body: Uint8Array | undefined },
  lifetime: Lifetime,
): CacheEntry {
  const { body } = answer;
  const stored: StoredAnswer = {
    status: answer.status,
    headers: answer.headers.filter(([name]) => name.toLowerCase() !== 'age'),
    // A view would keep the whole buffer it looks into, which the cache's size would not show.
    body: body !== undefined && body.byteLength < body.buffer.byteLength ? body.slice() : body,
    origin: 'upstream',
  };
  return new CacheEntry({ answer: stored, ...lifetime });
}

interface Freshness {
  readonly lifetimeMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  readonly mustRevalidate: boolean;
}

function overruledFreshness(exchange: Exchange, rules: CacheRules): Freshness | undefined {
  if (!TTL_STATUSES.has(exchange.status)) return undefined;
  return {
    lifetimeMs: rules.ttlMs,
    staleWhileRevalidateMs: rules.staleWhileRevalidateMs,
    staleIfErrorMs: rules.staleIfErrorMs,
    mustRevalidate: false,
  };
}

function agreedFreshness(
  exchange: Exchange,
  fields: Record<string, string>,
  rules: CacheRules,
  isPublic: boolean,
  wallNowMs: number,
): Freshness | undefined {
  const said = parseDirectives(fields['cache-control']);
  const policy = policyOf(exchange, fields, said, isPublic, wallNowMs);
  if (!policy.storable()) return undefined;

  const sharedMaxAge = isPublic && said.has('s-maxage');
  const explicit = sharedMaxAge || said.has('max-age') || fields.expires !== undefined;
  const noCache =
    said.has('no-cache') || (fields['cache-control'] === undefined && /no-cache/i.test(fields.pragma ?? ''));
  if (!explicit && fields['set-cookie'] !== undefined) return undefined;
  const ttlMs = TTL_STATUSES.has(exchange.status) ? rules.ttlMs : 0;
  const mustRevalidate = noCache || said.has('must-revalidate') || (isPublic && said.has('proxy-revalidate'));
  // `s-maxage` implies `proxy-revalidate` (RFC 9111 §5.2.2.10): then only the answer itself can allow stale use.
  const window = (name: string, routeMs: number): number =>
    mustRevalidate ? 0 : Math.max(deltaMs(said, name) ?? 0, sharedMaxAge ? 0 : routeMs);
  return {
    lifetimeMs: explicit || noCache ? policy.maxAge() * 1_000 : ttlMs,
    staleWhileRevalidateMs: window('stale-while-revalidate', rules.staleWhileRevalidateMs),
    staleIfErrorMs: window('stale-if-error', rules.staleIfErrorMs),
    mustRevalidate: mustRevalidate || sharedMaxAge,
  };
}

function policyOf(
  exchange: Exchange,
  fields: Record<string, string>,
  said: Directives,
  isPublic: boolean,
  wallNowMs: number,
): CachePolicy {
  const headers = { ...fields };
  if (said.size > 0) headers['cache-control'] = normalised(said);
  // `Expires` counts from `Date`; an answer without one was made when it came in (RFC 9110 §6.6.1).
  headers.date ??= new Date(wallNowMs).toUTCString();
  return new InstantPolicy(
    { method: 'GET', headers: exchange.authorized ? { authorization: 'present' } : {} },
    { status: exchange.status, headers },
    { shared: isPublic, cacheHeuristic: 0, immutableMinTimeToLive: 0 },
  );
}

/**
 * The directives as the library reads them right: lower case, nothing quoted. `proxy-revalidate` is left out, as
 * the library takes it to mean that the answer is never fresh; it speaks of stale ones only (RFC 9111 §5.2.2.8).
 */
function normalised(said: Directives): string {
  const parts: string[] = [];
  for (const [name, value] of said) {
    if (name === 'proxy-revalidate') continue;
    parts.push(value === true ? name : `${name}=${value.replaceAll(',', ' ')}`);
  }
  return parts.join(', ');
}

/** `Age` in ms; an invalid one counts as none (RFC 9111 §5.1). */
function ageOf(fields: Record<string, string>): number {
  const first = /^\s*(\d+)\s*(?:,|$)/.exec(fields.age ?? '')?.[1];
  return first === undefined ? 0 : Number(first) * 1_000;
}

function windowEnd(freshUntilMs: number, windowMs: number): number | undefined {
  return windowMs > 0 ? freshUntilMs + windowMs : undefined;
}
