import { canonicalPath } from './canonical-path.ts';

/**
 * Which paths a rule is about, in the spelling of `canonicalPath`.
 *
 * - `any`: every path; `/*` is the same.
 * - `exact`: one path, with or without a slash at its end.
 * - `prefix`: `/items/*` is `/items` and everything below it, as a route of that path is.
 */
export type PathMatcher =
  | { readonly kind: 'any' }
  | { readonly kind: 'exact'; readonly path: string }
  /** Without its `/*`. */
  | { readonly kind: 'prefix'; readonly prefix: string };

export const PATH_FORM = '"*", a path such as /items/1, or /items/* for everything below';

const MAX_PATH_LENGTH = 2_048;

// Reserved and unreserved characters of a path segment (RFC 3986 section 3.3) and `/`; no query, no fragment.
const PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()+,;=:@/]|%[0-9A-Fa-f]{2})*$/;

/**
 * Reads `*`, `/items/1` or `/items/*`. Undefined when the text is none of these; a sentence where more can be said
 * than the accepted form. A literal star is written `%2A`.
 */
export function parsePathMatcher(text: string): PathMatcher | { readonly why: string } | undefined {
  if (text === '*') return { kind: 'any' };
  if (text.length > MAX_PATH_LENGTH) return { why: 'must be at most 2,048 characters long' };
  if (text !== '' && !text.startsWith('/')) return { why: `must begin with \`/\`: expected ${PATH_FORM}` };
  const star = text.indexOf('*');
  if (star === -1) return PATH.test(text) ? { kind: 'exact', path: canonicalPath(text) } : undefined;
  if (star !== text.length - 1 || text[star - 1] !== '/') {
    return { why: '`*` may only stand at the end, after a `/`, as in /items/*' };
  }
  const before = text.slice(0, -1);
  if (!PATH.test(before)) return undefined;
  const prefix = canonicalPath(before);
  return prefix === '/' ? { kind: 'any' } : { kind: 'prefix', prefix };
}

/** Whether a canonical path is one of them. */
export function pathMatches(matcher: PathMatcher, path: string): boolean {
  switch (matcher.kind) {
    case 'any':
      return true;
    case 'exact':
      return path === matcher.path;
    case 'prefix': {
      const { prefix } = matcher;
      return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/');
    }
  }
}

/** The one way to write it. */
export function formatPathMatcher(path: PathMatcher): string {
  switch (path.kind) {
    case 'any':
      return '*';
    case 'exact':
      return path.path;
    case 'prefix':
      return `${path.prefix}/*`;
  }
}
