import type { EntryFacts } from './entry.ts';
import { type Fields, fieldRecord } from './fields.ts';

/** What identifies one version of an answer. */
export interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** Whether the client said which version it has. */
export function isConditional(incoming: Headers): boolean {
  return incoming.has('if-none-match') || incoming.has('if-modified-since');
}

/**
 * Whether the client has this version already, so that a 304 answers it (RFC 9110 §13.1.2, weak comparison, and
 * §13.1.3). `If-None-Match` takes precedence over `If-Modified-Since`.
 */
export function hasCurrent(incoming: Headers, { etag, lastModified }: Validators): boolean {
  const noneMatch = incoming.get('if-none-match');
  if (noneMatch !== null) {
    if (noneMatch.trim() === '*') return true;
    return etag !== undefined && tagsOf(noneMatch).includes(opaque(etag));
  }
  const since = Date.parse(incoming.get('if-modified-since') ?? '');
  const modified = Date.parse(lastModified ?? '');
  // A date that cannot be read compares false, and the whole answer is sent.
  return modified <= since;
}

/** The fields that ask the upstream whether a stored version is still the current one; undefined: it has none. */
export function confirmingFields({ etag, lastModified }: Validators): Fields | undefined {
  const fields: Array<readonly [string, string]> = [];
  if (etag !== undefined) fields.push(['if-none-match', etag]);
  if (lastModified !== undefined) fields.push(['if-modified-since', lastModified]);
  return fields.length === 0 ? undefined : fields;
}

/**
 * Whether a 304 speaks of the stored version (RFC 9111 §4.3.4). A 304 that names no version confirms the only one
 * that was asked about.
 */
export function confirms(notModified: Fields, stored: Validators): boolean {
  const { etag, 'last-modified': lastModified } = fieldRecord(notModified);
  if (etag !== undefined) return stored.etag !== undefined && opaque(etag) === opaque(stored.etag);
  if (lastModified !== undefined && stored.etag === undefined) return lastModified === stored.lastModified;
  return true;
}

/** Fields of the stored answer that describe its body, which a 304 does not change (RFC 9111 §3.2). */
const ABOUT_THE_BODY = new Set(['content-encoding', 'content-length', 'content-range', 'content-type']);

/**
 * The stored fields brought up to date by a 304 (RFC 9111 §3.2): its fields take the place of those of the same
 * name. `Set-Cookie` is for the one who asked, and is not kept.
 */
export function confirmedFields(stored: EntryFacts['answer'], notModified: Fields): Fields {
  const updates = notModified.filter(([name]) => {
    const key = name.toLowerCase();
    return key !== 'set-cookie' && !ABOUT_THE_BODY.has(key);
  });
  const updated = new Set(updates.map(([name]) => name.toLowerCase()));
  return [...stored.headers.filter(([name]) => !updated.has(name.toLowerCase())), ...updates];
}

const TAG = /(?:W\/)?("[^"]*")/g;

function tagsOf(list: string): string[] {
  const tags = Array.from(list.matchAll(TAG), ([, tag]) => tag!);
  return tags.length > 0 ? tags : list.split(',').map((tag) => opaque(tag.trim()));
}

function opaque(etag: string): string {
  return etag.startsWith('W/') ? etag.slice(2) : etag;
}
