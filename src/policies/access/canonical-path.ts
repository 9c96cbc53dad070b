/**
 * The spelling of a path that rules see. Servers disagree on what a path says: whether `%2F` separates, whether
 * `;x=1` belongs to the name, whether a dot at the end does. `canonicalPath` is the reading that rules are written
 * in; `pathReadings` gives every other one that some server would take, so that none of them slips past a rule.
 *
 * Canonical: escapes are decoded once, and what is not a path character (RFC 3986 section 3.3, `*` aside) is
 * written as upper-case escapes; `%2F`, `\` and `%5C` separate as `/` does; dot segments are resolved after that;
 * slashes are collapsed, and dropped at the end. Upper and lower case are different (RFC 3986 section 6.2.2.1).
 */
export function canonicalPath(path: string): string {
  return isPlain(path) ? path : reading(decode(path, false), 0);
}

/**
 * The path itself when it is canonical and can be read one way only, which is nearly always. Otherwise every
 * reading of it, `canonicalPath`'s first. At most 32, and each takes time that grows with the path's length.
 */
export function pathReadings(path: string): string | readonly string[] {
  if (isPlain(path)) return path;
  const decoded = decode(path, false);
  const main = reading(decoded, 0);
  const doubts = doubtsOf(path, decoded);
  if (doubts === 0) return main;
  const literal = (doubts & LITERAL_SLASHES) === 0 ? decoded : decode(path, true);
  const readings = new Set([main]);
  // Every combination of what is in doubt: a server may take two of these liberties and not the third.
  for (let taken = doubts; taken > 0; taken = (taken - 1) & doubts) {
    readings.add(reading((taken & LITERAL_SLASHES) === 0 ? decoded : literal, taken));
  }
  return readings.size === 1 ? main : [...readings];
}

/** `%2F`, `%5C` and `\` are characters of a segment and separate nothing. */
const LITERAL_SLASHES = 1;
/** An empty segment counts: `..` goes back by it (RFC 3986 section 5.2.4). */
const EMPTY_SEGMENTS = 2;
/** `;…` at the end of a segment is dropped, as servlet containers do (Servlet 6.0 section 3.5.2). */
const DROP_PARAMS = 4;
/** Dots and spaces at the end of a segment are dropped, as Windows does. */
const DROP_TRAILING = 8;
/** The path ends at its first NUL, as texts do in C. */
const CUT_AT_NUL = 16;

/** Where servers could disagree about this path; too much costs a reading, too little would let something by. */
function doubtsOf(path: string, decoded: string): number {
  const climbs = decoded.includes('..');
  return (
    (/%(?:2f|5c)|\\/i.test(path) ? LITERAL_SLASHES : 0) |
    (climbs && decoded.includes('//') ? EMPTY_SEGMENTS : 0) |
    (decoded.includes(';') ? DROP_PARAMS : 0) |
    (/[^/.]\.+(?:[/;%]|$)|\.{3}|%20/.test(decoded) ? DROP_TRAILING : 0) |
    (decoded.includes('%00') ? CUT_AT_NUL : 0)
  );
}

/** The path as a server that takes these liberties reads it; `decoded` already knows about slashes. */
function reading(decoded: string, liberties: number): string {
  const text = (liberties & CUT_AT_NUL) === 0 ? decoded : decoded.split('%00', 1)[0]!;
  const countsEmpty = (liberties & EMPTY_SEGMENTS) !== 0;
  const kept: string[] = [];
  for (const written of text.split('/')) {
    const segment = bare(written, liberties);
    if (segment === '..') kept.pop();
    else if (segment === '' ? countsEmpty && kept.length > 0 : segment !== '.') kept.push(segment);
  }
  let read = '';
  for (const segment of kept) if (segment !== '') read += `/${segment}`;
  return read === '' ? '/' : read;
}

/** The segment without what such a server drops. */
function bare(written: string, liberties: number): string {
  let segment = written;
  if ((liberties & DROP_PARAMS) !== 0 && segment.includes(';')) segment = segment.split(';', 1)[0]!;
  if ((liberties & DROP_TRAILING) !== 0) {
    segment = withoutEnd(segment, '%20');
    if (segment !== '.' && segment !== '..') segment = withoutEnd(segment, '%20', '.');
  }
  return segment;
}

function withoutEnd(segment: string, ...dropped: readonly string[]): string {
  let end = segment.length;
  for (;;) {
    const found = dropped.find((text) => segment.endsWith(text, end));
    if (found === undefined) return segment.slice(0, end);
    end -= found.length;
  }
}

const SLASH = 47;
const DOT = 46;
const PERCENT = 37;
const SEMICOLON = 59;
const BACKSLASH = 92;

/** By character code: 1 for the path characters that stand for themselves. */
const STANDS_FOR_ITSELF = new Uint8Array(128);
for (const character of "-._~!$&'()+,;=:@0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  STANDS_FOR_ITSELF[character.charCodeAt(0)] = 1;
}

/** Whether the path surely is canonical and nobody could read it in another way. */
function isPlain(path: string): boolean {
  if (path.charCodeAt(0) !== SLASH) return false;
  let before = SLASH;
  for (let index = 1; index < path.length; index++) {
    const code = path.charCodeAt(index);
    if (code === SLASH) {
      if (before === SLASH || before === DOT) return false;
    } else if (code > 127 || STANDS_FOR_ITSELF[code] !== 1 || code === SEMICOLON) return false;
    else if (code === DOT && (before === SLASH || before === DOT)) return false;
    before = code;
  }
  return path.length === 1 || (before !== SLASH && before !== DOT);
}

/** Every character in its one spelling. Only `/`, and unless `literalSlashes` the other slashes, come out as `/`. */
function decode(path: string, literalSlashes: boolean): string {
  let decoded = '';
  for (let index = 0; index < path.length; index++) {
    const code = path.charCodeAt(index);
    if (code === SLASH) decoded += '/';
    else if (code === PERCENT) {
      const octet = hexAt(path, index + 1);
      if (octet === undefined) decoded += '%25';
      else {
        decoded += spelled(octet, literalSlashes);
        index += 2;
      }
    } else if (code < 128)
      decoded += code === BACKSLASH && !literalSlashes ? '/' : spelled(code, literalSlashes);
    else {
      const character = String.fromCodePoint(path.codePointAt(index)!).toWellFormed();
      decoded += encodeURIComponent(character);
      if (path.codePointAt(index)! > 0xffff) index++;
    }
  }
  return decoded;
}

/** An octet: itself where it is a path character, otherwise as an escape. */
function spelled(octet: number, literalSlashes: boolean): string {
  return (octet === SLASH || octet === BACKSLASH) && !literalSlashes ? '/' : SPELLED[octet]!;
}

const SPELLED = Array.from({ length: 256 }, (_, octet) =>
  octet < 128 && STANDS_FOR_ITSELF[octet] === 1
    ? String.fromCharCode(octet)
    : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`,
);

function hexAt(text: string, index: number): number | undefined {
  const high = hexDigit(text.charCodeAt(index));
  const low = hexDigit(text.charCodeAt(index + 1));
  return high === undefined || low === undefined ? undefined : high * 16 + low;
}

function hexDigit(code: number): number | undefined {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : undefined;
}
