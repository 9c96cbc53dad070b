import { canonicalIp } from '../../shared/ip.ts';

/** An IP address as numbers that a table can be searched by. */
export interface Address {
  readonly family: 4 | 6;
  /** Canonical. */
  readonly text: string;
  /** From the most significant bits on; their widths are `WORD_BITS[family]`. */
  readonly words: readonly number[];
}

/** 48 bits are the widest whole quarter-words that a double holds exactly. */
export const WORD_BITS: Readonly<Record<4 | 6, readonly number[]>> = { 4: [32], 6: [48, 48, 32] };

/** Any spelling of an address, `canonicalIp`'s included; undefined when the text is none. */
export function parseAddress(written: string): Address | undefined {
  const plain = parsePlain4(written);
  if (plain !== undefined) return plain;
  const text = canonicalIp(written);
  if (text === undefined) return undefined;
  return text.includes(':') ? { family: 6, text, words: wordsOf6(text) } : parsePlain4(text);
}

const DOT = 46;
const ZERO = 48;

/** An IPv4 address in its usual spelling, which is read at every request; undefined for everything else. */
export function parsePlain4(text: string): Address | undefined {
  let address = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      if (digits === 0) return undefined;
      address = address * 256 + octet;
      octet = 0;
      digits = 0;
      dots++;
    } else {
      const digit = code - ZERO;
      // No leading zeros: some read them as octal.
      if (digit < 0 || digit > 9 || (digits > 0 && octet === 0)) return undefined;
      octet = octet * 10 + digit;
      digits++;
      if (octet > 255) return undefined;
    }
  }
  if (dots !== 3 || digits === 0) return undefined;
  return { family: 4, text, words: [address * 256 + octet] };
}

function wordsOf6(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = all;
  const join = (high: number, middle: number, low: number) => (high * 65_536 + middle) * 65_536 + low;
  return [join(a, b, c), join(d, e, f), g * 65_536 + h];
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
