/** `Cache-Control` by lower-case directive name; a directive without a value has `true`. */
export type Directives = ReadonlyMap<string, string | true>;

const NONE: Directives = new Map();
// Commas inside quotes separate nothing: `private="a, b"` is one directive.
const PIECE = /(?:[^,"]|"(?:\\.|[^"\\])*"?)+/g;

/**
 * Reads `Cache-Control` (RFC 9111 §5.2). Names are case-insensitive, values may be quoted. Of a directive given
 * twice the first one counts (§4.2.1).
 */
export function parseDirectives(value: string | null | undefined): Directives {
  if (value === null || value === undefined || value === '') return NONE;
  const directives = new Map<string, string | true>();
  for (const piece of value.match(PIECE) ?? []) {
    const equals = piece.indexOf('=');
    const name = (equals < 0 ? piece : piece.slice(0, equals)).trim().toLowerCase();
    if (name === '' || directives.has(name)) continue;
    directives.set(name, equals < 0 ? true : unquoted(piece.slice(equals + 1).trim()));
  }
  return directives;
}

/** Whole seconds of a directive, in ms; undefined when it is absent or no number (RFC 9111 §1.2.2). */
export function deltaMs(directives: Directives, name: string): number | undefined {
  const value = directives.get(name);
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) * 1_000 : undefined;
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1') : value;
}
