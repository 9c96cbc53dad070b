import { duration, flag, scalar } from './scalars.ts';
import { listOf, section } from './section.ts';
import { TOKEN } from './server.ts';

export type CacheKeyPart =
  | { readonly kind: 'path' }
  | { readonly kind: 'query'; readonly name: string }
  | { readonly kind: 'header'; readonly name: string };

export interface RouteCacheConfig {
  readonly ttlMs: number;
  readonly staleIfErrorMs: number;
  readonly staleWhileRevalidateMs: number;
  /** Undefined: path and whole query. */
  readonly key: readonly CacheKeyPart[] | undefined;
  readonly shared: boolean;
  readonly honorUpstream: boolean;
}

const keyPart = scalar<CacheKeyPart>(
  {
    kind: '`path`, `query:<name>` or `header:<name>`',
    expected: 'path, query:<name> or header:<name>',
    json: { type: 'string', pattern: '^(path|query:.+|header:.+)$' },
    read(written) {
      if (written === 'path') return { kind: 'path' };
      const [, kind, name = ''] = /^(query|header):\s*(\S+)$/.exec(written) ?? [];
      if (kind === 'query') return { kind, name };
      return kind === 'header' && TOKEN.test(name) ? { kind, name: name.toLowerCase() } : undefined;
    },
  },
  'One part of the key.',
);

const ONE_YEAR_MS = 366 * 86_400_000;

/** A route's cache. */
export const routeCache = section({
  ttl: duration('How long an answer that says nothing about it is fresh.', { max: ONE_YEAR_MS }),
  stale_if_error: duration(
    'How long after that it may still be given when the upstream fails or a call is refused.',
    {
      max: ONE_YEAR_MS,
    },
  ).prefault('0s'),
  stale_while_revalidate: duration(
    'How long after that it may still be given while a fresh one is fetched behind.',
    {
      max: ONE_YEAR_MS,
    },
  ).prefault('0s'),
  key: listOf(keyPart, 32, 1)
    .optional()
    .describe('What makes two requests the same. Absent: path and whole query.'),
  shared: flag(
    'Whether clients share answers to requests that carry credentials (`Authorization`, `Cookie`, the client header).',
  ).prefault(false),
  honor_upstream: flag(
    'Whether `Cache-Control`, `Vary`, `ETag` and `Age` of the answer are obeyed (RFC 9111).',
  ).prefault(true),
}).transform(
  (file): RouteCacheConfig => ({
    ttlMs: file.ttl,
    staleIfErrorMs: file.stale_if_error,
    staleWhileRevalidateMs: file.stale_while_revalidate,
    key: file.key,
    shared: file.shared,
    honorUpstream: file.honor_upstream,
  }),
);
